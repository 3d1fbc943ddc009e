import assert from "node:assert/strict";
import fc from "fast-check";
import { median, percentile, rounded, spread } from "./statistics.ts";

const samples = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 });
const percent = fc.double({ noNaN: true, min: 0.1, max: 100 });

Deno.test("percentile() is the nearest rank, by hand", () => {
  const values = [15, 50, 20, 40, 35];
  assert.deepEqual([5, 30, 40, 50, 100].map((p) => percentile(values, p)), [15, 20, 20, 35, 50]);
  assert.equal(percentile([7], 50), 7);
  assert.equal(percentile(Array.from({ length: 100 }, (_, i) => i + 1), 99), 99);
});

Deno.test("percentile() is the smallest sample that so many do not exceed", () => {
  fc.assert(fc.property(samples, percent, (values, p) => {
    const found = percentile(values, p);
    const needed = p * values.length / 100;
    assert(values.includes(found));
    assert(values.filter((v) => v <= found).length >= needed);
    assert(values.filter((v) => v < found).length < needed);
  }));
});

Deno.test("median() splits the samples in halves", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  fc.assert(fc.property(samples, (values) => {
    const found = median(values);
    assert(values.filter((v) => v < found).length <= values.length / 2);
    assert(values.filter((v) => v > found).length <= values.length / 2);
  }));
});

Deno.test("spread() is the lowest and the highest sample", () => {
  fc.assert(fc.property(samples, (values) => {
    const { least, most } = spread(values);
    assert(values.every((v) => least <= v && v <= most));
    assert(values.includes(least) && values.includes(most));
  }));
});

Deno.test("The statistics leave their samples as they were", () => {
  const values = [3, 1, 2];
  percentile(values, 50);
  median(values);
  spread(values);
  assert.deepEqual(values, [3, 1, 2]);
});

Deno.test("The statistics refuse to speak of no samples and of percentiles that are none", () => {
  for (const statistic of [median, spread, (v: number[]) => percentile(v, 50)]) {
    assert.throws(() => statistic([]), RangeError);
  }
  for (const p of [0, -1, 100.1, NaN]) assert.throws(() => percentile([1], p), RangeError);
});

Deno.test("rounded() keeps four digits and every digit before the point", () => {
  assert.deepEqual([0.123456, 12.3456, 999.96, 123_456.7, 0].map(rounded), [
    0.1235,
    12.35,
    1000,
    123_457,
    0,
  ]);
});
