import assert from "node:assert/strict";
import fc from "fast-check";
import { type ExitKind, exitReason } from "../exit_reason.ts";
import type { Restart } from "../spawn_options.ts";
import type { ChildSignal } from "./signals.ts";
import { DuplicateIdError } from "./duplicate_id_error.ts";
import { Supervision } from "./supervision.ts";
import { Slots } from "./testing/slots.ts";
import { FakeClock, settle } from "../testing.ts";

/** A host that notes what its children are told; `child 3` lives in slot 3. */
class Host {
  readonly clock = new FakeClock();
  readonly told: string[] = [];
  readonly exceeded: string[] = [];
  /** What a child does when it is told something. */
  react: (slot: number, type: ChildSignal["type"]) => void = () => {};
  readonly givenUp: string[] = [];
  readonly supervision = new Supervision({
    clock: this.clock,
    signal: (child, signal) => {
      this.told.push(`${signal.type} ${child.slot}`);
      this.react(child.slot, signal.type);
    },
    exceeded: (message) => void this.exceeded.push(message),
    gaveUp: (path) => void this.givenUp.push(path),
    random: () => 0,
    respawn: () => Promise.reject(new Error("no child here has a respec")),
  });

  add(restart: Restart = "transient", shutdownMs = 100, path = "parent/child"): number {
    return this.supervision.add({ path, restart, shutdownMs });
  }

  /** Adds a child that has started; its slot has the child's number. */
  started(restart: Restart = "transient", shutdownMs = 100): number {
    const child = this.add(restart, shutdownMs);
    this.supervision.started(child, { shard: 1, slot: child });
    return child;
  }

  exit(child: number, kind: ExitKind): void {
    this.supervision.exited(child, { shard: 1, slot: child }, exitReason(kind, `was ${kind}`));
  }
}

const DIRTY: readonly ExitKind[] = ["error", "killed", "intensity", "shard-lost"];
const MATRIX: readonly (readonly [Restart, ExitKind, "restart" | "end"])[] = [
  ["permanent", "normal", "restart"],
  ["permanent", "shutdown", "restart"],
  ...DIRTY.map((kind) => ["permanent", kind, "restart"] as const),
  ["transient", "normal", "end"],
  ["transient", "shutdown", "end"],
  ...DIRTY.map((kind) => ["transient", kind, "restart"] as const),
  ["temporary", "normal", "end"],
  ["temporary", "shutdown", "end"],
  ...DIRTY.map((kind) => ["temporary", kind, "end"] as const),
];

for (const [restart, kind, told] of MATRIX) {
  Deno.test(`a ${restart} child that ends with ${kind} is told to ${told}`, () => {
    const host = new Host();
    const child = host.started(restart);
    host.exit(child, kind);
    assert.deepEqual(host.told, [`${told} ${child}`]);
    assert.equal(host.supervision.restarts, told === "restart" ? 1 : 0);
  });
}

Deno.test("Supervision decides on news of a child before it knows where the child lives", () => {
  const host = new Host();
  const child = host.add();
  host.exit(child, "error");
  assert.deepEqual(host.told, [`restart ${child}`]);
});

Deno.test("Supervision decides once on each end of a child", () => {
  const host = new Host();
  host.supervision.allow({ intensity: 1, backoff: { minMs: 10, maxMs: 10 } });
  const child = host.started();
  host.exit(child, "error");
  host.exit(child, "error");
  host.clock.advance(10);
  assert.deepEqual(host.told, ["restart 1"]);
  assert.deepEqual(host.exceeded, []);
});

Deno.test("Supervision ends a child that it does not know", () => {
  const host = new Host();
  host.exit(99, "error");
  assert.deepEqual(host.told, ["end 99"]);
});

Deno.test("Supervision.stopAll() stops the youngest first, and waits for each", async () => {
  const host = new Host();
  const children = [host.started(), host.started(), host.started()];
  const all = host.supervision.stopAll();
  for (const child of children.toReversed()) {
    await settle(1);
    assert.equal(host.told.at(-1), `stop ${child}`);
    host.supervision.ended(child);
  }
  await all;
  assert.deepEqual(host.told, ["stop 3", "stop 2", "stop 1"]);
  assert.equal(host.clock.pending, 0);
});

