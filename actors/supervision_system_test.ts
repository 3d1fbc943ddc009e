import assert from "node:assert/strict";
import type { AnyRef, Ref, SupervisionOptions, SupervisorHandlers } from "./mod.ts";
import { settle } from "./testing.ts";
import { guarantee, type Setting, UNBOXED } from "./testing/conformance.ts";
import family, { type Family, type RelativeOptions } from "./testing/family.ts";
import journal, { type Journal } from "./testing/journal.ts";
import oneFailsToStart from "./testing/one_fails_to_start.ts";
import type { Probe } from "./testing/probe.ts";
import type { Relative } from "./testing/relative.ts";
import twoSupervisors from "./testing/two_supervisors.ts";

type Children = { [id in "a" | "b" | "c"]: Ref<Relative> };

/** A family, its journal, and children where the setting places them. */
class House {
  readonly setting: Setting;
  readonly family: Ref<Family>;
  readonly journal: Ref<Journal>;

  constructor(setting: Setting, family: Ref<Family>, journal: Ref<Journal>) {
    this.setting = setting;
    this.family = family;
    this.journal = journal;
  }

  static async start(s: Setting, options: SupervisionOptions): Promise<House> {
    const told = await s.system.spawn(journal, { placement: "here" });
    const ref = await s.system.spawn(family, { args: [options, told], ...s.supervisorPlace });
    return new House(s, ref, told);
  }

  /** Starts three children, and forgets that they started. */
  async children(more: { [id in keyof Children]?: Partial<RelativeOptions> } = {}) {
    const start = (id: keyof Children) => this.child(id, more[id]);
    const children: Children = { a: await start("a"), b: await start("b"), c: await start("c") };
    await this.journal.ask.clear();
    return children;
  }

  /** Lets time pass where the family is; a shard has a clock of its own, which moves by itself. */
  async pass(ms: number): Promise<void> {
    await settle();
    if (this.setting.placement !== "shard") this.setting.clock.advance(ms);
  }

  child(id: string, more: Partial<RelativeOptions> = {}): Promise<Ref<Relative>> {
    return this.family.ask.child(id, { ...this.setting.place, ...more });
  }
}

guarantee("one_for_one restarts the child that failed", async (s) => {
  const house = await House.start(s, { strategy: "one_for_one" });
  const { a, b, c } = await house.children();
  await assert.rejects(b.ask.fail());
  assert.equal(await b.ask.id(), "b");
  for (const one of [a, c]) await one.ask.id();
  assert.deepEqual(await house.journal.ask.log(), ["start b"]);
});

guarantee(
  "one_for_all stops the others, the youngest first, and starts all in their order",
  async (s) => {
    const house = await House.start(s, { strategy: "one_for_all" });
    const { a, b, c } = await house.children();
    await assert.rejects(b.ask.fail());
    assert.equal(await b.ask.id(), "b", "what is sent meanwhile waits");
    await house.journal.ask.noted(5);
    assert.deepEqual(await house.journal.ask.log(), [
      ...["stop c", "stop a", "start a", "start b", "start c"],
    ]);
    for (const one of [a, b, c]) await one.ask.id();
  },
);

guarantee(
  "rest_for_one restarts the child that failed and those that started after it",
  async (s) => {
    const house = await House.start(s, { strategy: "rest_for_one" });
    const { a, b, c } = await house.children();
    await assert.rejects(b.ask.fail());
    await house.journal.ask.noted(3);
    assert.deepEqual(await house.journal.ask.log(), ["stop c", "start b", "start c"]);
    await assert.rejects(c.ask.fail());
    await house.journal.ask.noted(4);
    assert.deepEqual((await house.journal.ask.log()).slice(3), ["start c"]);
    await a.ask.id();
  },
);

