import type { Clock, TimerId } from "../clock.ts";

/** Calls `look` again and again, until it is closed. */
export class Watchdog {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #look: (now: number) => void;
  #timer: TimerId | undefined;
  #closed = false;

  /**
   * @param everyMs time from one look to the next, in milliseconds
   * @param look called with the time, in milliseconds
   */
  constructor(clock: Clock, everyMs: number, look: (now: number) => void) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#look = look;
    this.#arm();
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
  }

  #arm(): void {
    this.#timer = this.#clock.setTimer(() => {
      this.#timer = undefined;
      this.#look(this.#clock.now());
      // Not before the event loop has come round here: a late clock that fires several timers at once
      // must not count as several looks, between which no shard could have done anything.
      queueMicrotask(() => {
        if (!this.#closed) this.#arm();
      });
    }, this.#everyMs);
  }
}
