import assert from "node:assert/strict";
import fc from "fast-check";
import { RestartIntensity } from "./restart_intensity.ts";

Deno.test("RestartIntensity allows exactly what a count over the window allows", () => {
  fc.assert(fc.property(
    fc.nat(5),
    fc.integer({ min: 1, max: 50 }),
    fc.array(fc.nat(30), { maxLength: 50, size: "max" }),
    (intensity, withinMs, gaps) => {
      const arithmetic = new RestartIntensity({ intensity, withinMs });
      const times: number[] = [];
      let now = 0;
      for (const gap of gaps) {
        times.push(now += gap);
        const inWindow = times.filter((at) => at > now - withinMs).length;
        assert.equal(arithmetic.allow(now), inWindow <= intensity);
      }
    },
  ));
});

Deno.test("RestartIntensity of 0 allows no restart at all", () => {
  assert.equal(new RestartIntensity({ intensity: 0 }).allow(0), false);
});

Deno.test("RestartIntensity refuses numbers out of bounds, and says which", () => {
  for (const intensity of [-1, 0.5, NaN, Infinity]) {
    assert.throws(() => new RestartIntensity({ intensity }), {
      name: "RangeError",
      message: new RegExp(`intensity is ${intensity}`),
    });
  }
  for (const withinMs of [0, -1, NaN]) {
    assert.throws(() => new RestartIntensity({ withinMs }), /withinMs is/);
  }
});
