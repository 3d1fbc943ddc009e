import assert from "node:assert/strict";
import type { ExitKind, Ref, SpawnOptions } from "./mod.ts";
import bond, { type Bond } from "./testing/bond.ts";
import { guarantee, INLINE, OF_SHARDS, type Setting } from "./testing/conformance.ts";

function bonded(
  s: Setting,
  options: Partial<SpawnOptions<[first?: string]>> = {},
): Promise<Ref<Bond>> {
  return s.system.spawn(bond, { args: ["new"], ...s.placed(options) });
}

/** Makes a link of each to the next, and waits until both ends know of it. */
async function link(...actors: Ref<Bond>[]): Promise<void> {
  for (const [at, actor] of actors.entries()) {
    const next = actors[at + 1];
    if (!next) break;
    await actor.ask.link(next);
    await next.ask.log();
  }
}

guarantee("of two linked actors, whichever fails takes the other", async (s) => {
  for (const failing of [0, 1] as const) {
    const pair = [await bonded(s), await bonded(s)] as const;
    await link(...pair);
    const downs = pair.map((actor) => s.down(actor));
    await assert.rejects(pair[failing].ask.fail("x"));
    const [own, others] = [await downs[failing], await downs[1 - failing]];
    assert.deepEqual(own, { kind: "error", message: "RangeError: x" });
    assert.equal(others?.kind, "error");
    assert.match(others.message, /^linked to ref \d+\.\d+: RangeError: x$/);
    for (const actor of pair) assert.deepEqual(await actor.ask.log(), ["new"], "restarted");
  }
}, { supervise: { intensity: 10 } });

guarantee("a link brings every end but a normal one, with its reason", async (s) => {
  const ends: readonly (readonly [ExitKind, ExitKind | "lives"])[] = [
    ["normal", "lives"],
    ["shutdown", "shutdown"],
    ["error", "error"],
    ["killed", "killed"],
  ];
  for (const [kind, expected] of ends) {
    const [one, other, by] = [await bonded(s), await bonded(s), await bonded(s)];
    await link(one, other);
    const [gone, down] = [s.down(one), s.down(other)];
    if (kind === "normal") one.tell.stop();
    else if (kind === "shutdown") await s.system.stopActor(one);
    else by.tell.exit(one, kind as "error" | "killed");
    assert.equal((await gone).kind, kind);
    if (expected === "lives") assert.deepEqual(await other.ask.log(), ["new"]);
    else assert.equal((await down).kind, expected);
  }
}, { supervise: { intensity: 10 } });

guarantee("an actor that traps exits lives, and has them between two messages", async (s) => {
  const [one, other, by] = [await bonded(s), await bonded(s), await bonded(s)];
  const [gate, held] = [await s.gate(), await s.gate()];
  for (const kind of ["normal", "shutdown", "error"] as const) {
    await other.ask.trap(gate);
    by.tell.exitWith(other, kind, "words");
  }
  await gate.ask.arrived(3);
  await link(one, other);
  other.tell.hold(held);
  await held.ask.arrived(1);
  const down = s.down(one);
  await assert.rejects(one.ask.fail("x"));
  await down;
  other.tell.note("behind the exit");
  held.tell.open();
  await gate.ask.arrived(4);
  assert.deepEqual(await other.ask.log(), [
    ...["new", "exit normal: words", "exit shutdown: words", "exit error: words"],
    ...["exit error: RangeError: x", "behind the exit"],
  ]);
});

guarantee("an exit that is trapped says who it is of", async (s) => {
  const [one, other] = [await bonded(s), await bonded(s)];
  await other.ask.trapAndAnswer("heard of you");
  await link(one, other);
  const down = s.down(one);
  await assert.rejects(one.ask.fail("x"));
  await down;
  let log = await one.ask.log();
  // The answer follows the restart: it is on its way when the first log comes back.
  while (log.length < 2) log = await one.ask.log();
  assert.deepEqual(log, ["new", "heard of you"]);
});

