import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { anyItem } from "./arbitraries.ts";
import { decodeValue, encodeValue, MAX_DEPTH, ValueError } from "./mod.ts";

const decodeHex = (hex: string) => decodeValue(Uint8Array.fromHex(hex), "frame");

/** Bytes either are the one encoding of a value or are refused with a ValueError. */
function judge(bytes: Uint8Array): boolean {
  let value;
  try {
    value = decodeValue(bytes);
  } catch (error) {
    assert(error instanceof ValueError, `${bytes.toHex()}: ${error}`);
    return false;
  }
  assert.equal(encodeValue(value, "value").toHex(), bytes.toHex());
  return true;
}

/** Encodings that are refused, with what the error finds. */
const REFUSED: [hex: string, found: RegExp][] = [
  ["", /^cut off/],
  ["0001", /^followed by 1 more bytes/],
  ["f700", /^undefined inside/],
  ["81f7", /^undefined inside/],
  // Cut off within a head, a length, a container, a key, a tag.
  ["18", /^cut off/],
  ["1b00", /^cut off/],
  ["fb0000", /^cut off/],
  ["4201", /^longer than the bytes at hand/],
  ["6261", /^longer than/],
  ["8201", /^longer than/],
  ["a1", /^longer than/],
  ["a16161", /^cut off/],
  ["c1", /^a date without/],
  ["c2", /^a bigint without/],
  // Declared lengths that nobody should allocate.
  ["5bffffffffffffffff", /beyond 2\^53 - 1/],
  ["5b001fffffffffffff", /^longer than/],
  ["7affffffff", /^longer than/],
  ["9b001fffffffffffff", /^longer than/],
  ["9affffffff", /^longer than/],
  ["bb001fffffffffffff", /^longer than/],
  ["c25affffffff", /^longer than/],
  // Longer than need be.
  ["1817", /too many bytes/],
  ["1900ff", /too many bytes/],
  ["1a0000ffff", /too many bytes/],
  ["1b00000000ffffffff", /too many bytes/],
  ["3817", /too many bytes/],
  ["5800", /too many bytes/],
  ["780161", /too many bytes/],
  ["980101", /too many bytes/],
  ["b800", /too many bytes/],
  ["d80100", /too many bytes/],
  ["fa3fc00000", /too many bytes/],
  ["fb3ff8000000000000", /too many bytes/],
  ["fa7fc00000", /too many bytes/],
  ["f97e01", /too many bytes/],
  ["f9fe00", /too many bytes/],
  ["f93c00", /too many bytes/], // 1.0
  ["f90000", /too many bytes/], // +0.0
  ["fb8000000000000000", /too many bytes/], // -0.0
  // Integers that JavaScript cannot hold.
  ["1b0020000000000000", /beyond 2\^53 - 1/],
  ["1bffffffffffffffff", /beyond 2\^53 - 1/],
  ["3b001fffffffffffff", /below -\(2\^53 - 1\)/],
  // Indefinite lengths and the break.
  ["5f4101ff", /indefinite length/],
  ["7f6161ff", /indefinite length/],
  ["9f01ff", /indefinite length/],
  ["bf616101ff", /indefinite length/],
  ["ff", /unknown simple value/],
  // Reserved heads and simple values.
  ["1c", /reserved head/],
  ["9d", /reserved head/],
  ["e0", /unknown simple value/],
  ["f8ff", /unknown simple value/],
  // Maps.
  ["a10102", /a key that is not a string/],
  ["a1416101", /a key that is not a string/],
  ["a2616101616102", /^a repeated key/],
  ["a2616201616102", /^a key out of order/],
  ["a262616101616202", /^a key out of order/],
  ["a1695f5f70726f746f5f5f01", /names the prototype/],
  ["a16400726566820102", /begins with U\+0000/],
  // Strings.
  ["61ff", /not UTF-8/],
  ["62c080", /not UTF-8/],
  ["63eda080", /not UTF-8/],
  ["a161ff01", /not UTF-8/],
  // Tags.
  ["c074323031332d30332d32315432303a30343a30305a", /unknown tag 0/],
  ["d82076687474703a2f2f7777772e6578616d706c652e636f6d", /unknown tag 32/],
  ["d9d9f700", /unknown tag 55799/],
  ["c16161", /^a date without/],
  ["c1f97e00", /no Date can hold/],
  ["c1fb7e37e43c8800759c", /no Date can hold/],
  ["c1fb3f1a36e2eb1c432d", /no Date can hold/], // 0.1 ms
  ["c1f98000", /no Date can hold/], // -0
  ["c1c100", /^a date without/],
  ["c201", /^a bigint without/],
  ["c2420001", /leading zero/],
];

Deno.test("decodeValue() refuses every encoding that is not the deterministic one", () => {
  for (const [hex, found] of REFUSED) {
    assert.throws(() => decodeHex(hex), (error) => {
      assert(error instanceof ValueError, `${hex}: ${error}`);
      assert.match(error.found, found, hex);
      return true;
    }, hex);
  }
});

