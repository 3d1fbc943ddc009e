import assert from "node:assert/strict";
import { HandlerError } from "./mod.ts";
import { settle } from "./testing.ts";
import { guarantee, OF_SHARDS, SAME_ISOLATE } from "./testing/conformance.ts";
import failsToRestart from "./testing/fails_to_restart.ts";

guarantee(
  "a failing message goes to the dead letters; those queued are handled next",
  async (s) => {
    const [probe, gate] = [await s.probe({ args: ["new"] }), await s.gate()];
    probe.tell.hold(gate, "lost with the incarnation");
    const failure = assert.rejects(probe.ask.rejectRange("x"), HandlerError);
    probe.tell.note("first");
    probe.tell.note("second");
    const log = probe.ask.log();
    gate.tell.open();
    await failure;
    assert.deepEqual(await log, ["new", "first", "second"], "by a new incarnation, in order");
    assert.equal(await s.dead("failed"), 1);
    assert.deepEqual(await s.system.deadLetters().then(({ last }) => last.map((l) => l.handler)), [
      "rejectRange",
    ]);
  },
);

guarantee("what an incarnation keeps, the next one gets, as a copy", async (s) => {
  const probe = await s.probe();
  assert.equal(await probe.ask.kept(), undefined);
  probe.tell.keepLog();
  probe.tell.note("kept");
  probe.tell.throwRange("x");
  assert.deepEqual(await probe.ask.kept(), ["kept"]);
  assert.equal(await probe.ask.keptTwice(), false);
  await s.crashed(1);
});

guarantee("state that cannot be kept is reported, and what was kept before stays", async (s) => {
  const probe = await s.probe();
  probe.tell.keepCount();
  probe.tell.throwRange("x");
  probe.tell.keepBadly();
  probe.tell.throwRange("y");
  assert.equal(await probe.ask.kept() as unknown, 1);
  await s.crashed(3);
  // What an actor keeps is read as its incarnation ends; in a box after each message, to be there
  // should that be killed.
  const boxed = s.placement === "worker" || s.placement === "process";
  assert.deepEqual(s.crashes.map(({ handler }) => handler), [
    "throwRange",
    ...boxed ? ["(keep)", "throwRange"] : ["throwRange", "(keep)"],
  ]);
});

guarantee("a dead incarnation is fenced: its context does nothing", async (s) => {
  const [probe, other, gate] = [await s.probe(), await s.probe(), await s.gate()];
  probe.tell.leaveBehind(other);
  assert.deepEqual(await probe.ask.useLeftBehind(), Array(8).fill("ended"));
  // Timers of 0 ms that were set now are later than any of the dead one's.
  probe.tell.after(1, "alive");
  probe.tell.watchFor(other, gate);
  await settle();
  await s.system.stopActor(other);
  await gate.ask.arrived(1);
  assert(!(await probe.ask.log()).includes("from the dead"));
  await s.crashed(1);
}, { placements: SAME_ISOLATE });

guarantee("a handler of a dead incarnation that still runs has no effect", async (s) => {
  const [probe, other, gate] = [await s.probe({ shutdownMs: 50 }), await s.probe(), await s.gate()];
  const killed = assert.rejects(probe.ask.holdAndNote(gate, other), { data: { reason: "killed" } });
  await gate.ask.arrived(1);
  const stopped = s.system.stopActor(probe);
  s.clock.advance(50);
  await stopped;
  await killed;
  gate.tell.open();
  for (let i = 0; i < 3; i++) await other.ask.nothing();
  assert.deepEqual(await other.ask.log(), []);
  assert.deepEqual(s.crashes, []);
}, { fakeTime: true });

guarantee("a crash report says which actor, which handler and why", async (s) => {
  const probe = await s.probe({ name: "thermostat" });
  await assert.rejects(probe.ask.throwRange("too far"));
  await s.crashed(1);
  const [{ actor, shard, handler, error, stack }] = s.crashes as [typeof s.crashes[0]];
  assert.deepEqual({ actor, shard, handler, error }, {
    ...{ actor: "thermostat", shard: s.shard, handler: "throwRange" },
    error: "RangeError: too far",
  });
  assert.match(stack, /at .*throwRange .*probe\.ts/);
});

