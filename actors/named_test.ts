import assert from "node:assert/strict";
import { DeadlineError, EndedError, type Ref, sameRef } from "./mod.ts";
import { settle } from "./testing.ts";
import caller, { type Callee, type Caller } from "./testing/caller.ts";
import { guarantee, OF_SHARDS, type Setting } from "./testing/conformance.ts";
import type { Probe } from "./testing/probe.ts";

const GONE = "ended no-such-actor";

function callerOf(s: Setting): Promise<Ref<Caller>> {
  return s.system.spawn(caller, s.place);
}

/** Asks by name until the news of who has it has come round; the word is then in the log. */
async function reached(from: Ref<Caller>, name: string, word: string): Promise<void> {
  while (await from.ask.ask(name, word) !== "done") await settle(1);
}

guarantee("a ref to a name reaches who has it, in every way, and across restarts", async (s) => {
  const [actor, clock] = [await callerOf(s), await s.probe({ name: "clock" })];
  for (const life of ["a", "b"]) {
    assert.deepEqual(await actor.ask.everyWay("clock", life), ["done", "done"]);
    const words = ["told", "sent", "asked"].map((way) => `${way} ${life}`);
    assert.deepEqual(await actor.ask.read("clock"), words);
    assert.deepEqual(await clock.ask.log(), words);
    await assert.rejects(clock.ask.throwRange("x"));
  }
});

guarantee("a ref to a name reaches whoever takes it next", async (s) => {
  const actor = await callerOf(s);
  const named = s.system.named("clock") as Ref<Callee>;
  for (const life of ["a", "b", "c"]) {
    const clock = await s.probe({ name: "clock" });
    await reached(actor, "clock", life);
    while (await named.ask.log().then(() => false, () => true)) await settle(1);
    await named.ask.note("from outside");
    assert.deepEqual(await clock.ask.log(), [life, "from outside"]);
    await s.system.stopActor(clock);
  }
});

guarantee("what is sent to a name that nobody has is a dead letter, and fails", async (s) => {
  const actor = await callerOf(s);
  const named = s.system.named("clock") as Ref<Callee>;
  for (let again = 0; again < 2; again++) {
    assert.deepEqual(await actor.ask.everyWay("clock", "x"), [GONE, GONE]);
    assert.deepEqual(await actor.ask.read("clock"), [GONE]);
    named.tell.note("x");
    await assert.rejects(named.ask.note("x"), (error) => {
      assert(error instanceof EndedError);
      assert.equal(error.data.reason, "no-such-actor");
      assert.match(
        error.message,
        /^no actor has the name "clock": it has ended, or was not started/,
      );
      return true;
    });
  }
  assert.equal(await s.dead("no-such-actor"), 10);
  const clock = await s.probe({ name: "clock" });
  await named.ask.note("from outside");
  assert.equal(
    await actor.ask.ask("clock", "from an actor"),
    "done",
    "that nobody had it is forgotten",
  );
  assert.deepEqual(await clock.ask.log(), ["from outside", "from an actor"]);
});

guarantee(
  "messages of one sender to a name arrive in order, through however many refs",
  async (s) => {
    const [actor, clock] = [await callerOf(s), await s.probe({ name: "clock" })];
    await actor.ask.tellMany("clock", 1_000);
    assert.equal(await actor.ask.ask("clock", "last"), "done");
    const expected = [...Array.from({ length: 1_000 }, (_, i) => `${i}`), "last"];
    assert.deepEqual(await clock.ask.log(), expected);
  },
);

guarantee(
  "an ask by name has a deadline, also while it is not known who has the name",
  async (s) => {
    const [gate, clock] = [await s.gate(), await s.probe({ name: "clock" })];
    const named = s.system.named("clock") as Ref<Probe>;
    const late = assert.rejects(
      named.with({ deadlineMs: 100 }).ask.untilAborted(gate),
      DeadlineError,
    );
    await gate.ask.arrived(1);
    await settle();
    s.clock.advance(110);
    await late;

    assert.deepEqual(await clock.ask.log(), ["aborted"]);
  },
  { fakeTime: true },
);

guarantee("a ref to a name stands, in a message or a monitor, for who has it now", async (s) => {
  const [actor, clock] = [await callerOf(s), await s.probe({ name: "clock" })];
  assert.equal(await actor.ask.ask("clock", "x"), "done");
  const resolved = await actor.ask.resolve("clock");
  assert(sameRef(resolved, clock));
  const named = s.system.named("clock") as Ref<Callee>;
  await named.ask.log();
  const down = s.down(named);
  await s.system.stopActor(clock);
  assert.equal((await down).kind, "shutdown");
  await assert.rejects(actor.ask.resolve("nobody"), { name: "ValueError" });
});

guarantee(
  "a ref to a name reaches an actor that is started elsewhere after its shard was lost",
  async (s) => {
    const actor = await s.system.spawn(caller, { placement: "here" });
    const clock = await s.probe({ name: "clock", args: ["new"] });
    await reached(actor, "clock", "before");
    const down = s.down(clock);
    clock.tell.loseShard();
    assert.equal((await down).kind, "shard-lost");
    await reached(actor, "clock", "after");
    const named = s.system.named("clock") as Ref<Callee>;
    assert.deepEqual(await named.ask.log(), ["new", "after"]);
  },
  { placements: OF_SHARDS, userShards: 2 },
);

guarantee("what waits for a name when the system stops is settled", async (s) => {
  const [gate, actor] = [await s.gate(), await callerOf(s)];
  await s.probe({ name: "clock", shutdownMs: 10 });
  const named = s.system.named("clock") as Ref<Probe>;
  const asked = assert.rejects(named.ask.hold(gate, "x"), EndedError);
  await gate.ask.arrived(1);
  const unknown = assert.rejects((s.system.named("nobody") as Ref<Callee>).ask.log(), EndedError);
  const called = actor.ask.ask("clock", "x").then((outcome) => outcome, (error) => error.code);
  await s.system.stop();
  await Promise.all([asked, unknown]);
  assert.match(await called, /^ended/);
});
