import assert from "node:assert/strict";
import fc from "fast-check";
import { NameTakenError } from "../errors.ts";
import { NameTable } from "./name_table.ts";

const name = fc.constantFrom("a", "b", "__proto__");
const command = fc.oneof(
  fc.record({ claim: name }),
  fc.record({ bind: fc.nat(20), name }),
  fc.record({ release: fc.nat(20), name }),
);

Deno.test("NameTable keeps names unique, and stale claims change nothing", () => {
  fc.assert(fc.property(fc.array(command, { maxLength: 100, size: "max" }), (commands) => {
    const table = new NameTable<number>();
    const model = new Map<string, { claim: number; holder: number | undefined }>();
    for (const what of commands) {
      if ("claim" in what) {
        if (model.has(what.claim)) {
          assert.throws(() => table.claim(what.claim), NameTakenError);
        } else {
          model.set(what.claim, { claim: table.claim(what.claim), holder: undefined });
        }
      } else if ("bind" in what) {
        table.bind(what.name, what.bind, what.bind);
        const entry = model.get(what.name);
        if (entry?.claim === what.bind) entry.holder = what.bind;
      } else {
        table.release(what.name, what.release);
        if (model.get(what.name)?.claim === what.release) model.delete(what.name);
      }
      assert.equal(table.size, model.size);
      for (const key of ["a", "b", "__proto__"]) {
        assert.equal(table.find(key), model.get(key)?.holder);
      }
    }
  }));
});

Deno.test("NameTable.release() by an earlier holder does not free the later one's name", () => {
  const table = new NameTable<string>();
  const earlier = table.claim("thermostat");
  table.release("thermostat", earlier);
  const later = table.claim("thermostat");
  table.bind("thermostat", later, "later");
  table.release("thermostat", earlier);
  table.bind("thermostat", earlier, "earlier");
  assert.equal(table.find("thermostat"), "later");
});

Deno.test("NameTable.releaseWhere() frees the names of those holders, and of no others", () => {
  const table = new NameTable<number>();
  for (const [i, key] of ["a", "b", "c"].entries()) table.bind(key, table.claim(key), i);
  const claimed = table.claim("d");
  table.releaseWhere((holder) => holder !== 1);
  assert.equal(table.find("b"), 1);
  assert.equal(table.size, 2, "b, and d that is claimed only");
  table.bind("d", claimed, 3);
  assert.equal(table.find("d"), 3);
});

Deno.test("NameTable.releaseClaimsOf() frees what a shard has claimed and not bound", () => {
  const table = new NameTable<string>();
  table.claim("claimed", 2);
  table.bind("bound", table.claim("bound", 2), "holder");
  table.claim("other", 1);
  table.releaseClaimsOf(2);
  table.claim("claimed", 1);
  assert.throws(() => table.claim("bound", 1), NameTakenError);
  assert.throws(() => table.claim("other", 1), NameTakenError);
});
