import assert from "node:assert/strict";
import { type ActorInfo, ActorSystem, EndedError, SpawnError } from "./mod.ts";
import { settle } from "./testing.ts";
import { guarantee, OF_SHARDS, Setting, STRICT } from "./testing/conformance.ts";
import type keeperDefinition from "./testing/keeper.ts";
import type probe from "./testing/probe.ts";

const shard = { placements: OF_SHARDS, userShards: 2 };

guarantee("actors of two shards reach each other directly, with refs and replies", async (s) => {
  const [a, b] = [await s.probe({ shard: "user-1" }), await s.probe({ shard: "user-2" })];
  await a.ask.relayNote(b, "from a to b");
  b.tell.tellNotes(a, "from b to a", 3);
  await b.ask.nothing();
  await b.ask.relayNote(a, "last");
  assert.deepEqual(await b.ask.log(), ["from a to b"]);
  assert.deepEqual(await a.ask.log(), ["from b to a 0", "from b to a 1", "from b to a 2", "last"]);
  const { one } = await b.ask.refs(a, { by: { name: b } });
  await (one as typeof a).ask.relayNote(b, "through a ref that went round");
  assert.equal((await b.ask.log()).length, 2);
}, shard);

guarantee("actors are supervised across shards", async (s) => {
  const parent = await s.parent({ intensity: 1 }, { shard: "user-1" });
  const shards = new Set<number>();
  const child = await parent.ask.child({ placement: "shard" });
  for (let i = 0; i < 2; i++) await parent.ask.child({ placement: "shard" });
  for (const { path, shard } of await s.system.actors()) if (path !== "") shards.add(shard);
  assert.deepEqual([...shards].sort(), [0, 1, 2], "user shards take turns");
  await assert.rejects(child.ask.throwRange("x"));
  assert.equal(await child.ask.echo("again"), "again");
  const down = s.down(parent);
  await assert.rejects(child.ask.throwRange("x"));
  assert.equal((await down).kind, "intensity");
}, shard);

guarantee("self.close() and Deno.exit() are refused in a shard", async (s) => {
  const probe = await s.probe();
  assert.match(
    await probe.ask.endShard("self.close"),
    /close\(\) would end a shard with all of its/,
  );
  assert.match(
    await probe.ask.endShard("Deno.exit"),
    /Deno\.exit\(\) would end a shard .* ctx\.stop/,
  );
}, shard);

/** Whether an ask or a send failed because of the shard of its target. */
function isLost(error: unknown): true {
  assert(error instanceof EndedError);
  assert.equal(error.data.reason, "shard-lost");
  return true;
}

/** Settles when a shard of that name takes actors and those are back that were to live there. */
async function isBack(s: Setting, shard: string): Promise<void> {
  // Spawns that wait for a shard get it in their order, and so do names.
  await s.probe({ shard, name: `in-${shard}`, restart: "temporary" });
}

guarantee("a shard that is lost ends all that waits for it", async (s) => {
  const [lost, other] = [await s.probe({ shard: "user-1" }), await s.probe({ shard: "user-2" })];
  const named = await s.probe({ shard: "user-1", name: "thermostat", mailbox: { bound: 1 } });
  const orphans = await s.parent(null, { shard: "user-1" });
  const orphan = await orphans.ask.child({ placement: "shard", shard: "user-2" });
  const gate = await s.gate();
  await other.ask.watchFor(lost, gate);
  const [down, orphanDown] = [s.down(lost), s.down(orphan)];
  const held = assert.rejects(named.ask.hold(gate, "a"), isLost);
  await gate.ask.arrived(1);
  lost.tell.loseShard();
  assert.equal((await down).kind, "shard-lost");
  await held;
  await gate.ask.arrived(2);
  await assert.rejects(lost.ask.log(), isLost);
  await assert.rejects(lost.send.note("x"), isLost);
  assert.equal(lost.tell.note("x"), undefined);
  assert.equal((await s.down(lost)).kind, "shard-lost");
  assert.equal(await s.dead("shard-lost"), 4, "and the one in hand");
  assert.equal(await other.ask.echo("alive"), "alive");
  assert.equal((await orphanDown).kind, "shard-lost");
  // Time stands still: the stop that follows may not wait for the children that were lost.
}, { ...shard, fakeTime: true });

