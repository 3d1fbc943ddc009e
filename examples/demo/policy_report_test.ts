import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { MaculaNode } from "@macula/mesh";
import { PROCEDURE } from "./constants.ts";
import { reportOf } from "./policy_report.ts";

Deno.test("reportOf() says of the demo's policies what holds, and which level says so", async () => {
  const policies = fileURLToPath(import.meta.resolve("./policies.yaml"));
  await using node = await MaculaNode.start({ policies, shards: 0 });
  const lines = (await Deno.readTextFile(policies)).split("\n");
  /** The line of the file that a field came from. */
  const line = (place: string) => lines[Number(place.split(":")[1]) - 1]?.trim() ?? place;

  const { from, ...readings } = reportOf(node.policy("iot/sensor/roof/uptime"));
  assert.deepEqual(
    [readings.app, readings.transport, readings.keyMgmt, readings.require],
    ["none", "quic-raw-pk", "dht-tofu", []],
  );
  assert.match(from.app, /^policies\.yaml:\d+:\d+$/);
  assert.equal(line(from.app), "app: none");
  assert.match(line(from.onStale), /^on-stale: /);
  assert.deepEqual([from.require, from.overlapMs], ["built in", "built in"]);

  const summary = reportOf(node.policy(PROCEDURE));
  assert.deepEqual([summary.app, summary.require], ["libsodium", ["e2e", "sender-auth"]]);
  assert.equal(line(summary.from.app), "app: libsodium");
  assert.match(line(summary.from.require), /^require: \[e2e, sender-auth\]/);
  assert.match(line(summary.from.transport), /^transport: quic-raw-pk/);
});
