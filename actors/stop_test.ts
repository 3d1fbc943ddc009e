import assert from "node:assert/strict";
import { EndedError } from "./mod.ts";
import { settle } from "./testing.ts";
import { guarantee, IN_FAKE_TIME } from "./testing/conformance.ts";
import heldAtRestart from "./testing/held_at_restart.ts";

guarantee("an actor that stops itself ends normally, after its message", async (s) => {
  const probe = await s.probe();
  const down = s.down(probe);
  await probe.ask.stop();
  assert.equal((await down).kind, "normal");
  await assert.rejects(probe.ask.log(), EndedError);
});

guarantee(
  "an actor that is stopped finishes its message, and buries those behind it",
  async (s) => {
    const [probe, gate] = [await s.probe(), await s.gate()];
    const held = probe.ask.hold(gate, "a");
    const queued = assert.rejects(probe.ask.note("queued"), { data: { reason: "shutdown" } });
    await gate.ask.arrived(1);
    const down = s.down(probe);
    const stopped = s.system.stopActor(probe);
    gate.tell.open();
    assert.equal(await held, "a");
    await Promise.all([stopped, queued]);
    assert.equal((await down).kind, "shutdown");
    assert.equal(await s.dead("ended"), 1);
  },
);

guarantee("stop hooks run, the last first, and are waited for", async (s) => {
  const [probe, sink] = [await s.probe(), await s.probe()];
  await probe.ask.tellOnStop(sink, "registered first");
  await probe.ask.failOnStop();
  await probe.ask.tellOnStop(sink, "registered last");
  await s.system.stopActor(probe);
  assert.deepEqual(await sink.ask.log(), ["registered last", "registered first"]);
  await s.crashed(1);
  assert.equal(s.crashes[0]!.handler, "(onStop)");
});

guarantee("stop hooks do not run for an incarnation that failed", async (s) => {
  const [probe, sink] = [await s.probe(), await s.probe()];
  await probe.ask.tellOnStop(sink, "stopped");
  await assert.rejects(probe.ask.throwRange("x"));
  await probe.ask.nothing();
  await s.system.stopActor(probe);
  assert.deepEqual(await sink.ask.log(), []);
});

guarantee("children stop in the reverse of the order they were started in", async (s) => {
  const [parent, sink] = [await s.parent(), await s.probe()];
  for (const word of ["first", "second", "third"]) {
    const child = await parent.ask.child(s.place);
    await child.ask.tellOnStop(sink, word);
  }
  await s.system.stopActor(parent);
  assert.deepEqual(await sink.ask.log(), ["third", "second", "first"]);
});

guarantee("an actor that does not stop in time is killed", async (s) => {
  const [probe, gate] = [await s.probe({ shutdownMs: 50 }), await s.gate()];
  await probe.ask.hangOnStop(gate);
  const down = s.down(probe);
  const stopped = s.system.stopActor(probe);
  await gate.ask.arrived(1);
  s.clock.advance(50);
  await stopped;
  assert.equal((await down).kind, "killed");
}, { fakeTime: true });

guarantee("what is killed takes its children with it, at once", async (s) => {
  const [parent, gate] = [await s.parent(null, { shutdownMs: 50 }), await s.gate()];
  const child = await parent.ask.child(s.place);
  const grandchild = await parent.ask.grandchild(s.supervisorPlace, s.place);
  for (const ref of [child, grandchild]) await ref.ask.hangOnStop(gate);
  await parent.ask.hangOnStop();
  const downs = [s.down(parent), s.down(child), s.down(grandchild)];
  const stopped = s.system.stopActor(parent);
  s.clock.advance(50);
  await stopped;
  assert.deepEqual((await Promise.all(downs)).map(({ kind }) => kind), Array(3).fill("killed"));
}, { fakeTime: true });

guarantee("a child that is starting while its supervisor stops, is stopped too", async (s) => {
  const [parent, gate] = [await s.parent(), await s.gate()];
  const before = await s.actors();
  await parent.ask.childHeldAtStart(gate, s.place);
  await gate.ask.arrived(1);
  const stopped = s.system.stopActor(parent);
  await settle();
  gate.tell.open();
  await stopped;
  assert.equal(await s.actors(), before - 1);
});

