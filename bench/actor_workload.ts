/**
 * The cases of the group `actors`: how much work a run does, what must come of it, and how its
 * value follows from the time that it took. Every system does the same work, in a process of its
 * own that is driven by {@link Order}s.
 *
 * @module
 */
import type { Sample, Unit } from "./harness.ts";

/** What a driver is told to do once. */
export interface Order {
  /** So many messages, actors or asks. */
  readonly size: number;
}

/** What a driver says first: whether it has the operation. */
export interface Ready {
  /** Why it has not; a remark follows instead of a result. */
  readonly lacks?: string;
}

/** What a driver says of one run. */
export interface Run {
  /** Time that the work took, in milliseconds. */
  readonly ms: number;
  /** What came of it, to be checked. */
  readonly answer: number;
  /** Time of each single operation, in µs, where they are taken. */
  readonly latencies?: readonly number[];
  /** Bytes that the actors take, of the heap and of the process, where that is the question. */
  readonly heapBytes?: number;
  readonly rssBytes?: number;
}

/** The amount of work of one case, and its arithmetic. */
export interface Workload {
  readonly unit: Unit;
  /** Size of a full run. */
  readonly size: number;
  /** The answer of a run that went right. */
  expected(size: number): number;
  /** The value of a run, in `unit`. */
  value(run: Run, size: number): number;
}

/** Actors of `threadring`. */
export const RING = 100;
/** Actors of `big` (Savina's value). */
export const BIG_ACTORS = 120;
/** Children of each actor of `skynet`. */
export const SKYNET_CHILDREN = 10;
/** Milliseconds between two ticks of `timers`. */
export const TICK_MS = 5;
/** Bytes of a message of `count-1k`. */
export const KIB = 1_024;
/** Messages that a sender sends in one go. */
export const CHUNK = 1_000;
/** Chunks that a sender may have on their way to an actor of its shard, and of another one. */
export const NEAR_CHUNKS = 2;
export const FAR_CHUNKS = 16;

const itself = (size: number) => size;
/** The sum of the numbers from 0 to `size` - 1. */
const sum = (size: number) => size * (size - 1) / 2;
const millionsPerSecond = ({ ms }: Run, size: number) => size / ms / 1_000;
const perSecond = ({ ms }: Run, size: number) => size / ms * 1_000;
const microseconds = ({ ms }: Run, size: number) => ms * 1_000 / size;

const rate = { unit: "M msg/s", value: millionsPerSecond } as const;
const time = { unit: "µs", value: microseconds } as const;
const births = { unit: "actors/s", value: perSecond } as const;

/** All cases, by name. */
export const WORKLOADS = {
  count: { ...rate, size: 3_000_000, expected: sum },
  "count-object": { ...rate, size: 3_000_000, expected: sum },
  "count-1k": { ...rate, size: 1_000_000, expected: (size) => size * KIB },
  pingpong: { ...time, size: 300_000, expected: itself },
  ask: { ...time, size: 300_000, expected: sum },
  threadring: { ...rate, size: 1_000_000, expected: (size) => size % RING },
  forkjoin: { ...births, size: 300_000, expected: sum },
  skynet: { unit: "s", size: 1_000_000, expected: sum, value: ({ ms }) => ms / 1_000 },
  big: {
    ...{ unit: "M msg/s", size: 20_000, expected: (size) => size * BIG_ACTORS },
    // A ping and its pong.
    value: (run, size) => millionsPerSecond(run, 2 * size * BIG_ACTORS),
  },
  spawn: { ...births, size: 100_000, expected: sum },
  memory: { unit: "B heap", size: 100_000, expected: itself, value: heap },
  restart: { unit: "restarts/s", size: 20_000, expected: itself, value: perSecond },
  timers: { ...time, size: 400, expected: itself },
  "xshard-tell": { ...rate, size: 2_000_000, expected: sum },
  "xshard-ask": { ...time, size: 20_000, expected: sum },
  xport: { ...time, size: 20_000, expected: sum },
  "process-ask": { ...time, size: 3_000, expected: sum },
} as const satisfies Record<string, Workload>;

/** Name of a case. */
export type CaseName = keyof typeof WORKLOADS;

/** The names of all cases. */
export const CASE_NAMES = Object.keys(WORKLOADS) as CaseName[];

/** Whether a case has that name. */
export function isCaseName(name: string): name is CaseName {
  return Object.hasOwn(WORKLOADS, name);
}

/**
 * How much a run of a case does.
 *
 * @param amount So much, when nothing stands against it.
 * @returns The same; for `skynet` the next lower power of its actors' children.
 */
export function fitting(name: CaseName, amount: number): number {
  if (name !== "skynet") return amount;
  let leaves = SKYNET_CHILDREN;
  while (leaves * SKYNET_CHILDREN <= amount) leaves *= SKYNET_CHILDREN;
  return leaves;
}

/**
 * Checks a run, and makes a sample of it.
 *
 * @throws {Error} When its answer is wrong, or it has taken latencies for some operations only.
 */
export function sampleOf(name: CaseName, size: number, run: Run): Sample {
  const workload: Workload = WORKLOADS[name];
  const expected = workload.expected(size);
  if (run.answer !== expected) {
    throw new Error(`the answer is ${run.answer}, and should be ${expected}`);
  }
  const { latencies } = run;
  if (!latencies) return { value: workload.value(run, size) };
  if (latencies.length !== size) {
    throw new Error(`${size} operations took ${latencies.length} latencies`);
  }
  return { latencies };
}

/**
 * The next number of a generator that is the same in every language (Lehmer's, with Park and
 * Miller's constants: `minimal standard`, CACM 31-10).
 *
 * @param state from 1 to 2³¹ − 2
 */
export function nextRandom(state: number): number {
  return state * 16_807 % 2_147_483_647;
}

/** Bytes of the process that one actor takes. */
export function rss({ rssBytes = NaN }: Run, size: number): number {
  return rssBytes / size;
}

function heap({ heapBytes = NaN }: Run, size: number): number {
  return heapBytes / size;
}
