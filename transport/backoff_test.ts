import assert from "node:assert/strict";
import fc from "fast-check";
import { backoffMs } from "./backoff.ts";
import { BACKOFF_CAP_MS, BACKOFF_FIRST_MS } from "./wire_constants.ts";

const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

Deno.test("backoffMs() doubles up to its cap, at least half of it whatever the jitter", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 1_000 }), randoms, (failures, random) => {
    const ceiling = Math.min(BACKOFF_CAP_MS, BACKOFF_FIRST_MS * 2 ** (failures - 1));
    const wait = backoffMs(failures, random);
    assert(wait >= ceiling / 2 && wait <= ceiling, `${wait} of ${ceiling}`);
  }));
  assert.equal(backoffMs(1, 0), BACKOFF_FIRST_MS / 2);
  assert.equal(backoffMs(50, 0), BACKOFF_CAP_MS / 2);
});
