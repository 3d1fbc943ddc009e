import assert from "node:assert/strict";
import fc from "fast-check";
import { ChildTable } from "./child_table.ts";

const SPEC = { path: "a", restart: "permanent", shutdownMs: 1 } as const;

Deno.test("ChildTable finds what a Map finds, by number, id and address, in the same order", () => {
  const command = fc.record({
    what: fc.constantFrom("add", "add", "remove", "place", "lose"),
    at: fc.nat(500),
  });
  const commands = fc.array(command, { maxLength: 600, size: "max" });
  fc.assert(fc.property(commands, fc.boolean(), (script, early) => {
    const table = new ChildTable();
    const model = new Map<number, { id: string | undefined; slot: number | undefined }>();
    if (early) table.find({ shard: 0, slot: 0 });
    for (const { what, at } of script) {
      const number = [...model.keys()][at % Math.max(1, model.size)];
      if (what === "add") {
        const id = at % 2 ? `${at}` : undefined;
        const taken = id !== undefined && [...model.values()].some((child) => child.id === id);
        if (taken) assert.throws(() => table.add({ ...SPEC, id }), { name: "DuplicateIdError" });
        else model.set(table.add({ ...SPEC, id }).number, { id, slot: undefined });
      } else if (number !== undefined) {
        const child = table.get(number);
        assert(child);
        if (what === "remove") {
          table.remove(child);
          model.delete(number);
          assert.equal(table.get(number), undefined);
        } else {
          const slot = what === "place" ? number + 1_000 * (at % 3) : undefined;
          table.place(child, slot === undefined ? undefined : { shard: number % 2, slot });
          model.set(number, { id: child.known?.id, slot });
        }
      }
    }
    assert.equal(table.size, model.size);
    assert.deepEqual(table.list().map(({ number }) => number), [...model.keys()]);
    for (const [number, { id, slot }] of model) {
      if (id !== undefined) assert.equal(table.find(id)?.number, number);
      if (slot !== undefined) assert.equal(table.find({ shard: number % 2, slot })?.number, number);
    }
    assert.equal(table.find({ shard: 2, slot: 1 }), undefined);
  }));
});

Deno.test("ChildTable gives no number twice, and none of a child that ended to another", () => {
  const table = new ChildTable();
  const first = table.add(SPEC);
  for (let number = 2; number < 10_000; number++) {
    const child = table.add(SPEC);
    assert.equal(child.number, number);
    table.remove(child);
    assert.equal(table.get(number), undefined);
    assert.equal(table.get(1), first);
  }
  assert.equal(table.size, 1);
});