guarantee(
  "a temporary child ends with its group, and one that ended is no part of it",
  async (s) => {
    const house = await House.start(s, { strategy: "one_for_all" });
    const { a, b, c } = await house.children({ b: { restart: "temporary" } });
    const ended = s.down(c);
    c.tell.stop();
    assert.equal((await ended).kind, "normal");
    await house.journal.ask.noted(1);
    const down = s.down(b);
    await assert.rejects(a.ask.fail());
    assert.equal((await down).kind, "shutdown");
    await house.journal.ask.noted(3);
    assert.deepEqual(await house.journal.ask.log(), ["stop c", "stop b", "start a"]);
    await assert.rejects(b.ask.id(), { name: "EndedError" });
    assert.deepEqual(await house.family.ask.children(), ["a family/a transient"]);
  },
);

guarantee("one failure of a group counts once; one too many fails the supervisor", async (s) => {
  const house = await House.start(s, { strategy: "one_for_all", intensity: 1 });
  const { a, b } = await house.children();
  const down = s.down(house.family);
  await assert.rejects(a.ask.fail());
  await house.journal.ask.noted(5); // who fails before it is stopped for the group, fails with it
  await b.ask.id();
  await assert.rejects(b.ask.fail());
  const { kind, message } = await down;
  assert.equal(kind, "intensity");
  assert.match(
    message,
    /family\/b failed more than 1 times in 5000 ms, last: RangeError: b failed/,
  );
  await house.family.ask.nothing();
  assert.deepEqual(await house.family.ask.children(), []);
});

guarantee("children that are counted one by one are given up one by one", async (s) => {
  const house = await House.start(s, { intensity: 1, perChild: true });
  const { a, b } = await house.children();
  for (const one of [a, b, a]) {
    const down = s.down(one);
    await assert.rejects(one.ask.fail());
    await down;
  }
  await s.crashed(4);
  await assert.rejects(a.ask.id(), { name: "EndedError" });
  assert.equal(await b.ask.id(), "b");
  assert.equal(s.crashes.filter(({ handler }) => handler === "(given up)").length, 1);
});

guarantee("dynamic children fail alone, and stop all at once", async (s) => {
  const house = await House.start(s, { strategy: "dynamic" });
  const children = await house.children();
  const gate = await s.gate();
  await assert.rejects(children.b.ask.fail());
  await children.b.ask.id();
  assert.deepEqual(await house.journal.ask.log(), ["start b"]);
  for (const one of Object.values(children)) await one.ask.holdOnStop(gate);
  const stopped = s.system.stopActor(house.family);
  await gate.ask.arrived(3);
  gate.tell.open();
  await stopped;
});

guarantee("children stop in reverse, each within its time, and are killed after it", async (s) => {
  for (const strategy of ["one_for_one", "one_for_all", "rest_for_one"] as const) {
    const house = await House.start(s, { strategy });
    const { b } = await house.children({ b: { shutdownMs: 50 } });
    await b.ask.hangOnStop();
    const down = s.down(b);
    const stopped = s.system.stopActor(house.family);
    await house.journal.ask.noted(2);
    await house.pass(50);
    await stopped;
    assert.equal((await down).kind, "killed");
    assert.deepEqual(await house.journal.ask.log(), ["stop c", "hang b", "stop a"]);
  }
}, { fakeTime: true });

guarantee("a member of a group that does not stop in time is killed, and restarted", async (s) => {
  const house = await House.start(s, { strategy: "one_for_all" });
  const { a, b, c } = await house.children({ b: { shutdownMs: 50 } });
  await b.ask.hangOnStop();
  const down = s.down(b);
  await assert.rejects(a.ask.fail());
  await house.journal.ask.noted(2);
  await house.pass(50);
  await house.journal.ask.noted(5);
  assert.equal((await down).kind, "killed");
  assert.deepEqual(await house.journal.ask.log(), [
    ...["stop c", "hang b", "start a", "start b", "start c"],
  ]);
  for (const one of [a, b, c]) await one.ask.id();
}, { fakeTime: true });

