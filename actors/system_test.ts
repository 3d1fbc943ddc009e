import assert from "node:assert/strict";
import { ActorSystem, type CrashReport, EndedError } from "./mod.ts";
import { settle } from "./testing.ts";
import { guarantee, Setting, STRICT } from "./testing/conformance.ts";
import neverStarts from "./testing/never_starts.ts";
import probe from "./testing/probe.ts";

guarantee("what is pending when the system stops is settled, and nothing is left", async (s) => {
  const [probe, gate] = [await s.probe({ shutdownMs: 50 }), await s.gate()];
  const aborter = new AbortController();
  const full = await s.probe({ mailbox: { bound: 1, overflow: "wait" }, shutdownMs: 50 });
  full.tell.hold(gate, "a");
  const pending = [
    probe.ask.defer(),
    probe.ask.hold(gate, "a"),
    probe.ask.note("queued"),
    probe.with({ signal: aborter.signal }).ask.note("queued"),
    probe.send.note("queued"),
    full.send.note("inside"),
    full.send.note("outside"),
    gate.ask.arrived(99),
    s.probe({ name: "starting" }),
    s.system.lookup("nobody"),
    s.system.deadLetters(),
  ];
  for (const promise of pending) promise.catch(() => {/* looked at below */});
  await gate.ask.arrived(2);
  const stopped = s.system.stop();
  while (await state(stopped) === "pending") {
    s.clock.advance(50);
    await settle();
  }
  await stopped;
  assert.deepEqual((await Promise.all(pending.map(state))).filter((it) => it === "pending"), []);
  assert.equal(s.clock.pending, 0, "timers");
}, { fakeTime: true });

/** What has become of a promise by now. */
function state(promise: Promise<unknown>): Promise<string> {
  const now = Promise.resolve("pending");
  return Promise.race([promise.then(() => "fulfilled", () => "rejected"), now.then((p) => p)]);
}

guarantee("a start that never ends is rejected when the system stops", async (s) => {
  const gate = await s.gate();
  const options = { args: [gate] as [typeof gate], ...s.place, shutdownMs: 50 };
  const starting = assert.rejects(s.system.spawn(neverStarts, options));
  await gate.ask.arrived(1);
  const stopped = s.system.stop();
  while (await state(stopped) === "pending") {
    s.clock.advance(50);
    await settle();
  }
  await Promise.all([stopped, starting]);
  assert.equal(s.clock.pending, 0);
}, { fakeTime: true });

guarantee("a system that has stopped starts nothing, and refuses asks", async (s) => {
  const probe = await s.probe();
  await s.system.stop();
  await assert.rejects(s.probe(), { name: "EndedError", message: /the actor system has stopped/ });
  await assert.rejects(probe.ask.log(), EndedError);
  await assert.rejects(probe.send.note("x"), EndedError);
  assert.equal(probe.tell.note("x"), undefined);
  assert.equal(s.system.stop(), s.system.stop(), "stopping twice is stopping once");
});

guarantee("the system stops its actors in the reverse of the order of their start", async (s) => {
  const ended: string[] = [];
  for (const word of ["first", "second", "third"]) {
    s.system.monitor(await s.probe(), ({ kind }) => void ended.push(`${word} ${kind}`));
  }
  await s.system.stop();
  assert.deepEqual(ended, ["third shutdown", "second shutdown", "first shutdown"]);
});

guarantee("actors() lists who is where, and what it has done", async (s) => {
  const [probe, gate] = [await s.probe({ name: "thermostat" }), await s.gate()];
  await assert.rejects(probe.ask.throwRange("x"));
  await probe.ask.nothing();
  probe.tell.hold(gate, "a");
  probe.tell.note("queued");
  await gate.ask.arrived(1);
  const info = (await s.system.actors()).find(({ path }) => path === "thermostat");
  assert.deepEqual({ ...info, slot: 0 }, {
    ...{ path: "thermostat", shard: s.shard, slot: 0, state: "running", queued: 1 },
    ...{ stashed: 0, handled: 1, restarts: 1, deadLetters: 1, busyMs: info?.busyMs },
  });
  gate.tell.open();
});

guarantee("shards() lists the shards, and what they do", async (s) => {
  const probe = await s.probe();
  await probe.ask.nothing();
  const { shards, rssBytes } = await s.system.shards();
  assert.deepEqual(
    shards.map(({ name }) => name),
    s.shard === 0 ? ["main"] : ["main", "user-1"],
  );
  for (const [number, { vitals, ...status }] of shards.entries()) {
    assert(vitals && vitals.actors > 0 && vitals.heapUsedBytes > 0);
    assert(vitals.heapTotalBytes >= vitals.heapUsedBytes && vitals.heapTotalBytes < rssBytes);
    assert(status.turns > 0);
    assert.deepEqual({ ...status, name: "", turns: 0, turnsPerSecond: 0 }, {
      ...{ name: "", shard: number, state: "running", restarts: 0, stuck: null },
      ...{ turns: 0, turnsPerSecond: 0 },
    });
  }
});

guarantee("a group is a supervisor with an intensity of its own", async (s) => {
  await s.system.group("agents", { intensity: 0 });
  const agent = await s.system.spawn(
    probe,
    { args: [], ...s.place, name: "a" },
    "agents",
  );
  const other = await s.probe();
  const inGroup = (await s.system.actors()).find(({ path }) => path === "agents/a");
  assert(inGroup);
  await assert.rejects(agent.ask.throwRange("x"));
  await s.crashed(2);
  assert.equal(await other.ask.echo("outside of the group"), "outside of the group");
  await settle();
  const again = await s.system.spawn(probe, { args: [], ...s.place }, "agents");
  assert.equal(await again.ask.echo("a new incarnation"), "a new incarnation");
  await s.system.stopActor(again);
  await assert.rejects(again.ask.log(), EndedError);
});

Deno.test("onCrash that throws keeps no report from the next", STRICT, async () => {
  const errors: unknown[][] = [];
  const { error } = console;
  console.error = (...args: unknown[]) => void errors.push(args);
  try {
    const s = new Setting("here");
    const reports: CrashReport[] = [];
    await using system = await ActorSystem.start({
      userShards: 0,
      onCrash: (crash) => {
        reports.push(crash);
        throw new RangeError("in onCrash");
      },
    });
    s.system = system;
    const probe = await s.probe();
    for (let i = 0; i < 2; i++) await assert.rejects(probe.ask.throwRange("x"));
    await settle();
    assert.equal(reports.length, 2);
    assert.equal(errors.length, 4, "each report, and what onCrash threw");
  } finally {
    console.error = error;
  }
});

Deno.test("two systems in one isolate know nothing of each other", STRICT, async () => {
  const [a, b] = [new Setting("here"), new Setting("here")];
  await using one = await ActorSystem.start({ userShards: 0 });
  await using two = await ActorSystem.start({ userShards: 0 });
  [a.system, b.system] = [one, two];
  await a.probe({ name: "thermostat" });
  await b.probe({ name: "thermostat" });
  await one.stop();
  assert.notEqual(await two.lookup("thermostat"), undefined);
});

Deno.test("a system that has stopped has ended its Workers", STRICT, async () => {
  const { Worker } = globalThis;
  let running = 0;
  globalThis.Worker = class extends Worker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      running++;
    }
    override terminate(): void {
      super.terminate();
      running--;
    }
  };
  try {
    const system = await ActorSystem.start({ userShards: 2, ownShards: ["dht"] });
    assert.equal(running, 3);
    await system.stop();
    assert.equal(running, 0);
  } finally {
    globalThis.Worker = Worker;
  }
});
