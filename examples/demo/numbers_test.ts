import assert from "node:assert/strict";
import fc from "fast-check";
import { type Arrived, enter, NOTHING } from "./numbers.ts";

Deno.test("enter() agrees with a list of all numbers", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 40 }), (numbers) => {
    const seen = new Set<number>();
    let series = NOTHING;
    for (const number of numbers) {
      const highest = Math.max(0, ...seen);
      const expected: Arrived = number > highest ? "ahead" : seen.has(number) ? "again" : "late";
      seen.add(number);
      const [next, arrived] = enter(series, number);
      assert.equal(arrived, expected);
      series = next;
    }
    assert.equal(series.highest, Math.max(0, ...seen));
    const missing = series.missing.flatMap(({ from, to }) =>
      Array.from({ length: to - from + 1 }, (_, i) => from + i)
    );
    const below = Array.from({ length: series.highest }, (_, i) => i + 1);
    assert.deepEqual(missing, below.filter((number) => !seen.has(number)));
  }));
});

Deno.test("enter() leaves the series that it is given as it is", () => {
  const series = { highest: 5, missing: [{ from: 2, to: 4 }] };
  enter(series, 3);
  enter(series, 9);
  assert.deepEqual(series, { highest: 5, missing: [{ from: 2, to: 4 }] });
});
