import assert from "node:assert/strict";
import type { SupervisionOptions } from "./policy.ts";
import { Slots, type SpawnSpec } from "./testing/slots.ts";

/** A supervisor whose children are ready; what was told until then is forgotten. */
async function supervisor(
  options: SupervisionOptions,
  ...children: SpawnSpec[]
): Promise<Slots> {
  const slots = new Slots(options);
  for (const child of children) slots.spawn(child);
  await slots.drain();
  return slots;
}

const ALL = { strategy: "one_for_all" } as const;
const REST = { strategy: "rest_for_one" } as const;

Deno.test("one_for_all stops the others in reverse order, one by one, and restarts all in order", async () => {
  const slots = await supervisor(ALL, {}, {}, {});
  slots.exit(2);
  assert.deepEqual(await slots.drain(), [
    ...["error 2", "stop 3", "shutdown 3", "stop 1", "shutdown 1"],
    ...["restart 1", "ready 1", "restart 2", "ready 2", "restart 3", "ready 3"],
  ]);
  assert.equal(slots.supervision.restarts, 3);
  assert.equal(slots.clock.pending, 0);
});

Deno.test("rest_for_one restarts the failed child and those started after it", async () => {
  const slots = await supervisor(REST, {}, {}, {}, {});
  slots.exit(3);
  assert.deepEqual(await slots.drain(), [
    ...["error 3", "stop 4", "shutdown 4", "restart 3", "ready 3", "restart 4", "ready 4"],
  ]);
});

Deno.test("one_for_one and dynamic let the siblings be", async () => {
  for (const strategy of ["one_for_one", "dynamic"] as const) {
    const slots = await supervisor({ strategy }, {}, {}, {});
    slots.exit(2);
    assert.deepEqual(await slots.drain(), ["error 2", "restart 2", "ready 2"]);
  }
});

Deno.test("A group's restart counts once, however many children restart with it", async () => {
  const slots = await supervisor({ ...ALL, intensity: 1 }, {}, {}, {}, {});
  slots.exit(1);
  await slots.drain();
  assert.deepEqual(slots.exceededBy, []);
  slots.exit(4);
  await slots.drain();
  assert.equal(slots.exceededBy.length, 1);
  assert(slots.all.every(({ state }) => state === "ended"));
});

Deno.test("A group's restart ends temporary children for good", async () => {
  const slots = await supervisor(ALL, {}, { restart: "temporary" }, { restart: "transient" });
  slots.exit(1);
  assert.deepEqual(await slots.drain(), [
    ...["error 1", "stop 3", "shutdown 3", "stop! 2", "ended 2"],
    ...["restart 1", "ready 1", "restart 3", "ready 3"],
  ]);
  assert.deepEqual(slots.supervision.children().map(({ path }) => path), ["parent/1", "parent/3"]);
});

Deno.test("A temporary child's failure, and a transient one's normal end, restart no group", async () => {
  const slots = await supervisor(ALL, {}, { restart: "temporary" }, { restart: "transient" });
  slots.exit(2);
  slots.exit(3, "normal");
  const log = await slots.drain();
  assert.deepEqual(log.toSorted(), ["end 2", "end 3", "ended 2", "ended 3", "error 2", "normal 3"]);
});

Deno.test("A child that does not stop in time is killed and keeps its slot", async () => {
  const slots = await supervisor(ALL, {}, { shutdownMs: 50 }, {});
  slots.slot(2).stubborn = true;
  slots.exit(1);
  assert.deepEqual(await slots.drain(), ["error 1", "stop 3", "shutdown 3", "stop 2"]);
  slots.clock.advance(49);
  assert.deepEqual(await slots.drain(), []);
  slots.clock.advance(1);
  assert.deepEqual(await slots.drain(), [
    ...["kill 2", "killed 2", "restart 1", "ready 1", "restart 2", "ready 2"],
    ...["restart 3", "ready 3"],
  ]);
  assert.equal(slots.clock.pending, 0);
});

