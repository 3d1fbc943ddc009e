import { inTurn, type Reading } from "./heartbeat.ts";

/** That a shard has not answered for some time, or that it does again. */
export interface Finding {
  readonly type: "stuck" | "answering";
  /** Slot of the actor that has been running, or that had the last turn. */
  readonly slot: number;
  /** Whether that actor has been running all the time. */
  readonly inTurn: boolean;
  /** How long the shard did not answer, in milliseconds. */
  readonly forMs: number;
}

/**
 * Judges whether a shard still answers, by what its heartbeat says at each tick: plain arithmetic
 * over what it is told. A shard is stuck that neither began nor ended a turn, nor came round its event
 * loop, for as long as is allowed; it answers when it does any of these.
 *
 * Time in which its judge stood still counts for little: a machine that slept was no shard's fault.
 */
export class ShardWatch {
  readonly #everyMs: number;
  readonly #stuckAfterMs: number;
  #last: Reading;
  #lastTick: number;
  #silentMs = 0;
  #stuck = false;

  /**
   * @param everyMs time between two ticks
   * @param stuckAfterMs how long a shard may not answer
   * @param now milliseconds, on the clock that ticks are told by
   * @param reading what its heartbeat says now
   */
  constructor(everyMs: number, stuckAfterMs: number, now: number, reading: Reading) {
    this.#everyMs = everyMs;
    this.#stuckAfterMs = stuckAfterMs;
    this.#lastTick = now;
    this.#last = reading;
  }

  /** What has been found last, and not been taken back, with the time until the last tick. */
  get stuck(): Finding | undefined {
    return this.#stuck ? this.#finding("stuck") : undefined;
  }

  /** Looks at the shard; returns what there is to tell, if anything. */
  tick(now: number, reading: Reading): Finding | undefined {
    const passedMs = Math.min(now - this.#lastTick, 1.5 * this.#everyMs);
    this.#lastTick = now;
    const { turns, beats } = this.#last;
    if (reading.turns === turns && reading.beats === beats) {
      this.#silentMs += passedMs;
      if (this.#stuck || this.#silentMs < this.#stuckAfterMs) return undefined;
      this.#stuck = true;
      return this.#finding("stuck");
    }
    const answering = this.#stuck ? this.#finding("answering") : undefined;
    this.#stuck = false;
    this.#silentMs = 0;
    this.#last = reading;
    return answering;
  }

  #finding(type: Finding["type"]): Finding {
    return { type, slot: this.#last.slot, inTurn: inTurn(this.#last), forMs: this.#silentMs };
  }
}
