import assert from "node:assert/strict";
import { between, oneOf, seeded, weighted } from "./random.ts";

Deno.test("seeded() gives the same numbers for the same seed, from 0 to below 1", () => {
  const numbers = (seed: number) => Array.from({ length: 1_000 }, seeded(seed));
  assert.deepEqual(numbers(7), numbers(7));
  assert.notDeepEqual(numbers(7), numbers(8));
  assert(numbers(7).every((number) => number >= 0 && number < 1));
});

Deno.test("between() reaches both of its bounds, and nothing beyond", () => {
  const random = seeded(1);
  const seen = new Set(
    Array.from({ length: 200 }, () => between(random, 2, 4)),
  );
  assert.deepEqual([...seen].sort(), [2, 3, 4]);
});

Deno.test("weighted() chooses in proportion, and never what weighs nothing", () => {
  const random = seeded(1);
  const counts = { often: 0, seldom: 0, never: 0 };
  for (let i = 0; i < 10_000; i++) {
    counts[weighted(random, { often: 9, seldom: 1, never: 0 })]++;
  }
  assert.equal(counts.never, 0);
  assert(counts.often > 8_500 && counts.seldom > 500);
});

Deno.test("oneOf() refuses to choose among nothing", () => {
  assert.throws(() => oneOf(seeded(1), []), RangeError);
});