Deno.test("A temporary child that does not stop in time is killed for good", async () => {
  const slots = await supervisor(ALL, {}, { restart: "temporary" });
  slots.slot(2).stubborn = true;
  slots.exit(1);
  await slots.drain();
  slots.clock.advance(100);
  assert.deepEqual((await slots.drain()).toSorted(), [
    ...["ended 2", "kill! 2", "ready 1", "restart 1"],
  ]);
});

Deno.test("A sibling that ends by itself while its group stops is not another failure", async () => {
  const slots = await supervisor({ ...ALL, intensity: 1 }, {}, {}, {});
  for (const child of [1, 2, 3]) slots.exit(child); // linked, say: one fault ends all of them
  const log = await slots.drain();
  assert.deepEqual(log.filter((line) => line.startsWith("restart")), [
    ...["restart 1", "restart 2", "restart 3"],
  ]);
  assert.deepEqual(slots.exceededBy, []);
});

Deno.test("A failure in a restarting group is another one, and begins the group's restart anew", async () => {
  const slots = await supervisor({ ...ALL, intensity: 2 }, {}, {}, {});
  slots.slot(2).failures = 1;
  slots.exit(3);
  assert.deepEqual(await slots.drain(), [
    ...["error 3", "stop 2", "shutdown 2", "stop 1", "shutdown 1"],
    ...["restart 1", "ready 1", "restart 2", "error 2", "stop 1", "shutdown 1"],
    ...["restart 1", "ready 1", "restart 2", "ready 2", "restart 3", "ready 3"],
  ]);
  slots.exit(1);
  await slots.drain();
  assert.equal(slots.exceededBy.length, 1, "the third failure of two allowed");
});

Deno.test("rest_for_one that fails to restart a child lets those before it run", async () => {
  const slots = await supervisor(REST, {}, {}, {}, {});
  slots.slot(3).failures = 1;
  slots.exit(2);
  assert.deepEqual(await slots.drain(), [
    ...["error 2", "stop 4", "shutdown 4", "stop 3", "shutdown 3", "restart 2", "ready 2"],
    ...["restart 3", "error 3", "restart 3", "ready 3", "restart 4", "ready 4"],
  ]);
});

Deno.test("rest_for_one that is restarting widens to an older child that fails", async () => {
  const slots = await supervisor(REST, {}, {}, {}, {});
  slots.slot(4).stubborn = true;
  slots.exit(3);
  await slots.drain();
  slots.exit(1);
  assert.deepEqual(await slots.drain(), ["error 1"], "child 4 is still stopping");
  slots.clock.advance(100);
  assert.deepEqual(await slots.drain(), [
    ...["kill 4", "killed 4", "stop 2", "shutdown 2", "restart 1", "ready 1"],
    ...["restart 2", "ready 2", "restart 3", "ready 3", "restart 4", "ready 4"],
  ]);
});

Deno.test("A child that is starting when its group restarts is stopped once it is there", async () => {
  const slots = await supervisor(ALL, {});
  const starting = slots.spawn({ held: true });
  slots.exit(1);
  assert.deepEqual(await slots.drain(), ["error 1"]);
  slots.held.clear();
  assert.deepEqual(await slots.drain(), [
    ...["ready 2", "stop 2", "shutdown 2", "restart 1", "ready 1", "restart 2", "ready 2"],
  ]);
  assert.equal(slots.slot(starting).state, "running");
});

Deno.test("A child that starts for longer than it may take to stop holds up no older one", async () => {
  const slots = await supervisor(ALL, {});
  slots.spawn({ held: true });
  slots.spawn();
  await slots.drain();
  slots.exit(1);
  assert.deepEqual(await slots.drain(), ["error 1", "stop 3", "shutdown 3"]);
  slots.clock.advance(100);
  assert.deepEqual(await slots.drain(), ["restart 1", "ready 1"]);
  slots.held.clear(); // it began among siblings that are no more
  assert.deepEqual(await slots.drain(), [
    ...["ready 2", "stop 2", "shutdown 2", "restart 2", "ready 2", "restart 3", "ready 3"],
  ]);
});

