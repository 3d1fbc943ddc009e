import assert from "node:assert/strict";
import fc from "fast-check";
import type { ExitKind } from "../exit_reason.ts";
import type { Restart } from "../spawn_options.ts";
import type { BackoffOptions } from "./backoff.ts";
import type { Strategy } from "./policy.ts";
import { Oracle } from "./testing/oracle.ts";
import { Slots } from "./testing/slots.ts";

/** Something that happens to a supervisor or its children. */
class Command implements fc.AsyncCommand<Oracle, Slots> {
  readonly #words: string;
  readonly #happen: (oracle: Oracle, slots: Slots) => unknown;

  constructor(words: string, happen: (oracle: Oracle, slots: Slots) => unknown) {
    this.#words = words;
    this.#happen = happen;
  }

  check(): boolean {
    return true;
  }

  async run(oracle: Oracle, slots: Slots): Promise<void> {
    await this.#happen(oracle, slots);
  }

  toString(): string {
    return this.#words;
  }
}

/** The number of one of the children that there ever were. */
function pick(slots: Slots, choice: number): number | undefined {
  return slots.all[choice % Math.max(1, slots.all.length)]?.child;
}

const choice = fc.nat(20);
const spawn = fc.tuple(
  fc.constantFrom<Restart>("permanent", "permanent", "transient", "temporary"),
  fc.constantFrom(1, 2),
  fc.constantFrom(20, 50),
).map(([restart, shard, shutdownMs]) =>
  new Command(`spawn ${restart} in ${shard}`, (oracle, slots) => {
    if (oracle.mustFail || oracle.stopped) return;
    const id = `child ${slots.all.length}`;
    const child = slots.spawn({ restart, shard, shutdownMs, id, respec: "again" });
    oracle.spawned(child, restart);
  })
);
const step = choice.map((at) =>
  new Command(`deliver ${at}`, (_, slots) => slots.step(at).then(() => {}))
);
const exit = fc.tuple(choice, fc.constantFrom<ExitKind>("error", "error", "normal")).map((
  [at, kind],
) =>
  new Command(`${kind} ${at}`, (_, slots) => {
    const child = pick(slots, at);
    if (child !== undefined) slots.exit(child, kind);
  })
);
const failStarts = fc.tuple(choice, fc.integer({ min: 1, max: 2 })).map(([at, times]) =>
  new Command(`${at} fails to start ${times} times`, (_, slots) => {
    const child = pick(slots, at);
    if (child !== undefined) slots.slot(child).failures = times;
  })
);
const failRespawn = fc.constant(
  new Command("the next respawn fails", (_, slots) => void slots.failedRespawns++),
);
const stubborn = choice.map((at) =>
  new Command(`${at} does not stop`, (_, slots) => {
    const child = pick(slots, at);
    if (child !== undefined) slots.slot(child).stubborn = true;
  })
);
const advance = fc.integer({ min: 1, max: 60 }).map((ms) =>
  new Command(`${ms} ms pass`, (_, slots) => slots.clock.advance(ms))
);
const lose = fc.constantFrom(1, 2).map((shard) =>
  new Command(`shard ${shard} is lost`, (_, slots) => {
    slots.respawnShard = 3 - shard;
    slots.lose(shard);
  })
);
const stop = choice.map((at) =>
  new Command(`stop ${at}`, (oracle, slots) => {
    const child = pick(slots, at);
    const id = slots.supervision.children().find(({ path }) => path === `parent/${child}`)?.id;
    if (child === undefined || id === undefined) return;
    oracle.living.delete(child);
    void slots.supervision.stop(id);
  })
);
const stopAll = fc.constant(
  new Command("stop all", (oracle, slots) => {
    oracle.stopAll();
    void slots.supervision.stopAll();
  }),
);

/** Of the rare ones there are few, so that trees live long enough to be interesting. */
const COMMANDS = [
  ...Array(3).fill(spawn),
  ...Array(8).fill(step),
  ...Array(4).fill(exit),
  ...[failStarts, failRespawn, stubborn, advance, advance, lose, stop],
] as fc.Arbitrary<Command>[];

async function settled(slots: Slots): Promise<void> {
  for (let rounds = 0; rounds < 100; rounds++) {
    await slots.drain();
    if (slots.clock.pending === 0) return;
    slots.clock.advance(30);
  }
  assert.fail("the tree does not settle");
}

function check(oracle: Oracle, slots: Slots): void {
  assert.equal(slots.exceededBy.length, oracle.mustFail ? 1 : 0, "fails when the count says so");
  const children = slots.supervision.children().map(({ path }) => Number(path.slice(7)));
  assert.deepEqual(children, [...oracle.living.keys()]);
  for (const child of children) assert.equal(slots.slot(child).state, "running");
  const alive = slots.all.filter(({ state }) => state !== "ended").map(({ child }) => child);
  assert.deepEqual(alive.toSorted((a, b) => a - b), children, "nothing is left behind");
  assert.equal(slots.clock.pending, 0);
}

const BACKOFF: BackoffOptions = { minMs: 5, maxMs: 40, resetMs: 100, jitter: 0.5 };

for (const strategy of ["one_for_one", "one_for_all", "rest_for_one", "dynamic"] as Strategy[]) {
  for (
    const [words, commands] of [["", COMMANDS], [" that stops", [...COMMANDS, stopAll]]] as const
  ) {
    Deno.test(`A ${strategy} supervisor${words} ends whole, or failed as the count says`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.commands([...commands], { maxCommands: 60, size: "max" }),
          fc.integer({ min: 0, max: 5 }),
          fc.constantFrom(30, 200),
          fc.boolean(),
          fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
          async (script, intensity, withinMs, delayed, chance) => {
            const bounds = { strategy, intensity, withinMs };
            const options = delayed ? { ...bounds, backoff: BACKOFF } : bounds;
            const slots = new Slots(options);
            slots.chance = chance;
            const oracle = new Oracle(slots, bounds);
            await fc.asyncModelRun(() => ({ model: oracle, real: slots }), script);
            await settled(slots);
            check(oracle, slots);
          },
        ),
        { numRuns: 200 },
      );
    });
  }
}
