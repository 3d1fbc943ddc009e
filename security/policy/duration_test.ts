import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_POLICY_DURATION_MS } from "./constants.ts";
import { parsePolicyDuration, policyDurationText } from "./duration.ts";

Deno.test("parsePolicyDuration() reads a number with its unit, and nothing else", () => {
  const good = { "500ms": 500, "0s": 0, "1.5s": 1_500, "5m": 300_000, "1h": 3_600_000 };
  for (const [text, ms] of Object.entries(good)) assert.equal(parsePolicyDuration(text), ms);
  assert.equal(parsePolicyDuration("366d"), MAX_POLICY_DURATION_MS);
  for (
    const text of ["", "5", "s", "-1s", "1 s", "1S", "1w", "367d", "1e3s", " 1s", "1s\n", "1h30m"]
  ) {
    assert.equal(parsePolicyDuration(text), undefined, text);
  }
});

Deno.test("policyDurationText() writes what parsePolicyDuration() reads back", () => {
  assert.equal(policyDurationText(60_000), "1m");
  assert.equal(policyDurationText(7 * 86_400_000), "7d");
  assert.equal(policyDurationText(0), "0s");
  fc.assert(fc.property(fc.nat(MAX_POLICY_DURATION_MS), (ms) => {
    assert.equal(parsePolicyDuration(policyDurationText(ms)), ms);
  }));
});
