import assert from "node:assert/strict";
import { ActorError, DuplicateIdError } from "../actors/mod.ts";
import { connected, Probe } from "./testing.ts";
import mortal from "./testing/mortal_actor.ts";

for (const placement of ["here", "shard", "worker", "process"] as const) {
  Deno.test(`an exposed actor is reached wherever it is placed [${placement}]`, async () => {
    await using pair = await connected({ shards: 1 });
    const { a, b } = pair;
    const ref = await a.node.spawn(mortal, { placement, name: "mortal", expose: "home" });
    const far = b.node.actor<typeof mortal>(`macula://${a.node.id}/home/mortal`);
    assert.equal(await far.ask.alive(), true);
    await assert.rejects(far.ask.fail("once"), /once/);
    assert.equal(await far.ask.alive(), true);
    await a.node.stopActor(ref);
    // The realm learns of it in a moment: until then the message finds nobody.
    await assert.rejects(far.ask.alive(), (error) => {
      return error instanceof ActorError && ["ended", "not-exposed"].includes(error.code);
    });
  });
}

Deno.test("MaculaNode.spawn() takes what any spawn takes, and says what is wrong with it", async () => {
  await using probe = await Probe.start();
  const { node } = probe;
  await node.spawn(mortal, { placement: "here", id: "one" });
  await assert.rejects(node.spawn(mortal, { placement: "here", id: "one" }), DuplicateIdError);
  const box = { heapMb: 1 };
  await assert.rejects(node.spawn(mortal, { placement: "process", box }), /heapMb/);
  await assert.rejects(node.spawn(mortal, { placement: "here", box }), /box is for/);
  const own = { permissions: "inherit", unansweredMs: 5_000 } as const;
  const ref = await node.spawn(mortal, { placement: "process", box: own });
  assert.equal(await ref.ask.alive(), true);
});