Deno.test("A child that does not start at all lets its group's restart go on", async () => {
  const slots = await supervisor(ALL, {});
  slots.slot(slots.spawn({ held: true })).failures = 1;
  slots.exit(1);
  await slots.drain();
  slots.held.clear();
  assert.deepEqual(await slots.drain(), ["ended 2", "restart 1", "ready 1"]);
});

Deno.test("A child that is spawned while its group restarts is not of that group", async () => {
  const slots = await supervisor({ ...ALL, backoff: { minMs: 10, maxMs: 10, jitter: 0 } }, {}, {});
  slots.exit(1);
  await slots.drain();
  slots.spawn();
  assert.deepEqual(await slots.drain(), ["ready 3"]);
  slots.clock.advance(10);
  assert.deepEqual(await slots.drain(), ["restart 1", "ready 1", "restart 2", "ready 2"]);
});

Deno.test("Supervision.stop() of a child in a restarting group takes it out", async () => {
  const slots = await supervisor(ALL, {}, {}, {});
  slots.slot(2).stubborn = true;
  slots.exit(3);
  await slots.drain();
  const { supervision } = slots;
  const stopped = [
    supervision.stop(slots.slot(3).address),
    supervision.stop(slots.slot(2).address),
  ];
  slots.clock.advance(100);
  const log = await slots.drain();
  await Promise.all(stopped);
  assert.deepEqual(log.filter((line) => line.startsWith("restart")), ["restart 1"]);
  assert.deepEqual(supervision.children().map(({ path }) => path), ["parent/1"]);
  assert.equal(slots.clock.pending, 0);
});

for (const phase of ["stopping", "waiting", "restarting"]) {
  Deno.test(`Supervision.stopAll() wins over a group that is ${phase}, and leaves nothing`, async () => {
    const backoff = { minMs: 1_000, maxMs: 1_000 };
    const slots = await supervisor(phase === "waiting" ? { ...ALL, backoff } : ALL, {}, {}, {});
    if (phase === "stopping") slots.slot(2).stubborn = true;
    if (phase === "restarting") slots.held.add(2);
    slots.exit(1);
    await slots.drain();
    const all = slots.supervision.stopAll();
    await slots.drain();
    slots.clock.advance(100);
    await slots.drain();
    await all;
    assert.deepEqual(slots.supervision.children(), []);
    assert(slots.all.every(({ state }) => state === "ended"));
    assert.equal(slots.clock.pending, 0);
  });

  Deno.test(`Supervision.killAll() wins over a group that is ${phase}, and leaves nothing`, async () => {
    const backoff = { minMs: 1_000, maxMs: 1_000 };
    const slots = await supervisor(phase === "waiting" ? { ...ALL, backoff } : ALL, {}, {}, {});
    if (phase === "stopping") slots.slot(2).stubborn = true;
    if (phase === "restarting") slots.held.add(2);
    slots.exit(1);
    await slots.drain();
    slots.supervision.killAll();
    assert.equal(slots.clock.pending, 0);
    const log = await slots.drain();
    assert.deepEqual(log.filter((line) => line.startsWith("kill!")), [
      "kill! 3",
      "kill! 2",
      "kill! 1",
    ]);
    assert(slots.all.every(({ state }) => state === "ended"));
  });
}

Deno.test("A group whose supervisor has failed is not restarted any further", async () => {
  const slots = await supervisor({ ...ALL, intensity: 0 }, {}, {}, {});
  slots.exit(2);
  assert.deepEqual(await slots.drain(), [
    ...["error 2", "end 2", "stop! 3", "ended 2", "ended 3", "stop! 1", "ended 1"],
  ]);
});
