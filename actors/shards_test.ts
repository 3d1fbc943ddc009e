import assert from "node:assert/strict";
import { ActorSystem, EndedError, SpawnError } from "./mod.ts";
import { settle } from "./testing.ts";
import { guarantee, Setting, STRICT } from "./testing/conformance.ts";

const shard = { placements: ["shard"], userShards: 2 } as const;

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

guarantee("a shard that is lost ends all that waits for it", async (s) => {
  const [lost, other] = [await s.probe({ shard: "user-1" }), await s.probe({ shard: "user-2" })];
  const named = await s.probe({ shard: "user-1", name: "thermostat", mailbox: { bound: 1 } });
  const orphans = await s.parent(null, { shard: "user-1" });
  const orphan = await orphans.ask.child({ placement: "shard", shard: "user-2" });
  const gate = await s.gate();
  const isLost = (error: unknown) => {
    assert(error instanceof EndedError);
    assert.equal(error.data.reason, "shard-lost");
    return true;
  };
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
  assert.equal(await s.dead("shard-lost"), 3);

  await s.probe({ name: "thermostat" });
  const next = await Promise.all([1, 2, 3].map(() => s.probe()));
  assert.deepEqual(await Promise.all(next.map((probe) => probe.ask.echo(1))), [1, 1, 1]);
  await assert.rejects(s.probe({ shard: "user-1" }), /there is no shard "user-1": there are/);
  assert.equal(await other.ask.echo("alive"), "alive");
  assert.equal((await orphanDown).kind, "shard-lost");
  assert(
    s.crashes.some(({ handler, error }) => handler === "(shard lost)" && /user-1/.test(error)),
  );
  // Time stands still: the stop that follows may not wait for the children that were lost.
}, { ...shard, fakeTime: true });

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
