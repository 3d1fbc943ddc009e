import assert from "node:assert/strict";
import { loadPolicies } from "./load_policies.ts";
import { PolicyView } from "./policy_view.ts";
import type { PolicySnapshot } from "./snapshot.ts";

function snapshotOf(app: string, version: number): PolicySnapshot {
  return loadPolicies([{ path: "p.yaml", text: `defaults: { app: ${app} }\n` }], version);
}

Deno.test("PolicyView follows the newest snapshot, and keeps its answers while there is no other", () => {
  let snapshot = snapshotOf("none", 1);
  const view = new PolicyView(() => snapshot);
  const first = view.resolve("lob/x");
  const hash = view.policyHash("lob");
  assert.equal(first.policy.app, "none");
  assert.equal(view.resolve("lob/x"), first);
  assert.equal(view.policyHash("lob"), hash);
  snapshot = snapshotOf("libsodium", 2);
  const second = view.resolve("lob/x");
  assert.equal(second.policy.app, "libsodium");
  assert.equal(second.snapshotVersion, 2);
  assert.notDeepEqual(view.policyHash("lob"), hash);
});

Deno.test("PolicyView shares a snapshot's answers with the other views of it", () => {
  const snapshot = snapshotOf("none", 1);
  const [one, other] = [new PolicyView(() => snapshot), new PolicyView(() => snapshot)];
  assert.equal(one.resolve("lob/x"), other.resolve("lob/x"));
});

Deno.test("PolicyView takes another snapshot of the same version for another", () => {
  let snapshot = snapshotOf("none", 1);
  const view = new PolicyView(() => snapshot);
  view.resolve("lob/x");
  snapshot = snapshotOf("libsodium", 1);
  assert.equal(view.resolve("lob/x").policy.app, "libsodium");
});

Deno.test("PolicyView assumes nothing while no snapshot is published", () => {
  const view = new PolicyView(() => undefined);
  assert.throws(() => view.resolve("lob/x"), /no policies are published here yet/);
  assert.throws(() => view.policyHash("lob"), /no policies are published here yet/);
});
