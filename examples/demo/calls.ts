/** One call of the station's procedure, as the caller saw it. */
export interface Call {
  /** When it was made and when it ended, in ms since 1970. */
  readonly begun: number;
  readonly ended: number;
  /** The answer; of a call that failed, the error. */
  readonly outcome: Answer | { readonly error: string };
}

/** What the caller takes from an answer. */
export interface Answer {
  /** Id of the node that answered. */
  readonly by: string;
  /** Readings that it knew of. */
  readonly received: number;
  /** How long it took, in milliseconds. */
  readonly tookMs: number;
}

/** Calls and how long they took. */
export interface CallFigures {
  readonly calls: number;
  readonly failed: number;
  /** Half of the calls that succeeded took no longer, in microseconds; `null` without any. */
  readonly p50_us: number | null;
  /** 99 of 100 took no longer, in microseconds. */
  readonly p99_us: number | null;
}

/** The answer of a call; `undefined` of one that failed. */
export function answerOf({ outcome }: Call): Answer | undefined {
  return "error" in outcome ? undefined : outcome;
}

/** Counts calls; the time of those that failed does not count. */
export function callFigures(calls: readonly Call[]): CallFigures {
  const sorted = calls.flatMap((call) => answerOf(call)?.tookMs ?? [])
    .map((ms) => Math.round(ms * 1_000)).sort((a, b) => a - b);
  return {
    calls: calls.length,
    failed: calls.length - sorted.length,
    p50_us: percentile(sorted, 50),
    p99_us: percentile(sorted, 99),
  };
}

/**
 * A percentile by nearest rank.
 *
 * @param sorted ascending
 * @param percent above 0, at most 100
 * @returns the smallest value that so many percent of the values do not exceed; `null` of none
 */
export function percentile(sorted: readonly number[], percent: number): number | null {
  return sorted[Math.ceil(sorted.length * percent / 100) - 1] ?? null;
}