Deno.test("decodeValue() says where in the value and in the bytes it stopped", () => {
  // {"a": [1, {"b": <simple value 0>}]}
  assert.throws(() => decodeHex("a161618201a16162e0"), {
    path: "frame.a[1].b",
    message: /^frame\.a\[1\]\.b is an unknown simple value \(byte 8\): /,
  });
  assert.throws(() => decodeHex("a26161820102616101"), { path: "frame.a" });
});

Deno.test("decodeValue() goes 64 levels deep and not one more", () => {
  const nest = (levels: number) => "81".repeat(levels - 1) + "80";
  assert.doesNotThrow(() => decodeHex(nest(MAX_DEPTH)));
  assert.throws(() => decodeHex(nest(MAX_DEPTH + 1)), /more than 64 levels deep/);
  assert.throws(() => decodeHex("81".repeat(1_000_000)), ValueError);
  assert.throws(() => decodeHex("a16161".repeat(100_000)), ValueError);
  assert.throws(() => decodeHex("c1".repeat(1_000_000)), ValueError);
});

Deno.test("decodeValue() makes ordinary properties of the names that Object.prototype has", () => {
  const value = decodeValue(encodeValue({ constructor: 1, toString: 2, hasOwnProperty: 3 }, "v"));
  assert.deepEqual(value, { constructor: 1, toString: 2, hasOwnProperty: 3 });
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
});

Deno.test("decodeValue() throws nothing but ValueError on random bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void judge(bytes)), {
    numRuns: 5000,
  });
});

Deno.test("decodeValue() accepts mutated bytes only where they are a value's one encoding", () => {
  const anyMutation = fc.record({
    kind: fc.constantFrom("flip", "set", "insert", "remove", "cut", "repeat"),
    place: fc.nat(),
    byte: fc.integer({ min: 0, max: 255 }),
  });
  let accepted = 0;
  let refused = 0;
  const anyMutations = fc.array(anyMutation, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(anyItem, anyMutations, (item, mutations) => {
      const bytes = [...encodeValue(item, "value")];
      for (const { kind, place, byte } of mutations) {
        const at = place % bytes.length || 0;
        if (kind === "flip") bytes[at] = (bytes[at] ?? 0) ^ (1 << byte % 8);
        else if (kind === "set") bytes[at] = byte;
        else if (kind === "insert") bytes.splice(at, 0, byte);
        else if (kind === "remove") bytes.splice(at, 1);
        else if (kind === "cut") bytes.length = at;
        else bytes.splice(at, 0, ...bytes.slice(at, at + 8));
      }
      if (judge(Uint8Array.from(bytes))) accepted++;
      else refused++;
    }),
    { numRuns: 3000 },
  );
  assert(accepted > 50 && refused > 50, "the mutations make both kinds");
});

Deno.test("decodeValue() returns byte arrays that share no memory with the bytes it read", () => {
  const encoded = encodeValue([Uint8Array.of(1, 2, 3)], "value");
  for (const input of [encoded, Buffer.from(encoded)]) {
    const [bytes] = decodeValue(input) as Uint8Array[];
    input.fill(0);
    assert.deepEqual(bytes, Uint8Array.of(1, 2, 3));
    assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype);
    encoded.set(encodeValue([Uint8Array.of(1, 2, 3)], "value"));
  }
});

Deno.test("decodeValue() reads from views into larger buffers and from shared memory", () => {
  const encoded = encodeValue({ x: 1.25, y: [1e9, "a long text, long enough"] }, "value");
  for (const buffer of [new ArrayBuffer(100), new SharedArrayBuffer(100)]) {
    const view = new Uint8Array(buffer, 7, encoded.length);
    view.set(encoded);
    assert.deepEqual(decodeValue(view), decodeValue(encoded));
  }
});

Deno.test("decodeValue() refuses what is no byte array", () => {
  for (const input of ["a0", null, [0xa0], new ArrayBuffer(1)]) {
    assert.throws(() => decodeValue(input as unknown as Uint8Array), ValueError);
  }
});

Deno.test("decodeValue() finds every key again, whatever keys were read before", () => {
  const anyKeys = fc.uniqueArray(fc.string({ maxLength: 24, unit: "grapheme" }), {
    maxLength: 600,
  });
  fc.assert(
    fc.property(anyKeys, (keys) => {
      const entries = keys.filter((key) => key !== "__proto__" && !key.startsWith("\0"))
        .map((key) => [key, key]);
      const record = Object.fromEntries(entries);
      assert.deepEqual(decodeValue(encodeValue(record, "value")), record);
    }),
    { numRuns: 50 },
  );
});

Deno.test("decodeValue() makes no more objects than its budget has", () => {
  const many = encodeValue([{}, [], Uint8Array.of(1), new Date(0), 5n, "text", 1, null], "value");
  assert.throws(() => decodeValue(many, "value", { left: 5 }), /more objects than may be/);
  const budget = { left: 10 };
  decodeValue(many, "value", budget);
  assert(budget.left <= 4, "each object is counted");
  const numbers = encodeValue(Array.from({ length: 1_000 }, (_, i) => i), "value");
  decodeValue(numbers, "value", { left: 1 });
});
