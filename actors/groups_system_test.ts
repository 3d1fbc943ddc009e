import assert from "node:assert/strict";
import { type AnyRef, type Ref, refKey, type SpawnOptions } from "./mod.ts";
import { settle } from "./testing.ts";
import { guarantee, OF_SHARDS, type Setting } from "./testing/conformance.ts";
import member, { type Member } from "./testing/member.ts";

function memberOf(s: Setting, options: Partial<SpawnOptions> = {}): Promise<Ref<Member>> {
  return s.system.spawn(member, { ...s.placed(options) } as SpawnOptions<[]>);
}

const keys = (refs: readonly AnyRef[]) => refs.map(refKey);

/** What a member has heard, one change a line. */
async function heard(from: Ref<Member>): Promise<string[]> {
  return (await from.ask.log()).map(({ words, ref }) => `${words} ${refKey(ref)}`);
}

/** The members, as the system and an actor see them, which is the same. */
async function members(s: Setting, from: Ref<Member>, group: string): Promise<string[]> {
  const seen = keys(await s.system.members(group));
  assert.deepEqual(keys(await from.ask.members(group)), seen);
  return seen;
}

guarantee("an actor that has joined a group is a member, once, until it leaves", async (s) => {
  const [a, b, other] = [await memberOf(s), await memberOf(s), await memberOf(s)];
  assert.deepEqual(await members(s, other, "workers"), []);
  await a.ask.join("workers");
  await b.ask.join("workers");
  await a.ask.join("workers");
  await other.ask.join("others");
  assert.deepEqual(await members(s, other, "workers"), keys([a, b]), "in the order of joining");
  await a.ask.leave("workers");
  await a.ask.leave("workers");
  assert.deepEqual(await members(s, other, "workers"), keys([b]));
  await a.ask.join("workers");
  assert.deepEqual(await members(s, other, "workers"), keys([b, a]));
  const [one] = await s.system.members("workers");
  await (one as Ref<Member>).ask.nothing();
});

guarantee("a membership survives restarts, and ends with the slot", async (s) => {
  const [a, b] = [await memberOf(s), await memberOf(s, { restart: "temporary" })];
  for (const one of [a, b]) await one.ask.join("workers");
  await assert.rejects(a.ask.fail());
  await a.ask.nothing();
  assert.deepEqual(await members(s, a, "workers"), keys([a, b]));
  const down = s.down(b);
  b.tell.fail();
  await down;
  while ((await members(s, a, "workers")).length > 1) await settle(1);
  assert.deepEqual(await members(s, a, "workers"), keys([a]));
  await s.system.stopActor(a);
  while ((await s.system.members("workers")).length > 0) await settle(1);
});

guarantee("who watches a group is told of every change from then on, in order", async (s) => {
  const [watcher, a, b] = [await memberOf(s), await memberOf(s), await memberOf(s)];
  const events: string[] = [];
  using _ = s.system.watchGroup("workers", (event) => {
    const [what, refs] = "joined" in event ? ["joined", event.joined] : ["left", event.left];
    events.push(`${event.group} ${what} ${keys(refs)}`);
  });
  await a.ask.join("workers");
  await watcher.ask.watch("workers");
  while ((await watcher.ask.members("workers")).length < 1) await settle(1);
  await settle();
  await b.ask.join("workers");
  await watcher.ask.told(1);
  await a.ask.leave("workers");
  await a.ask.join("others");
  await a.ask.join("workers");
  const down = s.down(b);
  await s.system.stopActor(b);
  await down;
  await watcher.ask.told(4);
  const expected = [
    `workers joined ${refKey(b)}`,
    `workers left ${refKey(a)}`,
    `workers joined ${refKey(a)}`,
    `workers left ${refKey(b)}`,
  ];
  assert.deepEqual(await heard(watcher), expected);
  while (events.length < 5) await settle(1);
  assert.deepEqual(events, [`workers joined ${refKey(a)}`, ...expected]);
});

guarantee("who watches no more is told nothing, and neither is the next incarnation", async (s) => {
  const [watcher, dead, a] = [await memberOf(s), await memberOf(s), await memberOf(s)];
  for (const one of [watcher, dead]) await one.ask.watch("workers");
  await a.ask.join("workers");
  for (const one of [watcher, dead]) await one.ask.told(1);
  await watcher.ask.unwatch("workers");
  await assert.rejects(dead.ask.fail());
  await a.ask.leave("workers");
  await a.ask.join("workers");
  await settle();
  assert.equal((await watcher.ask.log()).length, 1);
  assert.deepEqual(await dead.ask.log(), []);
});

guarantee("a listener of a group that throws fails its actor", async (s) => {
  const [watcher, a] = [await memberOf(s), await memberOf(s)];
  const down = s.down(watcher);
  await watcher.ask.watchAndFail("workers");
  await a.ask.join("workers");
  assert.deepEqual(await down, { kind: "error", message: "RangeError: a listener" });
});

guarantee("a name that is none for a group is refused", async (s) => {
  const a = await memberOf(s);
  for (const group of ["", "x".repeat(129), 7 as never]) {
    assert.notEqual(await a.ask.joinBadly(group), "joined");
  }
  for (const group of ["__proto__", "constructor", "a group of its own", "x".repeat(128)]) {
    assert.equal(await a.ask.joinBadly(group), "joined");
    assert.deepEqual(await members(s, a, group), keys([a]));
  }
});

guarantee(
  "members of a shard that is lost are members no more, and who watches is told",
  async (s) => {
    const [lost, watcher] = [
      await memberOf(s, { shard: "user-1", restart: "temporary" }),
      await memberOf(s, { shard: "user-2" }),
    ];
    await watcher.ask.watch("workers");
    await lost.ask.join("workers");
    await watcher.ask.told(1);
    lost.tell.loseShard();
    await watcher.ask.told(2);
    assert.deepEqual(await heard(watcher), [
      `workers joined ${refKey(lost)}`,
      `workers left ${refKey(lost)}`,
    ]);
    assert.deepEqual(await members(s, watcher, "workers"), []);
  },
  { placements: OF_SHARDS, userShards: 2 },
);
