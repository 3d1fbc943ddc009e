import assert from "node:assert/strict";
import { CallTimes, percentile } from "./latencies.ts";

Deno.test("percentile() is the nearest rank", () => {
  assert.equal(percentile([], 50), null);
  assert.equal(percentile([7], 50), 7);
  assert.equal(percentile([7], 99), 7);
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
  assert.equal(percentile(hundred, 50), 50);
  assert.equal(percentile(hundred, 99), 99);
  assert.equal(percentile(hundred.slice(0, 10), 99), 10);
});

Deno.test("CallTimes counts failed calls and leaves their time out", () => {
  const times = new CallTimes();
  assert.deepEqual(times.figures, { calls: 0, failed: 0, p50_us: null, p99_us: null });
  times.succeeded(3);
  times.failed();
  times.succeeded(0.5);
  times.succeeded(20);
  assert.deepEqual(times.figures, { calls: 4, failed: 1, p50_us: 3_000, p99_us: 20_000 });
});
