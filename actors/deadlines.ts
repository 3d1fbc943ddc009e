import type { Clock, TimerId } from "./clock.ts";
import { DEADLINE_TICK_MS } from "./constants.ts";

/**
 * Many deadlines on one timer. Keys are grouped by tick, so that setting and clearing one is
 * constant time: almost every ask is answered long before its deadline, and a timer each would
 * cost 7 µs.
 */
export class Deadlines<K> {
  readonly #clock: Clock;
  readonly #onExpired: (key: K) => void;
  readonly #ticks = new Map<number, Set<K>>();
  #timer: TimerId | undefined;
  #armedFor = Infinity;

  /** @param onExpired called once for each key whose time has passed, late by at most one tick */
  constructor(clock: Clock, onExpired: (key: K) => void) {
    this.#clock = clock;
    this.#onExpired = onExpired;
  }

  /** Sets the deadline of `key` to the time `at` (ms of the clock); returns what `clear` needs. */
  set(key: K, at: number): number {
    const tick = Math.ceil(at / DEADLINE_TICK_MS);
    let keys = this.#ticks.get(tick);
    if (!keys) this.#ticks.set(tick, keys = new Set());
    keys.add(key);
    if (tick < this.#armedFor) this.#arm(tick);
    return tick;
  }

  /** Forgets `key`, which `set` filed under `tick`. */
  clear(key: K, tick: number): void {
    const keys = this.#ticks.get(tick);
    if (!keys) return;
    keys.delete(key);
    // The timer is left to fire in vain: to set one and clear it costs 7 µs, an ask less than one.
    if (keys.size === 0) this.#ticks.delete(tick);
  }

  /** The keys whose time has not come. */
  *keys(): Generator<K> {
    for (const keys of this.#ticks.values()) yield* keys;
  }

  /** Forgets everything. */
  close(): void {
    this.#ticks.clear();
    this.#disarm();
  }

  #arm(tick: number): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    this.#armedFor = tick;
    const delay = Math.max(0, tick * DEADLINE_TICK_MS - this.#clock.now());
    this.#timer = this.#clock.setTimer(() => this.#fire(), delay);
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#armedFor = Infinity;
  }

  #fire(): void {
    this.#timer = undefined;
    this.#armedFor = Infinity;
    const now = this.#clock.now();
    const due = [...this.#ticks].filter(([tick]) => tick * DEADLINE_TICK_MS <= now);
    for (const [tick, keys] of due) {
      // What one expiry sets off may clear the deadlines that are due after it.
      for (const key of [...keys]) if (keys.delete(key)) this.#onExpired(key);
      if (keys.size === 0 && this.#ticks.get(tick) === keys) this.#ticks.delete(tick);
    }
    let next = Infinity;
    for (const tick of this.#ticks.keys()) if (tick < next) next = tick;
    if (next < this.#armedFor) this.#arm(next);
  }
}
