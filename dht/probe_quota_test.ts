import assert from "node:assert/strict";
import { MAX_PROBES_A_MINUTE } from "./constants.ts";
import { ProbeQuota } from "./probe_quota.ts";

Deno.test("ProbeQuota.take() allows one probe a minute for one peer", () => {
  const quota = new ProbeQuota();
  assert(quota.take("ada", 0));
  assert(!quota.take("ada", 59_999));
  assert(quota.take("bob", 59_999));
  assert(quota.take("ada", 60_000));
});

Deno.test("ProbeQuota.take() allows so many a minute, whoever asks", () => {
  const quota = new ProbeQuota();
  for (let i = 0; i < MAX_PROBES_A_MINUTE; i++) assert(quota.take(`n${i}`, i));
  assert(!quota.take("one more", 1_000));
  assert(quota.take("one more", 60_000), "the first of them is a minute old");
  assert(!quota.take("another", 60_000));
});
