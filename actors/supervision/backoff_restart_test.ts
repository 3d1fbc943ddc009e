import assert from "node:assert/strict";
import { Slots } from "./testing/slots.ts";

const BACKOFF = { minMs: 10, maxMs: 40, jitter: 0.5, resetMs: 100 };

Deno.test("A backoff delays restarts, longer each time, and anew after a long run", async () => {
  const slots = new Slots({ backoff: BACKOFF, intensity: 100 });
  slots.spawn();
  await slots.drain();
  for (const delayMs of [10, 20, 40, 40]) {
    slots.exit(1);
    await slots.drain();
    slots.clock.advance(delayMs - 1);
    assert.deepEqual(await slots.drain(), []);
    slots.clock.advance(1);
    assert.deepEqual(await slots.drain(), ["restart 1", "ready 1"]);
    slots.clock.advance(99);
  }
  slots.clock.advance(1);
  slots.exit(1);
  await slots.drain();
  slots.clock.advance(10);
  assert.deepEqual(await slots.drain(), ["restart 1", "ready 1"]);
});

Deno.test("A backoff takes its jitter from the host's random numbers", async () => {
  const slots = new Slots({ backoff: BACKOFF });
  slots.chance = 0.5;
  slots.spawn();
  await slots.drain();
  slots.exit(1);
  await slots.drain();
  slots.clock.advance(7);
  assert.deepEqual(await slots.drain(), []);
  slots.clock.advance(0.5);
  assert.deepEqual(await slots.drain(), ["restart 1", "ready 1"]);
});

Deno.test("The time in which a child failed to start is no time that it ran", async () => {
  const slots = new Slots({ backoff: BACKOFF, intensity: 100 });
  slots.spawn();
  await slots.drain();
  slots.slot(1).failures = 2;
  slots.held.add(1);
  slots.exit(1);
  for (const delayMs of [10, 20, 40]) {
    await slots.drain();
    slots.clock.advance(delayMs - 1);
    assert.deepEqual(await slots.drain(), []);
    slots.clock.advance(1);
    assert.deepEqual(await slots.drain(), ["restart 1"]);
    slots.clock.advance(1_000); // while it starts
    slots.held.clear();
    await slots.step();
    slots.held.add(1);
  }
  assert.deepEqual(await slots.drain(), ["ready 1"]);
});

Deno.test("Each child has a backoff of its own", async () => {
  const slots = new Slots({ backoff: BACKOFF });
  slots.spawn();
  slots.spawn();
  await slots.drain();
  slots.exit(1);
  await slots.drain();
  slots.clock.advance(10);
  await slots.drain();
  slots.exit(1);
  slots.exit(2);
  await slots.drain();
  slots.clock.advance(10);
  assert.deepEqual(await slots.drain(), ["restart 2", "ready 2"]);
  slots.clock.advance(10);
  assert.deepEqual(await slots.drain(), ["restart 1", "ready 1"]);
});

Deno.test("A child that waits for its restart ends with its supervisor, and so does the timer", async () => {
  for (const end of ["stopAll", "killAll", "stop"] as const) {
    const slots = new Slots({ backoff: BACKOFF });
    slots.spawn({ id: "a" });
    await slots.drain();
    slots.exit(1);
    await slots.drain();
    const ended = slots.supervision[end]("a");
    assert.equal(slots.clock.pending, end === "killAll" ? 0 : 1, "only the one that waits for it");
    await slots.drain();
    await ended;
    assert.equal(slots.clock.pending, 0);
    assert.equal(slots.slot(1).state, "ended");
  }
});

Deno.test("A backoff delays the restart of a group, as long as its failures are consecutive", async () => {
  const slots = new Slots({ strategy: "one_for_all", backoff: BACKOFF });
  slots.spawn();
  slots.spawn();
  await slots.drain();
  const restarts = ["restart 1", "ready 1", "restart 2", "ready 2"];
  slots.exit(1);
  assert.deepEqual(await slots.drain(), ["error 1", "stop 2", "shutdown 2"]);
  slots.clock.advance(10);
  assert.deepEqual(await slots.drain(), restarts);
  slots.exit(2); // another child of the same group
  await slots.drain();
  slots.clock.advance(19);
  assert.deepEqual(await slots.drain(), []);
  slots.clock.advance(1);
  assert.deepEqual(await slots.drain(), restarts);
  assert.equal(slots.clock.pending, 0);
});

Deno.test("A child that waits for its restart is restarted once, when its group is meanwhile", async () => {
  const slots = new Slots({ backoff: BACKOFF });
  slots.spawn();
  slots.spawn();
  await slots.drain();
  slots.exit(1);
  await slots.drain();
  slots.supervision.allow({ strategy: "one_for_all" });
  slots.exit(2);
  assert.deepEqual(await slots.drain(), [
    "error 2",
    "restart 1",
    "ready 1",
    "restart 2",
    "ready 2",
  ]);
  assert.equal(slots.clock.pending, 0);
});