guarantee(
  "more restarts than allowed fail the supervisor, and its supervisor decides",
  async (s) => {
    const parent = await s.parent({ intensity: 2 });
    const child = await parent.ask.child(s.place);
    const [parentDown, childDown] = [s.down(parent), s.down(child)];
    for (let i = 0; i < 2; i++) await assert.rejects(child.ask.throwRange("x"));
    assert.equal(await child.ask.echo("twice is allowed"), "twice is allowed");
    await assert.rejects(child.ask.throwRange("x"));
    assert.equal((await childDown).kind, "error");
    const { kind, message } = await parentDown;
    assert.equal(kind, "intensity");
    assert.equal(message, "parent/probe failed more than 2 times in 5000 ms, last: RangeError: x");
    assert.equal(await parent.ask.count(), 0, "a new incarnation, with no children");
    await assert.rejects(child.ask.log(), { data: { reason: "no-such-actor" } });
    await s.crashed(4);
    assert.equal(s.crashes.at(-1)!.handler, "(supervision)");
  },
);

guarantee("a supervisor that was restarted starts to count from nothing", async (s) => {
  const parent = await s.parent();
  for (let life = 0; life < 2; life++) {
    const child = await parent.ask.child(s.place);
    const down = s.down(parent);
    for (let i = 0; i < 3; i++) await assert.rejects(child.ask.throwRange("x"));
    assert.equal(await child.ask.echo(life), life, "three failures are allowed in each life");
    await assert.rejects(child.ask.throwRange("x"));
    assert.equal((await down).kind, "intensity");
  }
  assert.equal(await parent.ask.count(), 0);
});

guarantee("intensity that is exceeded at the root ends everything", async (s) => {
  const [probe, other] = [await s.probe(), await s.probe()];
  const down = s.down(other);
  await assert.rejects(probe.ask.throwRange("x"));
  assert.equal((await down).kind, "shutdown");
  const { kind, message } = await s.system.failed;
  assert.equal(kind, "intensity");
  assert.equal(message, "probe failed more than 0 times in 5000 ms, last: RangeError: x");
  await assert.rejects(s.probe(), { name: "EndedError", message: /^the root supervisor is / });
}, { supervise: { intensity: 0 } });

guarantee("restart types say what becomes of an actor that ends", async (s) => {
  const outcome = async (
    restart: "permanent" | "transient" | "temporary",
    how: "stop" | "fail",
  ) => {
    const probe = await s.probe({ restart, args: ["new"] });
    probe.tell.note("old");
    const down = s.down(probe);
    if (how === "stop") probe.tell.stop();
    else probe.tell.throwRange("x");
    await down;
    return await probe.ask.log().then((log) => log.join(), (error) => error.name);
  };
  assert.equal(await outcome("permanent", "stop"), "new");
  assert.equal(await outcome("permanent", "fail"), "new");
  assert.equal(await outcome("transient", "stop"), "EndedError");
  assert.equal(await outcome("transient", "fail"), "new");
  assert.equal(await outcome("temporary", "stop"), "EndedError");
  assert.equal(await outcome("temporary", "fail"), "EndedError");
}, { supervise: { intensity: 3 } });

guarantee("an actor that fails to restart is tried again up to the intensity", async (s) => {
  const actor = await s.system.spawn(failsToRestart, s.place);
  const root = assert.rejects(actor.ask.fail(), HandlerError);
  await s.crashed(1 + 3 + 1);
  await root;
  assert.deepEqual(s.crashes.map(({ handler, error }) => `${handler} ${error}`), [
    "fail RangeError: the first time",
    ...Array(3).fill("(start) RangeError: no second time"),
    "(supervision) ActorError: fails_to_restart failed more than 3 times in 5000 ms, " +
    "last: RangeError: no second time",
  ]);
});

guarantee("an actor that asks to stop and then fails, has failed", async (s) => {
  const probe = await s.probe({ args: ["new"] });
  const down = s.down(probe);
  await assert.rejects(probe.ask.stopAndThrow());
  assert.equal((await down).kind, "error");
  assert.deepEqual(await probe.ask.log(), ["new"]);
});

guarantee("the children of an actor that fails end with it", async (s) => {
  const parent = await s.parent();
  const child = await parent.ask.child(s.place);
  const down = s.down(child);
  await assert.rejects(parent.ask.fail());
  assert.equal((await down).kind, "shutdown");
  assert.equal(await parent.ask.count(), 0);
  await assert.rejects(child.ask.log(), { name: "EndedError" });
});

guarantee("an error that no handler threw is reported, and the shard lives", async (s) => {
  const probe = await s.probe();
  probe.tell.throwInTimer("in a timer");
  await s.crashed(1);
  probe.tell.rejectUnheard("unheard");
  await s.crashed(2);
  assert.deepEqual(s.crashes.map(({ actor, handler, error }) => ({ actor, handler, error })), [
    { actor: "shard 1", handler: "(uncaught)", error: "RangeError: in a timer" },
    { actor: "shard 1", handler: "(unhandled rejection)", error: "RangeError: unheard" },
  ]);
  assert.deepEqual(await probe.ask.log(), []);
}, { placements: OF_SHARDS });
