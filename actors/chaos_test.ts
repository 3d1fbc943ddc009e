import assert from "node:assert/strict";
import fc from "fast-check";
import { type ActorError, ActorSystem, defineActor, type Placement, type Ref } from "./mod.ts";
import { settle } from "./testing.ts";
import { Setting, STRICT } from "./testing/conformance.ts";
import type { Parent } from "./testing/parent.ts";
import type { Probe } from "./testing/probe.ts";
import startsOnOdd from "./testing/starts_on_odd.ts";

const restart = fc.constantFrom("permanent" as const, "transient" as const, "temporary" as const);
const at = fc.nat(15);
const deed = fc.oneof(
  { weight: 2, arbitrary: fc.record({ spawn: restart }) },
  { weight: 1, arbitrary: fc.record({ parent: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ child: at, restart }) },
  { weight: 8, arbitrary: fc.record({ echo: at, count: fc.integer({ min: 1, max: 20 }) }) },
  { weight: 3, arbitrary: fc.record({ fail: at }) },
  { weight: 2, arbitrary: fc.record({ failLater: at }) },
  { weight: 1, arbitrary: fc.record({ failParent: at }) },
  { weight: 2, arbitrary: fc.record({ stop: at }) },
  { weight: 2, arbitrary: fc.record({ stopActor: at }) },
  { weight: 1, arbitrary: fc.record({ hold: at }) },
  { weight: 1, arbitrary: fc.record({ defer: at }) },
  { weight: 2, arbitrary: fc.constant("settle" as const) },
);
type Deed = typeof deed extends fc.Arbitrary<infer T> ? T : never;

/** What was asked for in a run, and what came of it. */
class Run {
  readonly asks: Promise<unknown>[] = [];
  readonly others: Promise<unknown>[] = [];
  readonly rejected: unknown[] = [];
  readonly probes: Ref<Probe>[] = [];
  readonly parents: Ref<Parent>[] = [];
  readonly wrong: string[] = [];
  /** Asks whose reply was deferred. */
  defers = 0;

  ask<T>(promise: Promise<T>, then: (reply: T) => void = () => {}): void {
    this.asks.push(promise.then(then, (error) => void this.rejected.push(error)));
  }

  async do(s: Setting, gate: Ref<{ pass(): void }>, what: Deed): Promise<void> {
    const pick = <T>(of: T[], index: number): T | undefined => of[index % Math.max(1, of.length)];
    if (what === "settle") return await settle(2);
    if ("spawn" in what) return void this.probes.push(await s.probe({ restart: what.spawn }));
    if ("parent" in what) return void this.parents.push(await s.parent({ intensity: what.parent }));
    if ("child" in what) {
      const options = { ...s.place, restart: what.restart, shutdownMs: 1_000 };
      const asked = pick(this.parents, what.child)?.ask.child(options);
      return asked && this.ask(asked, (child) => void this.probes.push(child));
    }
    if ("failParent" in what) {
      const asked = pick(this.parents, what.failParent)?.ask.fail();
      return asked && this.ask(asked);
    }
    if ("echo" in what) return this.echo(pick(this.probes, what.echo), what.count);
    const probe = pick(this.probes, Object.values(what)[0]!);
    if (!probe) return;
    if ("fail" in what) this.ask(probe.ask.throwRange("chaos"));
    else if ("failLater" in what) this.ask(probe.ask.rejectRange("chaos"));
    else if ("stop" in what) this.ask(probe.ask.stop());
    else if ("stopActor" in what) this.others.push(s.system.stopActor(probe));
    else if ("hold" in what) this.ask(probe.ask.hold(gate as never, "x"));
    else {
      this.defers++;
      this.ask(probe.ask.defer());
      this.ask(probe.ask.settleDeferred("late"));
    }
  }

  /** Asks many times in a row: replies that come, come in order, and are what was sent. */
  echo(probe: Ref<Probe> | undefined, count: number): void {
    let last = -1;
    for (let i = 0; probe && i < count; i++) {
      this.ask(probe.ask.echo(i), (reply) => {
        if (reply !== i || reply <= last) this.wrong.push(`reply ${reply} to ${i} after ${last}`);
        last = i;
      });
    }
  }
}

