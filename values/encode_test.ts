import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { encode, objectToTokens, Token, Type } from "cborg";
import fc from "fast-check";
import { anyItem, anyKey, anyScalar } from "./arbitraries.ts";
import { MAX_BIGINT, MIN_BIGINT } from "./fault.ts";
import { copyValue, decodeValue, encodeValue, type Item, REF, type Value } from "./mod.ts";

const hex = (value: unknown) => encodeValue(value, "value").toHex();

/** RFC 8949, Appendix A: the examples that are deterministic and in the domain. */
const RFC_8949: [value: Value, encoding: string][] = [
  [0, "00"],
  [1, "01"],
  [10, "0a"],
  [23, "17"],
  [24, "1818"],
  [25, "1819"],
  [100, "1864"],
  [1000, "1903e8"],
  [1000000, "1a000f4240"],
  [1000000000000, "1b000000e8d4a51000"],
  [18446744073709551616n, "c249010000000000000000"],
  [-18446744073709551617n, "c349010000000000000000"],
  [-1, "20"],
  [-10, "29"],
  [-100, "3863"],
  [-1000, "3903e7"],
  [-0, "f98000"],
  [1.1, "fb3ff199999999999a"],
  [1.5, "f93e00"],
  [3.4028234663852886e+38, "fa7f7fffff"],
  [1.0e+300, "fb7e37e43c8800759c"],
  [5.960464477539063e-8, "f90001"],
  [0.00006103515625, "f90400"],
  [-4.1, "fbc010666666666666"],
  [Infinity, "f97c00"],
  [NaN, "f97e00"],
  [-Infinity, "f9fc00"],
  [false, "f4"],
  [true, "f5"],
  [null, "f6"],
  [undefined, "f7"],
  [new Date("2013-03-21T20:04:00Z"), "c11a514b67b0"],
  [new Date("2013-03-21T20:04:00.5Z"), "c1fb41d452d9ec200000"],
  [new Uint8Array(), "40"],
  [Uint8Array.of(1, 2, 3, 4), "4401020304"],
  ["", "60"],
  ["a", "6161"],
  ["IETF", "6449455446"],
  ['"\\', "62225c"],
  ["\u00fc", "62c3bc"],
  ["\u6c34", "63e6b0b4"],
  ["\ud800\udd51", "64f0908591"],
  [[], "80"],
  [[1, 2, 3], "83010203"],
  [[1, [2, 3], [4, 5]], "8301820203820405"],
  [{}, "a0"],
  [{ a: 1, b: [2, 3] }, "a26161016162820203"],
  [["a", { b: "c" }], "826161a161626163"],
  [
    Array.from({ length: 25 }, (_, i) => i + 1),
    "98190102030405060708090a0b0c0d0e0f101112131415161718181819",
  ],
];

Deno.test("encodeValue() and decodeValue() agree with the examples of RFC 8949", () => {
  for (const [value, encoding] of RFC_8949) {
    assert.equal(hex(value), encoding);
    assert.deepEqual(decodeValue(Uint8Array.fromHex(encoding)), value);
  }
});

Deno.test("encodeValue() writes bigints as bigints, however small", () => {
  assert.equal(hex(0n), "c240");
  assert.equal(hex(5n), "c24105");
  assert.equal(hex(-1n), "c340");
  assert.equal(hex(-257n), "c3420100");
  for (const edge of [MAX_BIGINT, MIN_BIGINT]) {
    assert(decodeValue(encodeValue(edge, "value")) === edge);
  }
});

Deno.test("encodeValue() writes every subnormal half float in three bytes", () => {
  for (let n = 1; n < 1024; n++) assert.equal(encodeValue(n * 2 ** -24, "value").length, 3);
});

Deno.test("decodeValue() returns what encodeValue() was given", () => {
  fc.assert(fc.property(anyItem, (item) => {
    assert.deepEqual(decodeValue(encodeValue(item, "value")), copyValue(item, "value"));
  }));
});