Deno.test("Supervision kills a child that does not stop in time, and goes on to the next", async () => {
  const host = new Host();
  host.started("transient", 50);
  host.started("transient", 70);
  const all = host.supervision.stopAll();
  host.clock.advance(69);
  await settle(1);
  assert.deepEqual(host.told, ["stop 2"]);
  host.clock.advance(1);
  await settle(1);
  assert.deepEqual(host.told, ["stop 2", "kill 2", "stop 1"]);
  host.clock.advance(50);
  await all;
  assert.deepEqual(host.told, ["stop 2", "kill 2", "stop 1", "kill 1"]);
  assert.equal(host.clock.pending, 0);
});

Deno.test("Supervision restarts no child that it is stopping", async () => {
  const host = new Host();
  const child = host.started("permanent");
  const all = host.supervision.stopAll();
  host.exit(child, "error");
  host.supervision.ended(child);
  await all;
  assert.deepEqual(host.told, [`stop ${child}`, `end ${child}`]);
});

Deno.test("Supervision.stopAll() waits for a child that is starting, and then stops it", async () => {
  const host = new Host();
  const child = host.add();
  const all = host.supervision.stopAll();
  host.react = (slot, type) => type === "stop" && host.supervision.ended(slot);
  await settle(1);
  assert.deepEqual(host.told, [], "nobody to tell yet");
  host.supervision.started(child, { shard: 1, slot: child });
  await all;
  assert.deepEqual(host.told, [`stop ${child}`]);
});

Deno.test("Supervision kills a child that appears after it was given up", async () => {
  const host = new Host();
  const child = host.add("transient", 10);
  const all = host.supervision.stopAll();
  host.clock.advance(10);
  await all;
  assert.deepEqual(host.told, []);
  host.supervision.started(child, { shard: 1, slot: child });
  assert.deepEqual(host.told, [`kill ${child}`]);
});

Deno.test("Supervision.stopAll() stops a child that was added while it was stopping others", async () => {
  const host = new Host();
  host.started();
  host.react = (slot, type) => {
    if (type !== "stop") return;
    if (slot === 1) host.started();
    host.supervision.ended(slot);
  };
  await host.supervision.stopAll();
  assert.deepEqual(host.told, ["stop 1", "stop 2"]);
});

Deno.test("Supervision.killAll() kills the youngest first and waits for none", () => {
  const host = new Host();
  host.started();
  const starting = host.add();
  host.started();
  host.supervision.killAll();
  assert.deepEqual(host.told, ["kill 3", "kill 1"]);
  host.supervision.started(starting, { shard: 1, slot: starting });
  assert.deepEqual(host.told, ["kill 3", "kill 1", "kill 2"]);
  assert.equal(host.clock.pending, 0);
});

Deno.test("Supervision.stop() stops that child alone, and knows none at another address", async () => {
  const host = new Host();
  host.started();
  host.started();
  host.react = (slot, type) => type === "stop" && host.supervision.ended(slot);
  await host.supervision.stop({ shard: 1, slot: 1 });
  await host.supervision.stop({ shard: 2, slot: 2 });
  assert.deepEqual(host.told, ["stop 1"]);
});

Deno.test("Supervision fails upward when restarts exceed the intensity, and says who and why", () => {
  const host = new Host();
  host.supervision.allow({ intensity: 2, withinMs: 1_000 });
  const child = host.started();
  for (let i = 0; i < 3; i++) host.exit(child, "error");
  assert.deepEqual(host.told, ["restart 1", "restart 1", "end 1"]);
  assert.deepEqual(host.exceeded, [
    "parent/child failed more than 2 times in 1000 ms, last: was error",
  ]);
});

Deno.test("Supervision counts restarts of all children together, and forgets old ones", () => {
  const host = new Host();
  host.supervision.allow({ intensity: 1, withinMs: 1_000 });
  const a = host.started();
  const b = host.started();
  host.exit(a, "error");
  host.clock.advance(1_000);
  host.exit(b, "error");
  assert.deepEqual(host.exceeded, []);
  host.clock.advance(999);
  host.exit(a, "error");
  assert.equal(host.exceeded.length, 1);
});

