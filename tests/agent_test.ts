import assert from "node:assert/strict";
import { connected, take } from "../mesh/testing.ts";
import agent from "../mesh/testing/agent_actor.ts";

Deno.test("An agent in a shard gets publications of another node, and serves calls of it", async () => {
  await using pair = await connected({}, { shards: 1 });
  const { a, b } = pair;
  await b.node.spawn(agent, { name: "agent" });
  const sent = Array.from({ length: 1_000 }, (_, i) => i);
  for (const i of sent) await a.node.publish(`iot/sensor/hall/${i % 3}`, i);
  await a.node.flush();
  // Three topics are three orders; within each, and for each message, nothing may be off.
  let seen: number[] = [];
  while (seen.length < sent.length) seen = await a.node.call("lob/stats/seen") as number[];
  assert.deepEqual([...seen].sort((x, y) => x - y), sent);
  for (const topic of [0, 1, 2]) {
    const its = seen.filter((i) => i % 3 === topic);
    assert.deepEqual(its, sent.filter((i) => i % 3 === topic));
  }
});

Deno.test("An agent that fails is restarted with what it kept, still subscribed, and misses nothing", async () => {
  await using pair = await connected({}, { shards: 1 });
  const { a, b } = pair;
  await b.node.spawn(agent, { name: "agent" });
  const sent = Array.from({ length: 500 }, (_, i) => i);
  for (const i of sent) await a.node.publish(`iot/sensor/${i === 250 ? "poison" : "hall"}`, i);
  await a.node.flush();
  let seen: number[] = [];
  while (seen.length < sent.length) seen = await a.node.call("lob/stats/seen") as number[];
  assert.deepEqual(seen.filter((i) => i !== 250), sent.filter((i) => i !== 250));
  const info = (await b.node.actors()).find(({ path }) => path === "agents/agent");
  assert.equal(info?.restarts, 1);
  assert.match(b.crashes.join(), /agents\/agent reading: Error: poisoned/);
});

Deno.test("An agent publishes from its shard to another node in order", async () => {
  await using pair = await connected({ shards: 0 }, { shards: 1 });
  const { a, b } = pair;
  await using readings = a.node.subscribe("iot/relay/*", { overflow: "wait" });
  await readings.ready;
  const ref = await b.node.spawn(agent, { name: "agent" });
  await ref.with({ deadlineMs: 60_000 }).ask.relay(2_000);
  const got = await take(readings, 2_000);
  assert.deepEqual(got.map(({ payload }) => payload), Array.from({ length: 2_000 }, (_, i) => i));
  assert(got.every(({ publisher }) => publisher === b.node.id));
});
