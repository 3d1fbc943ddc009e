import assert from "node:assert/strict";
import fc from "fast-check";
import { type ExitKind, exitReason } from "./exit_reason.ts";
import type { Signal } from "./message.ts";
import type { Restart } from "./spawn_options.ts";
import { Supervision } from "./supervision.ts";
import { FakeClock, settle } from "./testing.ts";

/** A host that notes what its children are told; `child 3` lives in slot 3. */
class Host {
  readonly clock = new FakeClock();
  readonly told: string[] = [];
  readonly exceeded: string[] = [];
  /** What a child does when it is told something. */
  react: (slot: number, type: Signal["type"]) => void = () => {};
  readonly givenUp: string[] = [];
  readonly supervision = new Supervision({
    clock: this.clock,
    signal: (child, signal) => {
      this.told.push(`${signal.type} ${child.slot}`);
      this.react(child.slot, signal.type);
    },
    exceeded: (message) => void this.exceeded.push(message),
    gaveUp: (path) => void this.givenUp.push(path),
  });

  add(restart: Restart = "transient", shutdownMs = 100): number {
    return this.supervision.add("parent/child", restart, shutdownMs);
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

Deno.test("Supervision takes the children of a lost shard for ended", async () => {
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
  const bad = host.supervision.add("agents/bad", "permanent", 10);
  const good = host.supervision.add("agents/good", "permanent", 10);
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
