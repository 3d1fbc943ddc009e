/**
 * Generators of values for property tests, here and on the floors above.
 *
 * @module
 */
import fc from "fast-check";
import type { Item } from "./value.ts";

/** Numbers of every encoding: all widths of integers and floats, their edges and odd ones. */
export const anyNumber: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: -300, max: 300 }),
  fc.maxSafeInteger(),
  fc.double(),
  fc.float(),
  fc.integer({ min: 0, max: 0xffff }).map(halfFloat),
  fc.constantFrom(
    ...[-0, NaN, Infinity, -Infinity, 23, 24, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32],
    ...[2 ** 53 - 1, 2 ** 53, -(2 ** 53 - 1), -(2 ** 53), 65504, 65505, 5e-324, 2 ** -24],
  ),
);

function halfFloat(bits: number): number {
  const view = new DataView(new ArrayBuffer(2));
  view.setUint16(0, bits);
  return view.getFloat16(0);
}

/** Well-formed strings, short and long, of all of Unicode. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.string({ unit: "binary", minLength: 20, maxLength: 300 }),
  fc.string({ maxLength: 20 }).map((text) => `\ufeff${text}`),
);

/** Keys that the domain allows. */
export const anyKey: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("a", "b", "aa", "ab", "é", "\ue000", "\u{10000}", "constructor", "toString", "0"),
  anyText,
).filter((key) => key !== "__proto__" && key.charCodeAt(0) !== 0);

/** Valid dates, to the ends of their range. */
export const anyDate: fc.Arbitrary<Date> = fc.oneof(
  fc.date({ noInvalidDate: true }),
  fc.integer({ min: -8.64e15, max: 8.64e15 }).map((time) => new Date(time)),
  fc.integer({ min: -5000, max: 5000 }).map((time) => new Date(time)),
);

/** Items without containers. */
export const anyScalar: fc.Arbitrary<Item> = fc.oneof(
  { arbitrary: fc.constantFrom(null, true, false), weight: 1 },
  { arbitrary: anyNumber, weight: 3 },
  { arbitrary: anyText, weight: 2 },
  { arbitrary: fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), weight: 1 },
  { arbitrary: anyDate, weight: 1 },
  { arbitrary: fc.uint8Array({ maxLength: 300 }), weight: 1 },
);

/** Items of every kind but refs, a few levels deep. */
export const anyItem: fc.Arbitrary<Item> = fc.letrec<{ item: Item }>((tie) => ({
  item: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    anyScalar,
    fc.array(tie("item"), { maxLength: 30 }),
    fc.dictionary(anyKey, tie("item"), { noNullPrototype: true, maxKeys: 30 }),
  ),
})).item;
