import { PINGS_PER_TIMEOUT } from "./constants.ts";

/** What to do at a tick of the watchdog. */
export type Verdict = "ping" | "stuck";

/**
 * Judges whether a process still answers: plain arithmetic over the times that it is told.
 *
 * A process is stuck when it was silent for the whole time-out. Time in which its judge stood still
 * counts for little: the answers may lie in a pipe that nobody could read meanwhile.
 */
export class Watchdog {
  /** Milliseconds between two ticks. */
  readonly periodMs: number;
  readonly #timeoutMs: number;
  #silentMs = 0;
  #lastTick: number;

  /**
   * @param timeoutMs how long a process may be silent
   * @param now when it began to answer, on the clock that ticks are told by
   */
  constructor(timeoutMs: number, now: number) {
    this.#timeoutMs = timeoutMs;
    this.periodMs = timeoutMs / PINGS_PER_TIMEOUT;
    this.#lastTick = now;
  }

  /** The process answered. */
  answered(): void {
    this.#silentMs = 0;
  }

  /** A period is over: says whether to ping again or to give the process up. */
  tick(now: number): Verdict {
    // At most one and a half periods, however late this tick is: between two ticks there is always
    // a turn in which an answer can be read.
    this.#silentMs += Math.min(now - this.#lastTick, 1.5 * this.periodMs);
    this.#lastTick = now;
    return this.#silentMs >= this.#timeoutMs ? "stuck" : "ping";
  }
}