guarantee("a listener of exits that throws fails its actor", async (s) => {
  const [one, other] = [await bonded(s), await bonded(s)];
  await other.ask.trapAndFail();
  await link(one, other);
  const down = s.down(other);
  await assert.rejects(one.ask.fail("x"));
  assert.deepEqual(await down, { kind: "error", message: "RangeError: an exit: error" });
});

guarantee("an actor that traps exits no more fails by them again", async (s) => {
  const [other, by, gate] = [await bonded(s), await bonded(s), await s.gate()];
  await other.ask.trap(gate);
  await other.ask.untrap();
  const down = s.down(other);
  await by.ask.exitWith(other, "error", "by hand");
  assert.deepEqual(await down, { kind: "error", message: "by hand" });
});

guarantee(
  "an exit that is sent ends its target by its kind; a normal one does nothing",
  async (s) => {
    const [target, by] = [await bonded(s), await bonded(s)];
    await by.ask.exit(target, "normal");
    await by.ask.link(target); // what was sent before this has arrived with it
    await by.ask.unlink(target);
    target.tell.note("lives");
    assert.deepEqual(await target.ask.log(), ["new", "lives"]);
    for (const kind of ["shutdown", "error", "killed"] as const) {
      const temporary = await bonded(s, { restart: "temporary" });
      const down = s.down(temporary);
      by.tell.exitWith(temporary, kind, "words");
      assert.deepEqual(await down, { kind, message: "words" });
      await assert.rejects(temporary.ask.log(), { name: "EndedError" });
    }
    assert.match(
      await by.ask.exitBadly(target, "shard-lost"),
      /^RangeError: exit got the kind "sh/,
    );
  },
);

guarantee(
  "an exit that was sent with killed cannot be trapped; one that a link brings can",
  async (s) => {
    const [one, other, by] = [await bonded(s), await bonded(s), await bonded(s)];
    const gate = await s.gate();
    for (const actor of [one, other]) await actor.ask.trap(gate);
    await link(one, other);
    const down = s.down(one);
    by.tell.exit(one, "killed");
    assert.equal((await down).kind, "killed");
    await gate.ask.arrived(1);
    assert.deepEqual(await other.ask.log(), ["new", "exit killed: killed"]);
    assert.deepEqual(await one.ask.log(), ["new"], "its supervisor restarted it");
  },
);

guarantee("an exit ends an actor whose handler awaits, and its asker is told", async (s) => {
  const [target, by, gate] = [await bonded(s), await bonded(s), await s.gate()];
  const asked = assert.rejects(target.ask.hold(gate), { data: { reason: "killed" } });
  await gate.ask.arrived(1);
  by.tell.exit(target, "killed");
  await asked;
  assert.deepEqual(await target.ask.log(), ["new"]);
  gate.tell.open();
});

guarantee("stop hooks do not run for an actor that an exit ends", async (s) => {
  const [target, by, ear] = [await bonded(s), await bonded(s), await bonded(s)];
  await target.ask.tellOnStop(ear, "stopped");
  const down = s.down(target);
  by.tell.exit(target, "shutdown");
  await down;
  await by.ask.log();
  assert.deepEqual(await ear.ask.log(), ["new"]);
});

guarantee("a link that was taken back brings nothing, whoever takes it", async (s) => {
  for (const taker of [0, 1] as const) {
    const pair = [await bonded(s), await bonded(s)] as const;
    await link(...pair);
    await pair[taker].ask.unlink(pair[1 - taker]!);
    await pair[1 - taker]!.ask.note("still here");
    await assert.rejects(pair[taker].ask.fail("x"));
    await pair[taker].ask.log();
    assert.deepEqual(await pair[1 - taker]!.ask.log(), ["new", "still here"]);
  }
});

guarantee("links end with the incarnations that they join", async (s) => {
  const [one, other, gate] = [await bonded(s), await bonded(s), await s.gate()];
  await other.ask.trap(gate);
  await link(one, other);
  await assert.rejects(one.ask.fail("first"));
  await gate.ask.arrived(1);
  await assert.rejects(one.ask.fail("second"));
  await one.ask.log();
  await assert.rejects(other.ask.fail("third"));
  await other.ask.log();
  assert.deepEqual(await one.ask.log(), ["new"], "the link is gone on both sides");
  assert.equal(s.crashes.filter(({ handler }) => handler === "(exit)").length, 0);
}, { supervise: { intensity: 10 } });