Deno.test("Supervision.allow() forgets the restarts so far", () => {
  const host = new Host();
  host.supervision.allow({ intensity: 1 });
  const child = host.started();
  host.exit(child, "error");
  host.supervision.allow({ intensity: 1 });
  host.exit(child, "error");
  assert.deepEqual(host.exceeded, []);
});

Deno.test("Supervision.allow() refuses unsound options, and keeps those it has", () => {
  const host = new Host();
  host.supervision.allow({ intensity: 0 });
  assert.throws(() => host.supervision.allow({ intensity: -1 }), RangeError);
  host.exit(host.started(), "error");
  assert.equal(host.exceeded.length, 1);
});

Deno.test("Supervision that has failed restarts nothing, and fails once", () => {
  const host = new Host();
  host.supervision.allow({ intensity: 0 });
  const children = [host.started(), host.started()];
  for (const child of children) host.exit(child, "error");
  assert.deepEqual(host.told, ["end 1", "end 2"]);
  assert.equal(host.exceeded.length, 1);
});

Deno.test("Supervision takes children of a lost shard that cannot be respawned for ended", async () => {
  const host = new Host();
  host.started();
  host.supervision.shardLost(1);
  await host.supervision.stopAll();
  assert.deepEqual(host.told, []);
});

Deno.test("Supervision.stopAll() settles whatever news arrives in whatever order", async () => {
  const news = fc.record({
    child: fc.integer({ min: 1, max: 4 }),
    what: fc.constantFrom("started", "exit", "ended", "late"),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(news, { maxLength: 40, size: "max" }), async (events) => {
      const host = new Host();
      for (let i = 0; i < 4; i++) host.add("permanent", 10);
      let stopped = false;
      const all = host.supervision.stopAll().then(() => stopped = true);
      for (const { child, what } of events) {
        if (what === "started") host.supervision.started(child, { shard: 1, slot: child });
        else if (what === "exit") host.exit(child, "error");
        else if (what === "ended") host.supervision.ended(child);
        else host.clock.advance(10);
        await settle(1);
      }
      for (let i = 0; i < 4 && !stopped; i++) {
        host.clock.advance(10);
        await settle(1);
      }
      assert(stopped);
      await all;
      assert.equal(host.clock.pending, 0);
      assert(!host.told.some((told) => told.startsWith("restart")));
    }),
    { numRuns: 60 },
  );
});

Deno.test("Supervision with perChild lets a child that fails too often end alone", () => {
  const host = new Host();
  host.supervision.allow({ intensity: 1, withinMs: 1_000, perChild: true });
  const bad = host.add("permanent", 10, "agents/bad");
  const good = host.add("permanent", 10, "agents/good");
  const at = (slot: number) => ({ shard: 0, slot });
  const failed = { kind: "error", message: "broken" } as const;
  host.supervision.exited(bad, at(1), failed);
  host.supervision.exited(good, at(2), failed);
  host.supervision.exited(bad, at(1), failed);
  assert.deepEqual(host.givenUp, ["agents/bad"]);
  host.clock.advance(1_001);
  host.supervision.exited(good, at(2), failed);
  assert.deepEqual(host.givenUp, ["agents/bad"]);
});

Deno.test("Supervision.allow() gives children that are counted one by one a new count", () => {
  const host = new Host();
  const options = { intensity: 1, perChild: true };
  host.supervision.allow(options);
  const child = host.started();
  host.exit(child, "error");
  host.supervision.restarted(child);
  host.supervision.allow(options);
  host.exit(child, "error");
  assert.deepEqual(host.givenUp, []);
});

Deno.test("Supervision.add() refuses an id that a living child has, until that has ended", async () => {
  const slots = new Slots();
  const child = slots.spawn({ id: "store" });
  assert.throws(() => slots.spawn({ id: "store" }), (error) => {
    assert(error instanceof DuplicateIdError);
    assert.equal(error.code, "duplicate-id");
    assert.deepEqual(error.data, { id: "store" });
    assert.match(error.message, /id "store" is that of parent\/1 already: give each child/);
    return true;
  });
  assert.equal(slots.supervision.children().length, 1);
  await slots.drain();
  slots.exit(child);
  await slots.drain();
  assert.throws(() => slots.spawn({ id: "store" }), DuplicateIdError);
  const stopped = slots.supervision.stop("store");
  await slots.drain();
  await stopped;
  slots.spawn({ id: "store" });
});