guarantee("a child that is starting while its supervisor fails, ends with it", async (s) => {
  const [parent, gate] = [await s.parent(), await s.gate()];
  const before = await s.actors();
  await parent.ask.childHeldAtStart(gate, s.place);
  await gate.ask.arrived(1);
  const down = s.down(parent);
  const failed = assert.rejects(parent.ask.fail());
  await down;
  gate.tell.open();
  await failed;
  assert.equal(await parent.ask.count(), 0, "the next incarnation");
  assert.equal(await s.actors(), before);
});

guarantee("a child that was given up while it started, is killed when it has", async (s) => {
  const [parent, gate] = [await s.parent(null, { shutdownMs: 50 }), await s.gate()];
  const before = await s.actors();
  await parent.ask.childHeldAtStart(gate, s.place);
  await gate.ask.arrived(1);
  const stopped = s.system.stopActor(parent);
  s.clock.advance(50);
  await stopped;
  gate.tell.open();
  // Its shard tells of its end after the gate's reply has arrived there.
  while (await s.actors() !== before - 1) await settle();
}, { fakeTime: true });

guarantee("an actor that is stopping starts no children", async (s) => {
  const [parent, gate] = [await s.parent(), await s.gate()];
  await parent.ask.spawnOnStop(gate, s.place);
  await s.system.stopActor(parent);
  await gate.ask.arrived(1);
});

guarantee("a child can be stopped by its supervisor, and what is no child is let be", async (s) => {
  const [parent, other] = [await s.parent(), await s.probe()];
  const child = await parent.ask.child(s.place);
  const down = s.down(child);
  await parent.ask.stopChild(child);
  assert.equal((await down).kind, "shutdown");
  await parent.ask.stopChild(child);
  await parent.ask.stopChild(other);
  assert.equal(await other.ask.echo("alive"), "alive");
});

guarantee("an actor is stopped while it is down, and is not started again", async (s) => {
  const [parent, gate] = [await s.parent(), await s.gate()];
  const child = await parent.ask.child(s.place);
  await child.ask.holdOnStop(gate);
  const failed = assert.rejects(parent.ask.fail());
  await gate.ask.arrived(1); // the parent is down, and waits for its child
  const queued = assert.rejects(parent.ask.count(), { data: { reason: "shutdown" } });
  const stopped = s.system.stopActor(parent);
  await queued;
  gate.tell.open();
  await Promise.all([failed, stopped]);
  await assert.rejects(parent.ask.count(), EndedError);
  await assert.rejects(child.ask.log(), EndedError);
});

guarantee("an actor that is killed while it restarts, is gone without another word", async (s) => {
  const gate = await s.gate();
  const options = { args: [gate] as [typeof gate], ...s.place, shutdownMs: 50 };
  const held = await s.system.spawn(heldAtRestart, options);
  const before = await s.actors();
  await assert.rejects(held.ask.fail());
  await gate.ask.arrived(1);
  const queued = assert.rejects(held.ask.log(), { data: { reason: "killed" } });
  const stopped = s.system.stopActor(held);
  s.clock.advance(50);
  await Promise.all([stopped, queued]);
  gate.tell.open();
  for (let i = 0; i < 3; i++) assert.equal(await s.actors(), before - 1);
  assert.equal(s.crashes.length, 1);
}, { fakeTime: true });

guarantee("timers of an actor tell it, and die with its incarnation", async (s) => {
  const probe = await s.probe();
  await probe.ask.after(20, "from the dead");
  s.clock.advance(10);
  await assert.rejects(probe.ask.throwRange("x"));
  await probe.ask.after(10, "alive");
  s.clock.advance(100);
  assert.deepEqual(await probe.ask.log(), ["alive"]);
  assert.deepEqual(await probe.ask.afterBadly(), [
    "RangeError: delayMs is -1: give 0 to 2147483647 ms",
    "RangeError: delayMs is 2147483648: give 0 to 2147483647 ms",
    "ValueError: args[0] is a Map: send an object made by Object.fromEntries, or an array of pairs",
  ]);
  await probe.ask.after(1_000, "never");
  await s.system.stopActor(probe);
  assert.equal(s.clock.pending, 0);
}, { fakeTime: true, placements: IN_FAKE_TIME });
