import assert from "node:assert/strict";
import fc from "fast-check";
import { Backoff } from "./backoff.ts";

const arbitraryBackoff = fc.record({
  minMs: fc.integer({ min: 1, max: 1_000 }),
  more: fc.nat(100_000),
  factor: fc.double({ min: 1, max: 10, noNaN: true }),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
}).map(({ minMs, more, factor, jitter }) =>
  new Backoff({ minMs, maxMs: minMs + more, factor, jitter })
);
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

Deno.test("Backoff.delayMs() is what repeated multiplication up to the maximum gives", () => {
  fc.assert(fc.property(arbitraryBackoff, fc.integer({ min: 1, max: 60 }), (backoff, streak) => {
    let model = backoff.minMs;
    for (let n = 1; n < streak; n++) model = Math.min(backoff.maxMs, model * backoff.factor);
    const delay = backoff.delayMs(streak, 0);
    assert(Math.abs(delay - model) <= 1e-9 * model, `${delay} is not ${model}`);
  }));
});

Deno.test("Backoff.delayMs() takes off no more than the jitter, in proportion to the random number", () => {
  fc.assert(fc.property(arbitraryBackoff, fc.nat(2 ** 31), random, (backoff, streak, chance) => {
    const whole = backoff.delayMs(streak + 1, 0);
    const delay = backoff.delayMs(streak + 1, chance);
    assert(delay >= 0 && delay >= whole * (1 - backoff.jitter) - 1e-9 && delay <= whole);
    assert(whole <= backoff.maxMs && whole >= backoff.minMs);
  }));
});

Deno.test("Backoff.nextStreak() counts on, and anew after a run of resetMs", () => {
  fc.assert(fc.property(fc.array(fc.nat(200), { maxLength: 40 }), (runs) => {
    const backoff = new Backoff({ minMs: 1, maxMs: 10, resetMs: 100 });
    let streak = 0;
    for (const [at, ranMs] of runs.entries()) {
      streak = backoff.nextStreak(streak, ranMs);
      const sinceReset = runs.slice(0, at + 1).findLastIndex((ms) => ms >= 100);
      assert.equal(streak, at + 1 - Math.max(0, sinceReset));
    }
  }));
});

Deno.test("Backoff doubles, takes off up to a fifth and resets after maxMs unless told otherwise", () => {
  const { factor, jitter, resetMs } = new Backoff({ minMs: 10, maxMs: 500 });
  assert.deepEqual({ factor, jitter, resetMs }, { factor: 2, jitter: 0.2, resetMs: 500 });
});

Deno.test("Backoff refuses numbers out of bounds, and says which", () => {
  const good = { minMs: 10, maxMs: 100 };
  const bad = {
    minMs: [0, -1, NaN, 101],
    maxMs: [0, NaN, Infinity, 3_600_001],
    factor: [0.5, NaN, Infinity],
    jitter: [-0.1, 1.1, NaN],
    resetMs: [0, -1, NaN],
  };
  for (const [key, values] of Object.entries(bad)) {
    for (const value of values) {
      assert.throws(() => new Backoff({ ...good, [key]: value }), {
        name: "RangeError",
        message: new RegExp(`^backoff\\.${key} is ${value}: `),
      });
    }
  }
});
