import assert from "node:assert/strict";
import type { ExitKind } from "./mod.ts";
import { guarantee } from "./testing/conformance.ts";

guarantee("a monitor tells how an incarnation ended", async (s) => {
  const ends: readonly (readonly [ExitKind, string])[] = [
    ["normal", "normal"],
    ["error", "RangeError: x"],
    ["shutdown", "shutdown"],
  ];
  for (const [kind, message] of ends) {
    const probe = await s.probe();
    const down = s.down(probe);
    if (kind === "normal") probe.tell.stop();
    else if (kind === "error") probe.tell.throwRange("x");
    else await s.system.stopActor(probe);
    assert.deepEqual(await down, { kind, message });
  }
});

guarantee("a monitor of an actor that is no more tells so at once", async (s) => {
  const [probe, watcher] = [await s.probe(), await s.probe()];
  await s.system.stopActor(probe);
  assert.equal((await s.down(probe)).kind, "no-such-actor");
  const gate = await s.gate();
  watcher.tell.watch(probe);
  watcher.tell.watchFor(probe, gate);
  await gate.ask.arrived(1);
  assert.deepEqual(await watcher.ask.log(), ["down no-such-actor"]);
});

guarantee("a monitor of an actor is a hook of its watcher, between two messages", async (s) => {
  const [probe, watcher] = [await s.probe(), await s.probe()];
  const [gate, down] = [await s.gate(), await s.gate()];
  await watcher.ask.watch(probe);
  await watcher.ask.watchFor(probe, down);
  watcher.tell.hold(gate, "a");
  await gate.ask.arrived(1);
  await s.system.stopActor(probe);
  gate.tell.open();
  await down.ask.arrived(1);
  assert.deepEqual(await watcher.ask.log(), ["in a", "out a", "down shutdown"]);
});

guarantee("a monitor tells of one incarnation, once", async (s) => {
  const probe = await s.probe();
  const downs: string[] = [];
  s.system.monitor(probe, ({ kind }) => void downs.push(kind));
  const first = s.down(probe);
  await assert.rejects(probe.ask.throwRange("x"));
  await first;
  await probe.ask.nothing();
  const second = s.down(probe);
  await assert.rejects(probe.ask.throwRange("y"));
  await second;
  assert.deepEqual(downs, ["error"]);
});

guarantee("a monitor that was disposed of tells nothing", async (s) => {
  const probe = await s.probe();
  const downs: string[] = [];
  s.system.monitor(probe, ({ kind }) => void downs.push(kind))[Symbol.dispose]();
  const down = s.down(probe);
  await s.system.stopActor(probe);
  await down;
  s.system.monitor(probe, ({ kind }) => void downs.push(kind))[Symbol.dispose]();
  await s.down(probe);
  assert.deepEqual(downs, []);
});

guarantee("monitors of an incarnation end with it", async (s) => {
  const [probe, watcher] = [await s.probe(), await s.probe()];
  await watcher.ask.watch(probe);
  await assert.rejects(watcher.ask.throwRange("x"));
  await watcher.ask.nothing();
  const down = s.down(probe);
  await s.system.stopActor(probe);
  await down;
  assert.deepEqual(await watcher.ask.log(), []);
});

guarantee("a listener of a monitor that throws fails its actor", async (s) => {
  const [probe, watcher] = [await s.probe(), await s.probe()];
  await watcher.ask.failOnDown(probe);
  const down = s.down(watcher);
  await s.system.stopActor(probe);
  assert.deepEqual(await down, { kind: "error", message: "RangeError: down" });
  await s.crashed(1);
  assert.equal(s.crashes[0]!.handler, "(monitor)");
});

guarantee(
  "a listener outside of any actor that throws is reported, and keeps nobody",
  async (s) => {
    const probe = await s.probe();
    s.system.monitor(probe, () => {
      throw new RangeError("in a listener");
    });
    const down = s.down(probe);
    probe.tell.stop();
    assert.equal((await down).kind, "normal");
    await s.crashed(1);
    assert.equal(s.crashes[0]!.error, "RangeError: in a listener");
  },
);

guarantee("a monitor of an actor that is between two incarnations tells of the next", async (s) => {
  const [parent, gate] = [await s.parent(), await s.gate()];
  const child = await parent.ask.child(s.place);
  await child.ask.holdOnStop(gate);
  const failed = assert.rejects(parent.ask.fail());
  await gate.ask.arrived(1); // the parent is down, and waits for its child
  const downs: string[] = [];
  const next = s.down(parent).then(({ kind }) => downs.push(kind));
  gate.tell.open();
  await failed;
  assert.equal(await parent.ask.count(), 0);
  assert.deepEqual(downs, [], "the next incarnation lives");
  parent.tell.fail();
  await next;
  assert.deepEqual(downs, ["error"]);
});

guarantee("a monitor of an actor that is down, and does not come back, tells so", async (s) => {
  const [parent, gate] = [await s.parent(null, { restart: "temporary" }), await s.gate()];
  const child = await parent.ask.child(s.place);
  await child.ask.holdOnStop(gate);
  parent.tell.fail();
  await gate.ask.arrived(1);
  const down = s.down(parent);
  gate.tell.open();
  assert.equal((await down).kind, "error");
});
