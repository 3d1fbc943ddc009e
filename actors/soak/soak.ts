import {
  type ActorInfo,
  ActorSystem,
  type CrashReport,
  type DeadLetterSummary,
  type Ref,
} from "../mod.ts";
import { type Audit, audit } from "./audit.ts";
import branch from "./branch.ts";
import { Courier } from "./courier.ts";
import { type DeedKind, Deeds } from "./deeds.ts";
import { entriesOf } from "./journal.ts";
import ledger, { type Ledger } from "./ledger.ts";
import { type BranchPlan, lastingPaths, leavesOf, planTree, type TreeSize } from "./plan.ts";
import { seeded } from "./random.ts";
import { tapped, untap } from "./tap.ts";

/** How to run a soak. */
export interface SoakOptions extends TreeSize {
  /** Decides the tree and what is done to it; not when, so that no two runs are the same. */
  readonly seed: number;
  /** Says whether to go on, after so many deeds. */
  readonly goOn: (deeds: number) => boolean;
  /** Deeds that are done before what they set off is let happen. */
  readonly burst: number;
  /** Path of the journal: a file that is not there yet. */
  readonly journal: string;
  /** Told after each burst how far it is. */
  readonly onProgress?: (progress: Progress) => void;
  /** Looks at the tree, in the end, before it is said that it is not whole. */
  readonly looks: number;
}

/** How far a soak is. */
export interface Progress {
  readonly deeds: number;
  readonly crashes: number;
  /** Sends, asks and streams of the driver that wait. */
  readonly pending: number;
  readonly isOver: boolean;
}

/** What came of a soak. */
export interface SoakResult extends Audit {
  readonly deeds: { readonly [kind in DeedKind]?: number };
  /** Incarnations of leaves and supervisors that were started, the first ones too. */
  readonly starts: number;
  readonly crashes: number;
  readonly shardsLost: number;
}

/** Between two looks at what comes to rest by itself. */
const LOOK_MS = 20;

/**
 * Grows a tree of actors, does to it whatever can be done to actors, waits until it is at rest, and
 * balances its books.
 */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { seed, journal: path, goOn, burst, onProgress } = options;
  const random = seeded(seed);
  const plan = planTree(random, options);
  const journal = tapped(path);
  let crashes = 0;
  let shardsLost = 0;
  const onCrash = ({ handler }: CrashReport) => {
    crashes++;
    if (handler === "(shard lost)") shardsLost++;
  };
  try {
    await using system = await ActorSystem.start({
      ...{ userShards: 2, onCrash, watchdog: false },
      supervise: { intensity: 1_000_000, backoff: { minMs: 1, maxMs: 200 } },
    });
    const book = await grow(system, plan, path);
    const courier = new Courier(journal, 0);
    const deeds = new Deeds(random, courier, {
      leaves: new Map(leavesOf(plan).map(({ path, leaf }) => [path, leaf])),
      named: (name) => system.named(name),
    });
    while (goOn(deeds.count)) {
      deeds.moved(await book.ask.homes());
      for (let i = 0; i < burst; i++) await deeds.another(performance.now());
      await new Promise((resolve) => setTimeout(resolve)); // timers and I/O have their turn
      onProgress?.({ deeds: deeds.count, crashes, pending: courier.pending, isOver: false });
    }
    onProgress?.({ deeds: deeds.count, crashes, pending: courier.pending, isOver: true });
    const missing = await comesToRest(system, plan, courier, book, options.looks);
    const starts = await book.ask.starts();
    const counted: DeadLetterSummary = await system.deadLetters();
    const living = new Set((await system.shards()).shards.map(({ shard }) => shard));
    const entries = entriesOf(await Deno.readTextFile(path));
    const { tally, problems } = audit(entries, counted, (shard) => !living.has(shard));
    return {
      tally,
      problems: [...missing, ...courier.wrong, ...problems],
      ...{ deeds: deeds.done, starts, crashes, shardsLost },
    };
  } finally {
    untap();
  }
}

async function grow(
  system: ActorSystem,
  plan: readonly BranchPlan[],
  path: string,
): Promise<Ref<Ledger>> {
  const mailbox = { bound: 1_000_000 };
  const book = await system.spawn(ledger, { placement: "here", args: [path], mailbox });
  for (const top of plan) {
    const { id, placement, shard } = top;
    await system.spawn(branch, {
      ...{ label: id, placement, restart: "permanent", args: [top, path, book] },
      ...shard === null ? {} : { shard },
    });
  }
  return book;
}

/**
 * Has what was put aside and deferred released, until nothing is queued and the tree is whole.
 *
 * @returns what it is not, in words
 */
async function comesToRest(
  system: ActorSystem,
  plan: readonly BranchPlan[],
  courier: Courier,
  book: Ref<Ledger>,
  looks: number,
): Promise<string[]> {
  const due = new Set(lastingPaths(plan));
  for (let look = 0;; look++) {
    const actors = await system.actors();
    const { shards } = await system.shards();
    const odd = [
      ...shards.filter(({ state }) => state !== "running").map((it) =>
        `shard ${it.name} is ${it.state}`
      ),
      ...unrest(due, actors, courier.pending),
    ];
    if (odd.length === 0) return [];
    if (look === looks) return odd;
    // Those who put messages aside, or who owe replies, may do so once more after a restart.
    if (look % 10 === 0) {
      for (const { ref } of await book.ask.homes()) {
        void courier.dispatch("tell", ref, "release", {});
      }
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** What is not at rest, or not there. */
function unrest(due: ReadonlySet<string>, actors: readonly ActorInfo[], pending: number): string[] {
  const odd: string[] = [];
  const there = new Set<string>();
  for (const { path, state, queued, shard, slot } of actors) {
    if (there.has(path) && due.has(path)) odd.push(`${path} is there twice`);
    there.add(path);
    const isAtRest = state === "running" && queued === 0;
    if (!isAtRest) odd.push(`${path} (${shard}.${slot}) is ${state}, with ${queued} messages`);
  }
  for (const path of due) if (!there.has(path)) odd.push(`${path} is missing`);
  if (pending > 0) odd.push(`${pending} sends, asks and streams of the driver wait`);
  return odd;
}