guarantee("a link to what does not exist brings the exit no-such-actor", async (s) => {
  const [gone, one, other, gate] = [
    await bonded(s),
    await bonded(s),
    await bonded(s),
    await s.gate(),
  ];
  await s.system.stopActor(gone);
  await one.ask.trap(gate);
  one.tell.link(gone);
  await gate.ask.arrived(1);
  assert.deepEqual(await one.ask.log(), ["new", "exit no-such-actor: no-such-actor"]);
  const down = s.down(other);
  other.tell.link(gone);
  assert.equal((await down).kind, "no-such-actor");
});

guarantee(
  "a link to an actor that is down, and does not come back, brings how it ended",
  async (s) => {
    const [parent, one, gate] = [
      await s.parent(null, { restart: "temporary" }),
      await bonded(s),
      await s.gate(),
    ];
    const held = await s.gate();
    const child = await parent.ask.child(s.place);
    await child.ask.holdOnStop(held);
    await one.ask.trap(gate);
    const down = s.down(parent);
    await assert.rejects(parent.ask.fail());
    await down;
    await held.ask.arrived(1);
    await one.ask.link(parent); // which waits for its children now
    held.tell.open();
    await gate.ask.arrived(1);
    assert.deepEqual(await one.ask.log(), ["new", "exit error: RangeError: the parent failed"]);
  },
);

guarantee("a failure goes round a cycle of links once", async (s) => {
  const actors = await Promise.all(Array.from({ length: 5 }, () => bonded(s)));
  await link(...actors, actors[0]!);
  const downs = actors.map((actor) => s.down(actor));
  await assert.rejects(actors[2]!.ask.fail("x"));
  const kinds = (await Promise.all(downs)).map(({ kind }) => kind);
  assert.deepEqual(kinds, Array(5).fill("error"));
  for (const actor of actors) assert.deepEqual(await actor.ask.log(), ["new"]);
  assert.equal(s.crashes.length, 5);
}, { supervise: { intensity: 10 } });

guarantee("an actor that is linked to itself fails once", async (s) => {
  const one = await bonded(s);
  await one.ask.link(one);
  await assert.rejects(one.ask.fail("x"));
  assert.deepEqual(await one.ask.log(), ["new"]);
  await s.crashed(1);
  assert.equal(s.crashes.length, 1);
});

guarantee(
  "links and exits reach actors of other shards, and of a shard that is lost",
  async (s) => {
    const [one, other, lost] = [
      await bonded(s, { shard: "user-1" }),
      await bonded(s, { shard: "user-2", restart: "temporary" }),
      await s.probe({ shard: "user-2", restart: "temporary" }),
    ];
    const gate = await s.gate();
    await link(one, other);
    const downs = [s.down(one), s.down(other)];
    await assert.rejects(one.ask.fail("x"));
    for (const down of downs) assert.equal((await down).kind, "error");
    await one.ask.trap(gate);
    await one.ask.link(lost);
    await lost.ask.nothing();
    lost.tell.loseShard();
    await gate.ask.arrived(1);
    assert.deepEqual(await one.ask.log(), ["new", "exit shard-lost: shard-lost"]);
    await one.ask.link(lost);
    await gate.ask.arrived(2);
    assert.match((await one.ask.log()).at(-1)!, /^exit (shard-lost|no-such-actor)/);
  },
  { placements: OF_SHARDS, userShards: 2 },
);

guarantee("a long chain of links ends as a whole, and exhausts no stack", async (s) => {
  const chain: Ref<Bond>[] = [];
  for (let i = 0; i < 3_000; i++) chain.push(await bonded(s, { restart: "temporary" }));
  for (const [at, actor] of chain.entries()) {
    const next = chain[at + 1];
    if (next) await actor.ask.link(next);
  }
  const last = s.down(chain.at(-1)!);
  chain[0]!.tell.fail("x");
  const { kind, message } = await last;
  assert.equal(kind, "error");
  assert(message.length <= 1_024, "the words of a chain are cut");
}, { placements: INLINE });
