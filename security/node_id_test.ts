import assert from "node:assert/strict";
import fc from "fast-check";
import {
  compareNodeIds,
  nodeIdBytes,
  nodeIdFromBytes,
  parseNodeId,
  shortNodeId,
} from "./node_id.ts";

const ids = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => new Uint8Array(bytes));

Deno.test("nodeIdFromBytes() writes multibase base32 of 53 characters", () => {
  assert.equal(nodeIdFromBytes(new Uint8Array(32)), "b" + "a".repeat(52));
  assert.equal(nodeIdFromBytes(new Uint8Array(32).fill(255)), "b" + "7".repeat(51) + "q");
});

Deno.test("parseNodeId() and nodeIdBytes() read back what nodeIdFromBytes() writes", () => {
  fc.assert(
    fc.property(ids, (bytes) => {
      const id = nodeIdFromBytes(bytes);
      assert.equal(id.length, 53);
      assert.equal(parseNodeId(id), id);
      assert.deepEqual(nodeIdBytes(id), bytes);
    }),
  );
});

Deno.test("nodeIdFromBytes() refuses any other number of bytes", () => {
  for (const length of [0, 31, 33, 64]) {
    assert.throws(() => nodeIdFromBytes(new Uint8Array(length)), RangeError);
  }
});

Deno.test("parseNodeId() refuses what is not the one form of an id, and says why", () => {
  const good = "b" + "a".repeat(52);
  const cases: [string, RegExp][] = [
    ["", /must begin with "b"/],
    [good.slice(1), /must begin with "b"/],
    [good.toUpperCase(), /must begin with "b"/],
    [good.slice(0, -1), /has 52 characters instead of 53/],
    [good + "a", /has 54 characters instead of 53/],
    [good + "=", /has 54 characters instead of 53/],
    ["b1" + good.slice(2), /character "1" at position 0 is not base32/],
    ["bA" + good.slice(2), /character "A" at position 0 is not base32/],
    [good.slice(0, -1) + "\n", /position 51 is not base32/],
    [good.slice(0, -1) + "b", /sets bits that carry nothing/],
    [good.slice(0, -1) + "i", /sets bits that carry nothing/],
    ["b" + "x".repeat(10_000), /10001 characters/],
  ];
  for (const [text, why] of cases) {
    assert.throws(() => parseNodeId(text), (error: unknown) => {
      assert.ok(error instanceof SyntaxError);
      assert.match(error.message, why);
      assert.match(error.message, /A node id is "b" and 52 characters a–z, 2–7/);
      assert.ok(error.message.length < 400);
      return true;
    });
  }
  assert.equal(parseNodeId(good.slice(0, -1) + "q"), good.slice(0, -1) + "q");
});

Deno.test("compareNodeIds() orders as the bytes are ordered", () => {
  const near = fc.tuple(ids, ids, fc.integer({ min: 0, max: 32 })).map(([a, b, shared]) =>
    [a, Uint8Array.from([...a.subarray(0, shared), ...b.subarray(shared)])] as const
  );
  fc.assert(
    fc.property(near, ([a, b]) => {
      const expected = Math.sign(a.toHex() < b.toHex() ? -1 : a.toHex() > b.toHex() ? 1 : 0);
      assert.equal(Math.sign(compareNodeIds(nodeIdFromBytes(a), nodeIdFromBytes(b))), expected);
    }),
  );
});

Deno.test("shortNodeId() shows 8 characters and that there is more", () => {
  assert.equal(shortNodeId(nodeIdFromBytes(new Uint8Array(32))), "baaaaaaa…");
});
