import assert from "node:assert/strict";
import fc from "fast-check";
import { REF, type RefAddress, ValueError } from "../../values/mod.ts";
import { boxAddress, ForgedHandleError, handleIn, HandleTable } from "./handles.ts";
import { pack, packUnknown, type Parcel, ParcelError, unpack } from "./parcel.ts";

const refOf = (slot: number) => ({ [REF]: { shard: 0, slot } });
const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.double(),
  fc.string({ unit: "grapheme" }).filter((text) => text.isWellFormed()),
  fc.uint8Array({ maxLength: 4 }),
  fc.nat({ max: 5 }).map(refOf),
);
const key = fc.string({ unit: "grapheme-ascii", maxLength: 4 }).filter((k) => k !== "__proto__");
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.array(tie("tree"), { maxLength: 4 }),
    fc.dictionary(key, tie("tree"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

Deno.test("unpack() gives back what pack() took, refs and all, and pack() leaves it as it was", () => {
  fc.assert(fc.property(tree, (value) => {
    const table = new HandleTable();
    const before = structuredCloneOfRefs(value);
    const parcel = pack(value, (ref) => table.give(ref));
    assert.deepEqual(structuredCloneOfRefs(value), before);
    assert.equal(JSON.stringify(parcel[0] ?? null).includes("slot"), false);
    assert.deepEqual(unpack(parcel, (handle) => table.get(handle)), value);
  }));
});

/** A text that shows where which ref stands. */
function structuredCloneOfRefs(value: unknown): string {
  return JSON.stringify(value, (_key, item) => {
    const address = (item as { [REF]?: RefAddress } | null)?.[REF];
    return address ? `ref ${address.slot}` : item;
  });
}

Deno.test("unpack() throws nothing but a ParcelError for a path that is free to choose", () => {
  const path = fc.array(
    fc.oneof(
      fc.constantFrom("a", "b", "constructor", "__proto__", "length", "prototype"),
      fc.nat(3),
    ),
    { maxLength: 4 },
  );
  fc.assert(fc.property(tree, path, path, (value, first, second) => {
    const [plain] = pack(value, () => 0);
    const parcel = [plain ?? null, [[first, 1], [second, 2]]] as Parcel;
    try {
      unpack(parcel, refOf);
    } catch (error) {
      assert.ok(error instanceof ParcelError, String(error));
    }
    assert.equal(Object.hasOwn(Object.prototype, "a"), false);
    assert.equal((Object.prototype as { [REF]?: unknown })[REF], undefined);
  }));
});

Deno.test("unpack() puts a ref only where nothing stands", () => {
  assert.throws(() => unpack([5, [[[], 0]]], refOf), ParcelError);
  assert.throws(() => unpack([{ a: 1 }, [[["a"], 0]]], refOf), ParcelError);
  assert.throws(() => unpack([[null], [[["0"], 0]]], refOf), ParcelError);
  assert.throws(() => unpack([{ 0: null }, [[[0], 0]]], refOf), ParcelError);
  const twice: Parcel = [{ a: null }, [[["a"], 0], [["a"], 1]]];
  assert.throws(() => unpack(twice, refOf), ParcelError);
  assert.throws(() => unpack([[null], [[[0], 0], [[0, "shard"], 1]]], refOf), ParcelError);
});

Deno.test("packUnknown() refuses what is no value, as the sender's error", () => {
  assert.throws(() => packUnknown([() => {}], "args", () => 0), (error) => {
    return error instanceof ValueError && error.path === "args[0]";
  });
  assert.deepEqual(packUnknown(undefined, "args", () => 0), []);
  assert.deepEqual(packUnknown({ to: refOf(3) }, "args", ({ slot }) => slot + 10), [
    { to: null },
    [[["to"], 13]],
  ]);
});

Deno.test("HandleTable gives one handle a ref, and none that it has not given", () => {
  const table = new HandleTable();
  assert.equal(table.give(refOf(7)), 0);
  assert.equal(table.give(refOf(8)), 1);
  assert.equal(table.give(refOf(7)), 0);
  assert.deepEqual(table.get(1), refOf(8));
  for (const forged of [2, -1, 1.5, NaN, 2 ** 53]) {
    assert.throws(() => table.get(forged), ForgedHandleError);
  }
});

Deno.test("HandleTable.forget() keeps a ref that is on its way to the box again", () => {
  const table = new HandleTable();
  table.give(refOf(7));
  table.give(refOf(7)); // given a second time while the box forgets the first
  table.forget(0, 1);
  assert.deepEqual(table.get(0), refOf(7));
  assert.throws(() => table.forget(0, 2), ForgedHandleError);
  table.forget(0, 1);
  assert.throws(() => table.get(0), ForgedHandleError);
  assert.equal(table.size, 0);
  assert.equal(table.give(refOf(7)), 1); // a handle is never used again
});

Deno.test("handleIn() reads what boxAddress() wrote, and nothing else", () => {
  assert.equal(handleIn(boxAddress(5)), 5);
  assert.equal(handleIn({ shard: 1, slot: 5 }), undefined);
  assert.equal(handleIn({ node: "n", shard: 0, slot: 5 }), undefined);
});
