import assert from "node:assert/strict";
import { ActorSystem, refKey, sameRef } from "./mod.ts";
import caller from "./testing/caller.ts";
import { STRICT } from "./testing/conformance.ts";
import probe from "./testing/probe.ts";

const PLACEMENTS = ["here", "shard"] as const;

for (const placement of PLACEMENTS) {
  Deno.test(
    `a ref of another run reaches nobody, whoever has its number here [${placement}]`,
    STRICT,
    async () => {
      await using theirs = await ActorSystem.start();
      await using ours = await ActorSystem.start();
      const foreign = await theirs.spawn(probe, { args: [], placement });
      const stranger = await ours.spawn(probe, { args: [], placement });
      assert.equal(`${foreign}`, `${stranger}`, "or this test shows nothing");
      assert(!sameRef(foreign, stranger));
      assert.notEqual(refKey(foreign), refKey(stranger));
      const gone = "ended no-such-actor";
      for (const [at, from] of PLACEMENTS.entries()) {
        const actor = await ours.spawn(caller, { placement: from });
        assert.deepEqual(await actor.ask.everyWay(foreign, "x"), [gone, gone]);
        assert.deepEqual(await actor.ask.read(foreign), [gone]);
        const { byReason } = await ours.deadLetters();
        assert.deepEqual(byReason, { "no-such-actor": 4 * (at + 1) });
        assert.equal(await actor.ask.watch(foreign) as unknown, "no-such-actor");
        assert.equal(await actor.ask.link(foreign) as unknown, "no-such-actor");
        await actor.ask.exit(foreign, "killed");
        await actor.ask.unlink(foreign);
      }
      assert.deepEqual(await stranger.ask.log(), []);
      assert.deepEqual(await foreign.ask.log(), [], "nor does it leave this system");
      assert.equal((await ours.actors()).filter(({ path }) => path === "probe").length, 1);
    },
  );

  Deno.test(
    `the system takes a ref of another run for no actor of its own [${placement}]`,
    STRICT,
    async () => {
      await using theirs = await ActorSystem.start();
      await using ours = await ActorSystem.start();
      const foreign = await theirs.spawn(probe, { args: [], placement });
      const stranger = await ours.spawn(probe, { args: [], placement });
      const reason = await new Promise<string>((resolve) => {
        ours.monitor(foreign, ({ kind }) => resolve(kind));
      });
      assert.equal(reason, "no-such-actor");
      await ours.stopActor(foreign);
      assert.deepEqual(await stranger.ask.log(), []);
    },
  );
}

Deno.test(
  "a link to an actor and one to a ref of another run of its number are two",
  STRICT,
  async () => {
    await using theirs = await ActorSystem.start({ userShards: 0 });
    await using ours = await ActorSystem.start({ userShards: 0 });
    const foreign = await theirs.spawn(caller, { placement: "here" });
    const stranger = await ours.spawn(caller, { placement: "here", restart: "temporary" });
    const actor = await ours.spawn(caller, { placement: "here" });
    const linked = actor.ask.link(stranger);
    await actor.ask.unlink(foreign);
    await stranger.ask.log();
    await ours.stopActor(stranger);
    assert.equal(await linked as unknown, "shutdown");
  },
);

Deno.test("an actor stops no child by a ref of another run", STRICT, async () => {
  await using theirs = await ActorSystem.start({ userShards: 0 });
  await using ours = await ActorSystem.start({ userShards: 0 });
  const parents = await Promise.all(
    [theirs, ours].map((system) => system.spawn(caller, { placement: "here" })),
  );
  const [foreign, child] = await Promise.all(parents.map((parent) => parent.ask.child()));
  assert.equal(`${foreign}`, `${child}`);
  await parents[1]!.ask.stopChild(foreign!);
  assert.equal(await parents[1]!.ask.children(), 1);
  await parents[1]!.ask.stopChild(child!);
  assert.equal(await parents[1]!.ask.children(), 0);
});

Deno.test(
  "an ask of what is of another run settles before its deadline, and leaves nothing",
  STRICT,
  async () => {
    await using ours = await ActorSystem.start({ userShards: 0 });
    const theirs = await ActorSystem.start({ userShards: 0 });
    const foreign = await theirs.spawn(caller, { placement: "here" });
    const actor = await ours.spawn(caller, { placement: "here" });
    await theirs.stop();
    assert.equal(await actor.ask.ask(foreign, "x"), "ended no-such-actor");
    await assert.rejects(foreign.ask.nothing(), { name: "EndedError" });
  },
);
