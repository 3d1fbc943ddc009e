import { DEFAULT_BACKOFF_FACTOR, DEFAULT_BACKOFF_JITTER, MAX_BACKOFF_MS } from "./constants.ts";

/** How long a supervisor waits before it restarts what failed. */
export interface BackoffOptions {
  /** Delay before the first restart in milliseconds, above 0. */
  readonly minMs: number;
  /** Longest delay in milliseconds, `minMs` to an hour. */
  readonly maxMs: number;
  /** What each delay is multiplied by for the next one, 1 or more; 2 unless named. */
  readonly factor?: number;
  /** Part of a delay that may be taken off at random, 0 to 1; 0.2 unless named. */
  readonly jitter?: number;
  /** A child that ran for so many milliseconds, above 0, starts anew; `maxMs` unless named. */
  readonly resetMs?: number;
}

/**
 * The arithmetic of delays before restarts: exponential, bounded, and jittered so that what failed
 * together does not come back together (AWS Architecture Blog, "Exponential Backoff And Jitter").
 */
export class Backoff {
  readonly minMs: number;
  readonly maxMs: number;
  readonly factor: number;
  readonly jitter: number;
  readonly resetMs: number;

  /** @throws {RangeError} when a number is out of bounds */
  constructor(options: BackoffOptions) {
    this.minMs = options.minMs;
    this.maxMs = options.maxMs;
    this.factor = options.factor ?? DEFAULT_BACKOFF_FACTOR;
    this.jitter = options.jitter ?? DEFAULT_BACKOFF_JITTER;
    this.resetMs = options.resetMs ?? this.maxMs;
    const { minMs, maxMs, factor, jitter, resetMs } = this;
    if (!(maxMs > 0 && maxMs <= MAX_BACKOFF_MS)) {
      throw new RangeError(
        `backoff.maxMs is ${maxMs}: give a time of more than 0 to an hour, in ms`,
      );
    }
    if (!(minMs > 0 && minMs <= maxMs)) {
      throw new RangeError(
        `backoff.minMs is ${minMs}: give more than 0 and at most maxMs, ${maxMs}`,
      );
    }
    if (!(factor >= 1 && factor < Infinity)) {
      throw new RangeError(`backoff.factor is ${factor}: give a number of 1 or more`);
    }
    if (!(jitter >= 0 && jitter <= 1)) {
      throw new RangeError(`backoff.jitter is ${jitter}: give a part of 0 to 1`);
    }
    if (!(resetMs > 0)) {
      throw new RangeError(`backoff.resetMs is ${resetMs}: give a time of more than 0 ms`);
    }
  }

  /**
   * The delay before a restart.
   *
   * @param streak how many consecutive restarts this one makes, 1 or more
   * @param random from 0 to below 1
   * @returns milliseconds, 0 to `maxMs`
   */
  delayMs(streak: number, random: number): number {
    const whole = Math.min(this.maxMs, this.minMs * this.factor ** (streak - 1));
    return whole * (1 - this.jitter * random);
  }

  /**
   * How many consecutive restarts the next one makes.
   *
   * @param streak how many there were
   * @param ranMs how long the failed child had been running, in milliseconds
   */
  nextStreak(streak: number, ranMs: number): number {
    return ranMs >= this.resetMs ? 1 : streak + 1;
  }
}
