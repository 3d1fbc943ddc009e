import assert from "node:assert/strict";
import { policyLines } from "./policy_lines.ts";
import type { PolicyReport } from "./policy_report.ts";

const POLICY: PolicyReport = {
  ...{ app: "none", transport: "quic-raw-pk", keyMgmt: "dht-tofu", require: [] },
  ...{ onStale: { graceMs: 7 * 86_400_000, then: "use-last" }, overlapMs: 90_500 },
  from: {
    ...{ app: "policies.yaml:17:10", transport: "policies.yaml:5:14", keyMgmt: "built in" },
    ...{ require: "built in", onStale: "policies.yaml:13:15", overlapMs: "built in" },
  },
};

const SEALED: PolicyReport = {
  ...{ ...POLICY, app: "libsodium", require: ["e2e", "sender-auth"] },
  from: { ...POLICY.from, require: "policies.yaml:11:14" },
};

Deno.test("policyLines() shows each field of each policy, and where it came from", () => {
  const lines = policyLines(new Map([["lob/summary", SEALED], ["iot/hall", POLICY]]));
  assert.deepEqual(lines.map(({ text }) => text.trimEnd()), [
    "policy     iot/hall                          lob/summary",
    "app        none         policies.yaml:17:10  libsodium        policies.yaml:17:10",
    "transport  quic-raw-pk  policies.yaml:5:14   quic-raw-pk      policies.yaml:5:14",
    "key-mgmt   dht-tofu     built in             dht-tofu         built in",
    "require    nothing      built in             e2e, sender-auth policies.yaml:11:14",
    "on-stale   7d, use-last policies.yaml:13:15  7d, use-last     policies.yaml:13:15",
    "overlap    90500ms      built in             90500ms          built in",
  ]);
});

Deno.test("policyLines() shows nothing before a policy is known", () => {
  assert.deepEqual(policyLines(new Map()), []);
});
