import assert from "node:assert/strict";
import { lintPolicies, loadPolicies } from "./load_policies.ts";
import { PolicyTable } from "./policy_table.ts";
import type { PolicyFile } from "./read_policies.ts";

/** The code blocks of the guide to policies: those of YAML by the name in their first line. */
async function blocks(): Promise<{ files: Map<string, PolicyFile>; text: string }> {
  const text = await Deno.readTextFile(new URL("../../docs/policies.md", import.meta.url));
  const found = [...text.matchAll(/^```yaml\n(# (\S+)\n[^`]*)```$/gm)];
  const files = found.map(([, text, path]) => [path!, { path: path!, text: text! }] as const);
  return { files: new Map(files), text };
}

Deno.test("The guide's policies are good, and come to what it says", async () => {
  const { files } = await blocks();
  const file = files.get("policies.yaml");
  assert(file);
  const snapshot = loadPolicies([file], 1);
  const { policy, fields } = new PolicyTable(snapshot)
    .resolve("lob/orders/audit", "com.example.billing");
  assert.equal(policy.app, "libsodium");
  assert.deepEqual(policy.require, ["e2e", "sender-auth"]);
  assert.deepEqual(policy.onStale, { graceMs: 3_600_000, then: "fail-closed" });
  assert.equal(policy.overlapMs, 0);
  const sources = (field: string) =>
    fields.filter((source) => source.field === field).map(({ key, at }) => `${key} ${at}`);
  assert.deepEqual(sources("app"), ["realms.lob policies.yaml:4:15"]);
  assert.deepEqual(sources("require"), [
    "realms.lob policies.yaml:4:35",
    "topics.lob/*/audit policies.yaml:8:29",
    "applications.com.example.billing policies.yaml:10:46",
  ]);
  assert.deepEqual(sources("overlap"), ["topics.lob/*/audit policies.yaml:8:53"]);
  const warnings = lintPolicies([file]).map(({ place }) => place);
  assert.deepEqual(warnings, ["policies.yaml:10:31"], "the application's app counts nowhere");
});

Deno.test("The guide's bad policies are refused with the words that it quotes", async () => {
  const { files, text } = await blocks();
  const file = files.get("wrong.yaml");
  assert(file);
  assert.throws(() => loadPolicies([file], 1), (error) => {
    return text.includes(`\n${(error as Error).message}\n`);
  });
});