/** Runs the deeds in a system of their own, and hands it over in the midst of what they set off. */
async function chaos(
  placement: Placement,
  deeds: readonly Deed[],
  end: (s: Setting, run: Run) => Promise<void>,
): Promise<void> {
  const s = new Setting(placement);
  await using system = await ActorSystem.start({
    userShards: placement === "shard" ? 2 : 0,
    onCrash: () => {},
    supervise: { intensity: 10_000 },
  });
  s.system = system;
  const gate = await s.gate();
  const run = new Run();
  for (const what of deeds) await run.do(s, gate, what);
  gate.tell.open();
  await end(s, run);
  assert.deepEqual(run.wrong, []);
  const codes = run.rejected.map((error) => (error as ActorError).code);
  assert.deepEqual(codes.filter((code) => code !== "ended" && code !== "handler"), []);
}

/** Every rejection has its dead letter, and every dead letter its rejection. */
async function nothingIsLost({ system }: Setting, run: Run): Promise<void> {
  await Promise.all([...run.others, ...run.asks]);
  const { total, byReason } = await system.deadLetters();
  const counts = `${JSON.stringify(byReason)} for ${run.rejected.length} rejections`;
  // An ask whose reply was deferred is handled, although its actor may end before it replies.
  assert(total <= run.rejected.length, counts);
  assert(total >= run.rejected.length - run.defers, counts);
}

/** No actor is left between two states. */
async function allComeToRest({ system }: Setting): Promise<void> {
  while ((await system.actors()).some(({ state, queued }) => state !== "running" || queued > 0)) {
    await settle();
  }
}

/** When the system has stopped, everything that was asked for has settled. */
async function stopSettlesAll({ system }: Setting, run: Run): Promise<void> {
  await system.stop();
  let settled = 0;
  const all = [...run.asks, ...run.others];
  for (const promise of all) promise.finally(() => settled++);
  await settle(2);
  assert.equal(settled, all.length, "promises are left pending");
}

/** How many runs, and of how many deeds at most: each start of a box takes tens of milliseconds. */
const EFFORT = [
  ["here", 150, 80],
  ["shard", 25, 80],
  ["worker", 4, 40],
  ["process", 3, 40],
] as const;

for (const [placement, numRuns, maxLength] of EFFORT) {
  const deeds = fc.array(deed, { minLength: 10, maxLength, size: "max" });
  const whatever = (end: (s: Setting, run: Run) => Promise<void>) =>
    fc.assert(fc.asyncProperty(deeds, (what) => chaos(placement, what, end)), { numRuns });

  Deno.test(
    `whatever ends when, every ask settles and nothing is lost in silence [${placement}]`,
    STRICT,
    async () => {
      await whatever(async (s, run) => {
        await nothingIsLost(s, run);
        await allComeToRest(s);
      });
    },
  );

  Deno.test(
    `whatever is under way when the system stops, is settled by then [${placement}]`,
    STRICT,
    async () => {
      await whatever(stopSettlesAll);
    },
  );
}

Deno.test(
  "a child whose shard was lost, and which does not start anew at once, is tried again",
  STRICT,
  async () => {
    let count = 0;
    const third = Promise.withResolvers<void>();
    const starts = defineActor(import.meta, () => ({
      next(): number {
        if (++count === 3) third.resolve();
        return count;
      },
    }));
    await using system = await ActorSystem.start({ userShards: 1, onCrash: () => {} });
    const counter = await system.spawn(starts, { placement: "here" });
    const common = { name: "odd", restart: "permanent" } as const;
    const odd = await system.spawn(startsOnOdd, { ...common, args: [counter] });
    assert.equal(await odd.ask.start(), 1);
    const s = new Setting("shard");
    s.system = system;
    (await s.probe({ restart: "temporary" })).tell.loseShard();
    await third.promise;
    // It has its name for as long as it has its place: whatever is sent meanwhile waits, or fails.
    const named = system.named<typeof startsOnOdd>("odd");
    let start: number | undefined;
    while (start === undefined) start = await named.ask.start().catch(() => undefined);
    assert.equal(start, 3);
  },
);
