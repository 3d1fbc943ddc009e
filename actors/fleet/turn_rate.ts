import { RATE_WINDOW_MS } from "./constants.ts";

/** How many turns a shard takes a second: those of the last whole window, or of the first so far. */
export class TurnRate {
  #beganAt: number;
  #turns: number;
  #perSecond: number | undefined;

  constructor(now: number, turns: number) {
    this.#beganAt = now;
    this.#turns = turns;
  }

  /** Says how many there were until now; windows end at such a moment. */
  look(now: number, turns: number): void {
    if (now - this.#beganAt < RATE_WINDOW_MS) return;
    this.#perSecond = this.#sinceBegin(now, turns);
    this.#beganAt = now;
    this.#turns = turns;
  }

  /** Turns a second. */
  perSecond(now: number, turns: number): number {
    this.look(now, turns);
    return this.#perSecond ?? this.#sinceBegin(now, turns);
  }

  #sinceBegin(now: number, turns: number): number {
    const ms = now - this.#beganAt;
    return ms > 0 ? Math.round((turns - this.#turns) * 1000 / ms) : 0;
  }
}
