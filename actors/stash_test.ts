import assert from "node:assert/strict";
import { DeadlineError, MailboxFullError, type Ref, type SpawnOptions } from "./mod.ts";
import { settle } from "./testing.ts";
import { guarantee, type Setting, UNBOXED } from "./testing/conformance.ts";
import stasher, { type Stasher } from "./testing/stasher.ts";

/** Starts an actor that is locked: it puts its work aside. */
function locked(
  s: Setting,
  options: Partial<SpawnOptions<[boolean]>> = {},
): Promise<Ref<Stasher>> {
  return s.system.spawn(stasher, { args: [true], ...s.placed(options) });
}

/** Waits until so many messages are put aside; returns what is seen of the actor. */
async function aside(s: Setting, count: number) {
  for (;;) {
    const info = (await s.system.actors()).find(({ path }) => path === "stasher");
    if (info?.stashed === count) return info;
    await settle(1);
  }
}

guarantee("what was put aside comes back before the mailbox, in its order", async (s) => {
  const [actor, gate] = [await locked(s), await s.gate()];
  for (const word of ["a", "b", "c"]) actor.tell.work(word);
  actor.tell.hold(gate);
  await gate.ask.arrived(1);
  actor.tell.unlock();
  actor.tell.work("d");
  const log = actor.ask.log();
  gate.tell.open();
  await log;
  assert.deepEqual(await actor.ask.log(), ["a", "b", "c", "d"]);
});

guarantee("what is put aside once more keeps its place among what is", async (s) => {
  const actor = await locked(s);
  for (const word of ["a", "b", "c"]) actor.tell.work(word);
  for (let i = 0; i < 3; i++) await actor.ask.unstash();
  await actor.ask.unlock();
  assert.deepEqual(await actor.ask.log(), ["a", "b", "c"]);
});

guarantee("an ask that is put aside settles once, with the reply that it gets later", async (s) => {
  const actor = await locked(s);
  const replies = ["a", "b"].map((word) => actor.ask.work(word));
  await actor.ask.unlock();
  assert.deepEqual(await Promise.all(replies), ["did a", "did b"]);
  assert.deepEqual(await actor.ask.log(), ["a", "b"]);
});

guarantee("what is put aside counts towards the mailbox's bound, and is seen", async (s) => {
  const actor = await locked(s, { mailbox: { bound: 2 } });
  for (const word of ["a", "b"]) await actor.send.work(word);
  const { queued, handled } = await aside(s, 2);
  assert.deepEqual([queued, handled], [2, 0]);
  await assert.rejects(actor.ask.log(), MailboxFullError);
});

guarantee(
  "stash throws where the mailbox has no room, and the message can be refused",
  async (s) => {
    const [actor, gate] = [await locked(s, { mailbox: { bound: 1 } }), await s.gate()];
    const refused = assert.rejects(actor.ask.stashLater(gate), (error) => {
      assert(error instanceof MailboxFullError);
      assert.equal(error.data.bound, 1);
      assert.match(error.message, /^stasher has no room to put "stashLater" aside/);
      return true;
    });
    await gate.ask.arrived(1);
    await actor.send.unlock();
    gate.tell.open();
    await refused;
    assert.equal(await s.dead("refused"), 1);
    assert.equal(await actor.ask.work("alive"), "did alive");
  },
  { placements: UNBOXED },
);

guarantee("what was put aside waits for the next incarnation, and comes first there", async (s) => {
  const [actor, gate] = [await locked(s), await s.gate()];
  const asked = actor.ask.work("a");
  actor.tell.work("b");
  actor.tell.hold(gate);
  await gate.ask.arrived(1);
  actor.tell.fail();
  actor.tell.work("c");
  gate.tell.open();
  assert.equal(await asked, "did a", "the asker went on waiting");
  assert.deepEqual(await actor.ask.log(), ["a", "b", "c"]);
});

guarantee(
  "a handler that puts its message aside and fails leaves it to the next one",
  async (s) => {
    const actor = await locked(s);
    const asked = actor.ask.stashAndThrow("a");
    assert.equal(await asked, "did a");
    await s.crashed(1);
    assert.equal(await s.dead("failed"), 0);
    assert.deepEqual(await actor.ask.log(), ["a"]);
  },
);

guarantee("an ask whose deadline passes while it is put aside is not handled", async (s) => {
  const actor = await locked(s);
  const late = assert.rejects(actor.with({ deadlineMs: 100 }).ask.work("late"), DeadlineError);
  const kept = actor.ask.work("kept");
  await actor.ask.queued();
  await settle();
  s.clock.advance(110);
  await late;
  await actor.ask.unlock();
  assert.equal(await kept, "did kept");
  assert.deepEqual(await actor.ask.log(), ["kept"]);
  assert.equal(await s.dead("cancelled") + await s.dead("expired"), 1);
}, { fakeTime: true });

guarantee(
  "what is put aside when its actor stops is a dead letter, and its asker told",
  async (s) => {
    for (const how of ["stop itself", "be stopped"]) {
      const actor = await locked(s);
      const asked = assert.rejects(actor.ask.work("a"), { name: "EndedError" });
      await actor.ask.queued();
      if (how === "stop itself") actor.tell.stop();
      else await s.system.stopActor(actor);
      await asked;
    }
    assert.equal(await s.dead("ended"), 2);
  },
);

guarantee("stash without a message in hand says so", async (s) => {
  const [actor, other] = [await locked(s), await s.probe()];
  assert.equal(await actor.ask.stashedAtStart(), "TypeError");
  await actor.ask.stashOnStop(other);
  await s.system.stopActor(actor);
  assert.deepEqual(await other.ask.log(), ["TypeError"]);
});

guarantee("a message is put aside once, and not when its reply is owed", async (s) => {
  const actor = await locked(s);
  const asked = actor.ask.stashTwice();
  assert.equal(await actor.ask.stashAfterDefer() as unknown, "TypeError");
  assert.deepEqual(await actor.ask.log(), ["stashed", "stashed"]);
  await actor.ask.unlock();
  assert.deepEqual(await asked, ["not locked"]);
});

guarantee("room that is made by taking what was put aside lets in who waits", async (s) => {
  const actor = await locked(s, { mailbox: { bound: 2, overflow: "wait" } });
  for (const word of ["a", "b"]) actor.tell.work(word);
  await aside(s, 2);
  const waits = actor.send.work("c").then(() => "in", (error) => error.name);
  const state = await Promise.race([waits, settle().then(() => "waits")]);
  assert.equal(state, "waits", "no message can be taken that would make room");
  await s.system.stopActor(actor);
  assert.equal(await waits, "EndedError");
});