guarantee("a shard that is lost is started again, and its children are in new slots", async (s) => {
  const store = await s.store();
  const lost = await s.probe({ shard: "user-1", label: "lost", restart: "temporary" });
  const parent = await s.parent(null, { shard: "user-2" });
  const options = { placement: "shard", shard: "user-1" } as const;
  for (const restart of ["permanent", "transient", "temporary"] as const) {
    await s.probe({ ...options, name: `root.${restart}`, restart });
    await parent.ask.child({ ...options, name: `parent.${restart}`, restart });
  }
  const keeper = await s.keeper({ shard: "user-1" });
  const names = (actors: readonly ActorInfo[]) =>
    actors.map(({ path }) => path).filter((path) => /\.(perm|trans|temp)|keeper/.test(path)).sort();
  const before = names(await s.system.actors());
  const named = s.system.named<typeof probe>("root.permanent");
  assert.equal(await named.ask.echo("before"), "before");
  const down = s.down(keeper);
  lost.tell.loseShard();
  await down;
  await isBack(s, "user-1");

  assert.equal(await named.ask.echo("after"), "after", "the ref finds the new slot");
  const actors = await s.system.actors();
  assert.deepEqual(names(actors), before.filter((path) => !path.endsWith("temporary")));
  const inNew = actors.filter(({ path }) => /\.(perm|trans|temp)|keeper/.test(path)).map((
    { shard },
  ) => shard);
  assert.deepEqual(new Set(inNew), new Set([3]));
  assert.equal(await s.system.lookup("root.temporary"), undefined);
  const next = await s.system.lookup<typeof probe>("parent.transient");
  assert.equal(await next?.ask.echo("reached"), "reached");
  // The new shard has its way to the store, and to all others.
  const again = await s.system.lookup<typeof keeperDefinition>("keeper");
  await again?.ask.noteAndSave("a word");
  assert.deepEqual(await store.ask.stored("keeper"), ["a word"]);
  await next?.ask.relayNote(await s.probe({ shard: "user-2" }), "from the new shard to an old one");
  const [, status] = (await s.system.shards()).shards;
  assert.deepEqual([status?.name, status?.shard, status?.state, status?.restarts], [
    ...["user-1", 3, "running", 1],
  ]);
}, shard);

guarantee("a shard that is lost again and again stays away, and it is said", async (s) => {
  for (let times = 1; times <= 4; times++) {
    const probe = await s.probe({ shard: "user-1", restart: "temporary" });
    const down = s.down(probe);
    probe.tell.loseShard();
    await down;
    await s.crashed(times);
  }
  await assert.rejects(s.probe({ shard: "user-1" }), /there is no shard "user-1": there are/);
  assert.equal(await (await s.probe()).ask.echo("in the other one"), "in the other one");
  const said = s.crashes.map(({ handler, error }) => `${handler} ${error}`);
  assert(
    said.slice(0, 3).every((words) => /^\(shard lost\).*user-1.*; it is started again/.test(words)),
  );
  assert.match(said[3]!, /user-1: .*; it was lost more than 3 times in 5000 ms, and stays away/);
  const [, gone] = (await s.system.shards()).shards;
  assert.deepEqual([gone?.state, gone?.restarts], ["gone", 3]);
}, { ...shard, fakeTime: true });

guarantee("a system that stops while it starts a shard again ends that too", async (s) => {
  const probe = await s.probe({ shard: "user-1", restart: "permanent" });
  const down = s.down(probe);
  probe.tell.loseShard();
  await down;
  await s.system.stop();
}, shard);

Deno.test(
  "ActorSystem.start() refuses a number or a name of shards that means nothing",
  STRICT,
  async () => {
    for (const userShards of [-1, 1.5, 257, NaN]) {
      await assert.rejects(ActorSystem.start({ userShards }), {
        name: "RangeError",
        message: `userShards is ${userShards}: give a whole number from 0 to 256`,
      });
    }
    for (const name of ["main", "user-1", "", "Big", "a/b"]) {
      await assert.rejects(ActorSystem.start({ ownShards: [name] }), {
        name: "RangeError",
        message: /ownShards has ".*": lower-case letters/,
      });
    }
    await assert.rejects(ActorSystem.start({ ownShards: ["a", "a"] }), /ownShards has "a" twice/);
  },
);

Deno.test(
  "a shard of the system's own gets the actors that ask for it, and no others",
  STRICT,
  async () => {
    const s = new Setting("shard");
    await using system = s.system = await ActorSystem.start({ ownShards: ["dht"], userShards: 0 });
    const probe = await s.probe({ shard: "dht", name: "probe" });
    assert.equal(await probe.ask.echo(1), 1);
    await assert.rejects(s.probe(), SpawnError);
    const { shard } = (await system.actors()).find(({ path }) => path === "probe")!;
    assert.equal(shard, 1);
    await settle();
  },
);
