/**
 * Runs the cases of a benchmark: so many runs each, after one that does not count, the median of
 * the runs as the value and the lowest and highest as its spread. What measures is in the groups;
 * what is measured, in the systems.
 *
 * @module
 */
import { median, percentile, rounded, type Spread, spread } from "./statistics.ts";

/** The unit in which a case's goal is stated. */
export type Unit =
  | "ns"
  | "µs"
  | "s"
  | "MB/s"
  | "msg/s"
  | "M msg/s"
  | "calls/s"
  | "actors/s"
  | "restarts/s"
  | "B heap"
  | "B RSS";

/** What a case should reach. */
export type Goal = { readonly atLeast: number } | { readonly atMost: number };

/** A case: one operation of one system. */
export interface Case {
  /** The operation; the same name for the same operation of different systems. */
  readonly name: string;
  /** `macula`, or a peer's name. */
  readonly system: string;
  readonly unit: Unit;
  readonly goal?: Goal;
  /** What a reader must know before comparing. */
  readonly note?: string;
}

/** What one run found; latencies in µs, from which p50 and p99 are taken. */
export interface Sample {
  /** The run's value; its median latency if left out. */
  readonly value?: number;
  readonly latencies?: ArrayLike<number>;
  /** What was counted besides, by name. */
  readonly counts?: Readonly<Record<string, number>>;
}

/** A case's outcome, as it is printed. Latencies in µs. */
export interface Result {
  readonly group: string;
  readonly case: string;
  readonly system: string;
  /** Median of the runs. */
  readonly value: number;
  readonly unit: Unit;
  /** Median over the runs of each run's median; null where no latencies are taken. */
  readonly p50: number | null;
  /** The same of the 99th percentile. */
  readonly p99: number | null;
  readonly runs: number;
  /** The runs' lowest and highest value. */
  readonly spread: Spread;
  readonly goal?: Goal;
  /** Whether the value reaches the goal. */
  readonly met?: boolean;
  /** Sums over the runs of what was counted besides. */
  readonly counts?: Readonly<Record<string, number>>;
  readonly note?: string;
}

/** Where results and remarks go. */
export interface Output {
  result(result: Result): void;
  /** A peer that did not run, or a case that failed. */
  remark(text: string): void;
  /** What is being done now. */
  progress(text: string): void;
}

/** How thoroughly to measure. */
export interface Effort {
  /** Runs that count. */
  readonly runs: number;
  /** What a full run's amount of work is multiplied with: 1, or less. */
  readonly scale: number;
  /** What one run may take before it has failed, in ms. */
  readonly runTimeoutMs: number;
}

/** Several runs of full size. */
export const FULL: Effort = { runs: 5, scale: 1, runTimeoutMs: 60_000 };
/** To see that everything works: its values are coarse. */
export const QUICK: Effort = { runs: 2, scale: 0.04, runTimeoutMs: 15_000 };

/** Thrown by a system that this machine does not have; the message says what is missing. */
export class UnavailableError extends Error {
  override readonly name = "UnavailableError";
}

/** A group of cases, as `deno task bench` names it. */
export interface Group {
  readonly name: string;
  readonly about: string;
  /** Names of its cases. */
  readonly cases: readonly string[];
  run(bench: Bench): Promise<void>;
}

/** Runs the cases of one group. */
export class Bench {
  /** Cases and systems that failed. */
  failures = 0;
  readonly #group: string;
  readonly #effort: Effort;
  readonly #output: Output;
  readonly #only: ReadonlySet<string> | undefined;

  /** @param only the cases to run; all unless named */
  constructor(group: string, effort: Effort, output: Output, only?: ReadonlySet<string>) {
    this.#only = only;
    this.#group = group;
    this.#effort = effort;
    this.#output = output;
  }

  /**
   * How much work a run does.
   *
   * @param full Of a full run.
   * @returns So much, or a part of it in a quick run, and at least 1.
   */
  amount(full: number): number {
    return Math.max(1, Math.round(full * this.#effort.scale));
  }

  /** Whether a case is to run. */
  wants(name: string): boolean {
    return this.#only?.has(name) ?? true;
  }

  /** Leaves out a case of a system that has no such operation, with a remark. */
  leaveOut(name: string, system: string, why: string): void {
    if (this.wants(name)) this.#output.remark(`${this.#group}: ${system} has no ${name}: ${why}`);
  }

  /**
   * Opens a system, measures it and closes it. One that is unavailable is left out with a remark;
   * one that fails is a failure, and the next has its turn.
   */
  async system<S extends AsyncDisposable>(
    name: string,
    open: () => Promise<S>,
    measure: (system: S) => Promise<void>,
  ): Promise<void> {
    try {
      this.#output.progress(`${this.#group}: ${name} starts`);
      await using system = await open();
      await measure(system);
    } catch (error) {
      if (error instanceof UnavailableError) {
        this.#output.remark(`${this.#group}: ${name} is left out: ${error.message}`);
      } else {
        this.#fail(name, error);
      }
    }
  }

  /**
   * Measures a case. When a run fails, the case has failed and has no result.
   *
   * @param run Does the work once and checks its outcome; throws when that is wrong.
   * @returns Its result, if there is one.
   */
  async case(what: Case, run: () => Promise<Sample>): Promise<Result | undefined> {
    if (!this.wants(what.name)) return undefined;
    const { runs, runTimeoutMs } = this.#effort;
    const label = `${what.system} ${what.name}`;
    try {
      const samples: Sample[] = [];
      for (let i = 0; i <= runs; i++) {
        this.#output.progress(`${this.#group}: ${label}, ${i === 0 ? "warm-up" : `run ${i}`}`);
        const sample = await within(runTimeoutMs, run());
        if (i > 0) samples.push(sample);
      }
      const result = resultOf(this.#group, what, samples);
      this.#output.result(result);
      return result;
    } catch (error) {
      this.#fail(label, error);
      return undefined;
    }
  }

  #fail(what: string, error: unknown): void {
    this.failures++;
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    this.#output.remark(`${this.#group}: ${what} failed: ${why}`);
  }
}

/** Sums up the runs of a case, of which there is at least one. */
export function resultOf(group: string, what: Case, samples: readonly Sample[]): Result {
  const values: number[] = [];
  const p50s: number[] = [];
  const p99s: number[] = [];
  const counts: Record<string, number> = {};
  for (const { value, latencies, counts: counted = {} } of samples) {
    if (latencies) {
      p50s.push(percentile(latencies, 50));
      p99s.push(percentile(latencies, 99));
    }
    values.push(value ?? p50s.at(-1) ?? NaN);
    for (const [name, count] of Object.entries(counted)) {
      counts[name] = (counts[name] ?? 0) + count;
    }
  }
  const { least, most } = spread(values);
  const value = median(values);
  const { name, system, unit, goal, note } = what;
  return {
    ...{ group, case: name, system, value: rounded(value), unit },
    p50: p50s.length > 0 ? rounded(median(p50s)) : null,
    p99: p99s.length > 0 ? rounded(median(p99s)) : null,
    runs: samples.length,
    spread: { least: rounded(least), most: rounded(most) },
    ...(goal && { goal, met: isMet(goal, value) }),
    ...(Object.keys(counts).length > 0 && { counts }),
    ...(note !== undefined && { note }),
  };
}

/** Whether a value reaches a goal. */
export function isMet(goal: Goal, value: number): boolean {
  return "atLeast" in goal ? value >= goal.atLeast : value <= goal.atMost;
}

/** Waits no longer than that: a system that stalls must not stall the benchmark. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`a run was not done within ${ms} ms`)),
    ms,
  );
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