Deno.test("encodeValue() writes the same bytes whatever the order of the keys", () => {
  const anyEntries = fc.uniqueArray(fc.tuple(anyKey, anyScalar), {
    selector: ([key]) => key,
    maxLength: 40,
  });
  const anyOrders = anyEntries.chain((entries) =>
    fc.tuple(
      fc.constant(entries),
      fc.shuffledSubarray(entries, { minLength: entries.length, maxLength: entries.length }),
    )
  );
  fc.assert(fc.property(anyOrders, ([one, other]) => {
    assert.equal(hex(Object.fromEntries(one)), hex(Object.fromEntries(other)));
  }));
});

/** What cborg has to be told to write the domain, and where it departs from RFC 8949 §4.2.1. */
const typeEncoders = {
  number: (number: number) => Object.is(number, -0) ? [new Token(Type.float, -0)] : null,
  bigint: (number: bigint) => {
    const magnitude = number < 0n ? -1n - number : number;
    const digits = magnitude === 0n ? "" : magnitude.toString(16);
    const bytes = Uint8Array.fromHex(digits.padStart(digits.length + digits.length % 2, "0"));
    return [new Token(Type.tag, number < 0n ? 3 : 2), new Token(Type.bytes, bytes)];
  },
  Date: (date: Date) => [new Token(Type.tag, 1), objectToTokens(date.getTime() / 1000)],
};
const isHalfSubnormal = (number: number) =>
  Math.abs(number) < 2 ** -14 && number !== 0 && Math.f16round(number) === number;

function holds(item: unknown, test: (number: number) => boolean): boolean {
  if (typeof item === "number") return test(item);
  if (typeof item !== "object" || item === null || item instanceof Uint8Array) return false;
  return Object.values(item).some((inner) => holds(inner, test));
}

Deno.test("encodeValue() writes the same bytes as cborg", () => {
  const comparable = anyItem.filter((item) => !holds(item, isHalfSubnormal));
  fc.assert(fc.property(comparable, (item: Item) => {
    assert.equal(hex(item), new Uint8Array(encode(item, { typeEncoders })).toHex());
  }));
});

Deno.test("encodeValue() grows its buffer for a large value and starts small again", () => {
  const long = "é".repeat(700_000);
  const large = {
    list: Array.from({ length: 50_000 }, (_, i) => i),
    long,
    raw: new Uint8Array(3e6),
  };
  assert.deepEqual(decodeValue(encodeValue(large, "value")), large);
  assert.equal(hex([1]), "8101");
});

Deno.test("encodeValue() returns bytes in a buffer of their own", () => {
  for (const value of [1, "text", [1, 2], Uint8Array.of(1, 2), Buffer.from("abc")]) {
    const bytes = encodeValue(value, "value");
    assert.equal(bytes.buffer.byteLength, bytes.length);
    assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype);
  }
});

Deno.test("encodeValue() refuses refs and says that they cannot leave the node", () => {
  const message = { to: [{ [REF]: { shard: 0, slot: 1 } }] };
  assert.throws(() => encodeValue(message, "payload"), {
    name: "ValueError",
    path: "payload.to[0]",
    message: /a ref cannot leave its node yet/,
  });
});

Deno.test("encodeValue() refuses what copyValue() refuses, with the same error", () => {
  for (const value of [new Map(), [undefined], { a: () => {} }, "\ud800"]) {
    let expected: unknown;
    assert.throws(() => copyValue(value, "payload"), (error) => !!(expected = error));
    assert.throws(() => encodeValue(value, "payload"), { message: (expected as Error).message });
  }
});

Deno.test("encodeValue() may be called by the code that a proxy runs while it is copied", () => {
  const outer = new Proxy({ a: 1, b: "text" }, {
    ownKeys: (target) => {
      encodeValue({ other: [1, 2, 3] }, "inner");
      return Reflect.ownKeys(target);
    },
  });
  assert.equal(hex(outer), hex({ a: 1, b: "text" }));
});