Deno.test("Supervision.stop() stops a child by its id, and knows none by another", async () => {
  const slots = new Slots();
  for (const id of ["a", "b"]) slots.spawn({ id });
  await slots.drain();
  const stopped = ["b", "toString"].map((id) => slots.supervision.stop(id));
  assert.deepEqual(await slots.drain(), ["stop! 2", "ended 2"]);
  await Promise.all(stopped);
});

Deno.test("Supervision.stop() of a child that is stopping tells it nothing again, and waits too", async () => {
  const slots = new Slots();
  slots.slot(slots.spawn({ id: "a" })).stubborn = true;
  await slots.drain();
  const stopped = [slots.supervision.stop("a"), slots.supervision.stop("a")];
  slots.clock.advance(100);
  assert.deepEqual(await slots.drain(), ["stop! 1", "kill! 1", "ended 1"]);
  await Promise.all(stopped);
  assert.equal(slots.clock.pending, 0);
});

Deno.test("Supervision.children() says who the children are, in the order of their start", async () => {
  const slots = new Slots();
  slots.spawn({ id: "a" });
  slots.spawn({ restart: "temporary", held: true });
  await slots.drain();
  assert.deepEqual(slots.supervision.children(), [
    { id: "a", path: "parent/1", address: { shard: 1, slot: 0 }, restart: "permanent" },
    { id: undefined, path: "parent/2", address: undefined, restart: "temporary" },
  ]);
});

Deno.test("A dynamic supervisor stops all children at once, each within its own time", async () => {
  const slots = new Slots({ strategy: "dynamic" });
  for (const shutdownMs of [10, 20, 20, 30]) slots.spawn({ shutdownMs });
  slots.spawn({ held: true, shutdownMs: 20 });
  await slots.drain();
  slots.slot(1).stubborn = slots.slot(2).stubborn = true;
  const all = slots.supervision.stopAll();
  assert.deepEqual(slots.log.splice(0), ["stop! 4", "stop! 3", "stop! 2", "stop! 1"]);
  assert.equal(slots.clock.pending, 3, "a timer for each time that there is");
  await slots.drain();
  slots.clock.advance(10);
  assert.deepEqual(slots.log.splice(0), ["kill! 1"]);
  slots.clock.advance(10);
  assert.deepEqual(slots.log.splice(0), ["kill! 2"]);
  await all;
  assert.equal(slots.clock.pending, 0);
  slots.held.clear();
  await slots.drain();
  assert(slots.all.every(({ state }) => state === "ended"));
});

Deno.test("A dynamic supervisor that stops waits for those it told, and then for younger ones", async () => {
  const host = new Host();
  host.supervision.allow({ strategy: "dynamic" });
  host.started();
  host.started();
  let stopped = false;
  const all = host.supervision.stopAll().then(() => stopped = true);
  host.supervision.ended(host.started());
  host.started();
  host.supervision.ended(1);
  await settle(1);
  assert.deepEqual(host.told, ["stop 2", "stop 1"]);
  host.supervision.ended(2);
  await settle(1);
  assert.equal(host.told.at(-1), "stop 4");
  assert(!stopped);
  host.supervision.ended(4);
  await all;
});

Deno.test("A dynamic supervisor spawns, restarts and stops a child with no regard to how many there are", async () => {
  const host = new Host();
  host.supervision.allow({ strategy: "dynamic", intensity: 1_000, perChild: true });
  const children = Array.from({ length: 50_000 }, () => host.started("permanent"));
  host.react = (slot, type) => type === "stop" && host.supervision.ended(slot);
  for (const child of children) {
    host.exit(child, "error");
    host.supervision.restarted(child);
    await host.supervision.stop({ shard: 1, slot: child });
  }
  assert.deepEqual(host.supervision.children(), []);
  assert.equal(host.told.length, 100_000);
});
