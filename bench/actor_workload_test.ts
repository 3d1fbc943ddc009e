import assert from "node:assert/strict";
import {
  CASE_NAMES,
  fitting,
  isCaseName,
  nextRandom,
  type Run,
  sampleOf,
  WORKLOADS,
} from "./actor_workload.ts";

Deno.test("WORKLOADS expects what a loop comes to", () => {
  const numbers = Array.from({ length: 1_000 }, (_, i) => i);
  const sum = numbers.reduce((sum, n) => sum + n);
  assert.equal(WORKLOADS.count.expected(1_000), sum);
  assert.equal(WORKLOADS.skynet.expected(1_000), sum);
  assert.equal(WORKLOADS["count-1k"].expected(3), 3 * 1_024);
  assert.equal(WORKLOADS.threadring.expected(1_234), 34);
});

Deno.test("WORKLOADS gives a run's value in the unit of its goal", () => {
  const run = { ms: 500, answer: 0, heapBytes: 50_000, rssBytes: 0 };
  const values = (["count", "ask", "spawn", "skynet", "memory"] as const)
    .map((name) => [WORKLOADS[name].value(run, 1_000), WORKLOADS[name].unit]);
  assert.deepEqual(values, [
    [0.002, "M msg/s"],
    [500, "µs"],
    [2_000, "actors/s"],
    [0.5, "s"],
    [50, "B heap"],
  ]);
});

Deno.test("fitting() lets skynet have a power of ten leaves, and leaves others as they are", () => {
  assert.deepEqual([1, 10, 40_000, 99_999, 1_000_000].map((n) => fitting("skynet", n)), [
    ...[10, 10, 10_000, 10_000, 1_000_000],
  ]);
  assert.equal(fitting("count", 120_001), 120_001);
});

Deno.test("sampleOf() fails a run whose answer is wrong, and one that took some latencies only", () => {
  const run = (more: Partial<Run>): Run => ({ ms: 1, answer: 45, ...more });
  assert.deepEqual(sampleOf("count", 10, run({})), { value: 0.01 });
  assert.throws(() => sampleOf("count", 10, run({ answer: 44 })), /is 44, and should be 45/);
  assert.throws(() => sampleOf("xport", 10, run({ latencies: [1] })), /10 operations took 1/);
  const latencies = Array.from({ length: 10 }, () => 3);
  assert.deepEqual(sampleOf("xport", 10, run({ latencies })), { latencies });
});

Deno.test("nextRandom() is the minimal standard generator: from 1, its 10,000th number is 1,043,618,065", () => {
  let state = 1;
  for (let i = 0; i < 10_000; i++) state = nextRandom(state);
  assert.equal(state, 1_043_618_065);
});

Deno.test("isCaseName() knows the cases, and no property that every object has", () => {
  assert(CASE_NAMES.every(isCaseName));
  assert(!isCaseName("toString") && !isCaseName(""));
});
