import assert from "node:assert/strict";
import { type Call, callFigures, percentile } from "./calls.ts";

Deno.test("percentile() is the nearest rank", () => {
  assert.equal(percentile([], 50), null);
  assert.equal(percentile([7], 50), 7);
  assert.equal(percentile([7], 99), 7);
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
  assert.equal(percentile(hundred, 50), 50);
  assert.equal(percentile(hundred, 99), 99);
  assert.equal(percentile(hundred.slice(0, 10), 99), 10);
});

Deno.test("callFigures() counts failed calls and leaves their time out", () => {
  assert.deepEqual(callFigures([]), { calls: 0, failed: 0, p50_us: null, p99_us: null });
  const answered = (tookMs: number): Call => ({
    begun: 0,
    ended: tookMs,
    outcome: { by: "the station", received: 1, tookMs },
  });
  const failed: Call = { begun: 0, ended: 9_000, outcome: { error: "too late" } };
  const calls = [answered(3), failed, answered(0.5), answered(20)];
  assert.deepEqual(callFigures(calls), { calls: 4, failed: 1, p50_us: 3_000, p99_us: 20_000 });
});
