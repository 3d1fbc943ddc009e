/** Calls and how long they took. */
export interface CallFigures {
  readonly calls: number;
  readonly failed: number;
  /** Half of the calls that succeeded took no longer, in microseconds; `null` without any. */
  readonly p50_us: number | null;
  /** 99 of 100 took no longer, in microseconds. */
  readonly p99_us: number | null;
}

/** Counts calls and their latencies. */
export class CallTimes {
  readonly #micros: number[] = [];
  #failed = 0;

  /** A call has succeeded after so many milliseconds. */
  succeeded(ms: number): void {
    this.#micros.push(Math.round(ms * 1_000));
  }

  /** A call has failed; its time does not count. */
  failed(): void {
    this.#failed++;
  }

  get figures(): CallFigures {
    const sorted = this.#micros.toSorted((a, b) => a - b);
    return {
      calls: sorted.length + this.#failed,
      failed: this.#failed,
      p50_us: percentile(sorted, 50),
      p99_us: percentile(sorted, 99),
    };
  }
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
