import assert from "node:assert/strict";
import { Policy, type Strategy } from "./policy.ts";

Deno.test("Policy is one_for_one, with no backoff, unless told otherwise", () => {
  const { strategy, backoff, limit } = new Policy();
  assert.equal(strategy, "one_for_one");
  assert.equal(backoff, undefined);
  assert.deepEqual([limit.intensity, limit.withinMs, limit.perChild], [3, 5_000, false]);
});

Deno.test("Policy refuses a strategy that does not exist, and lists those that do", () => {
  assert.throws(() => new Policy({ strategy: "all_for_one" as Strategy }), {
    name: "RangeError",
    message:
      'strategy is "all_for_one": give one of one_for_one, one_for_all, rest_for_one, dynamic',
  });
});

Deno.test("Policy refuses numbers out of bounds", () => {
  assert.throws(() => new Policy({ intensity: -1 }), /intensity is -1/);
  assert.throws(() => new Policy({ withinMs: 0 }), /withinMs is 0/);
  assert.throws(() => new Policy({ backoff: { minMs: 2, maxMs: 1 } }), /backoff.minMs is 2/);
});

Deno.test("Policy refuses to count child by child what restarts together", () => {
  for (const strategy of ["one_for_all", "rest_for_one"] as const) {
    assert.throws(() => new Policy({ strategy, perChild: true }), {
      name: "TypeError",
      message: new RegExp(`${strategy} restarts children together: leave perChild out`),
    });
  }
  new Policy({ strategy: "dynamic", perChild: true });
});