guarantee("restarts wait as the backoff says, and so does what is sent meanwhile", async (s) => {
  const backoff = { minMs: 100, maxMs: 1_000, jitter: 0, resetMs: 10_000 };
  const house = await House.start(s, { backoff, intensity: 10 });
  const child = await house.child("a");
  await house.journal.ask.clear();
  for (const [at, delayMs] of [100, 200, 400].entries()) {
    await assert.rejects(child.ask.fail());
    const asked = child.with({ deadlineMs: 60_000 }).ask.id();
    await settle();
    s.clock.advance(delayMs - 1);
    await settle();
    assert.equal((await house.journal.ask.log()).length, at);
    s.clock.advance(1);
    assert.equal(await asked, "a");
    assert.equal((await house.journal.ask.log()).length, at + 1);
  }
}, { fakeTime: true, placements: ["here", "worker", "process"] }); // its supervisor is here

guarantee("an id is one child's, and free again when that has ended", async (s) => {
  const house = await House.start(s, {});
  const a = await house.child("a");
  assert.match(
    await house.family.ask.childRefused("a", s.place),
    /^duplicate-id id "a" is that of family\/a already: give each child of a supervisor its own$/,
  );
  assert.deepEqual(await house.journal.ask.log(), ["start a"], "nothing of it has started");
  await assert.rejects(a.ask.fail());
  await a.ask.id();
  assert.match(await house.family.ask.childRefused("a", s.place), /^duplicate-id/);
  await house.family.ask.stopChild("a");
  await house.family.ask.stopChild("a");
  assert.deepEqual(await house.family.ask.children(), []);
  await house.child("a", { restart: "permanent" });
  assert.deepEqual(await house.family.ask.children(), ["a family/a permanent"]);
});

type Supervisor = Ref<SupervisorHandlers>;

/** The children of a supervisor, by id. */
async function below(supervisor: AnyRef): Promise<Map<string, AnyRef>> {
  const children = await (supervisor as Supervisor).ask.children();
  return new Map(children.map(({ id, ref }) => [id, ref!]));
}

guarantee("supervisors of supervisors, across shards, restart what is theirs", async (s) => {
  const top = await s.system.spawn(twoSupervisors, s.place);
  const [left, right] = [...(await below(top)).values()] as [AnyRef, AnyRef];
  const shards = new Set((await s.system.actors()).filter(({ path }) => path.includes("first")));
  assert.equal(shards.size, 2);
  const probesOf = async (supervisor: AnyRef) =>
    [...(await below(supervisor)).values()] as [Ref<Probe>, Ref<Probe>];
  const [first, second] = await probesOf(left);
  const others = await probesOf(right);
  for (const probe of [first, second, ...others]) await probe.ask.note("known");

  const stopped = s.down(second);
  await assert.rejects(first.ask.throwRange("once"));
  assert.equal((await stopped).kind, "shutdown");
  assert.deepEqual(await second.ask.log(), ["new"], "restarted with the other");
  const down = s.down(left);
  await assert.rejects(second.ask.throwRange("twice"));
  assert.equal((await down).kind, "intensity");
  const anew = await probesOf(left);
  for (const probe of anew) assert.deepEqual(await probe.ask.log(), ["new"], "by its supervisor");
  await assert.rejects(first.ask.log(), { name: "EndedError" });
  for (const probe of others) assert.deepEqual(await probe.ask.log(), ["new", "known"]);

  await s.system.stopActor(top);
  for (const probe of [...anew, ...others]) {
    await assert.rejects(probe.ask.log(), { name: "EndedError" });
  }
}, { userShards: 2, placements: UNBOXED });

guarantee(
  "a supervisor whose child does not start, does not start, and leaves nothing",
  async (s) => {
    const before = await s.actors();
    await assert.rejects(s.system.spawn(oneFailsToStart, s.place), (error) => {
      assert.match(
        String(error),
        /child "broken" did not start: SpawnError: .*RangeError: no luck/,
      );
      return true;
    });
    while (await s.actors() > before) await settle(1); // what had started is stopping
    await s.probe({ name: "sound" });
  },
  { userShards: 1, placements: UNBOXED },
);
