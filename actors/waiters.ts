import type { RefAddress } from "../values/mod.ts";
import type { Clock } from "./clock.ts";
import { Deadlines } from "./deadlines.ts";
import { DeadlineError, EndedError } from "./errors.ts";
import { Ring } from "./ring.ts";
import type { Waiter } from "./waiter.ts";

/**
 * The promises that the code of one shard waits for: each is settled once, by whatever comes first
 * of reply, failure, deadline, abort, and the end of the shard that was to answer.
 *
 * Most asks within a shard are answered in the turn in which they were made. Those touch no table
 * and read no clock: a waiter gets its deadline at the end of the turn, if it still waits.
 */
export class Waiters {
  readonly #clock: Clock;
  readonly #deadlines: Deadlines<Waiter>;
  readonly #onGivenUp: (waiter: Waiter) => void;
  /** Asked in this turn. */
  #fresh: Waiter[] = [];
  /** Those whose message has left the shard, by the number that the reply will name. */
  readonly #abroad = new Map<number, Waiter>();
  /** Those of this shard that wait without a deadline: sends that wait for room. */
  readonly #patient = new Set<Waiter>();
  #nextCorrelation = 1;
  /** Whom nobody has told yet that they are given up. */
  readonly #givenUp = new Ring<Waiter>();
  #isTelling = false;

  /** @param onGivenUp called when nobody waits any more for what is under way or being handled */
  constructor(clock: Clock, onGivenUp: (waiter: Waiter) => void) {
    this.#clock = clock;
    this.#onGivenUp = onGivenUp;
    this.#deadlines = new Deadlines(clock, (waiter) => this.#expired(waiter));
  }

  /** Takes a new waiter; one with a signal is given up when that is aborted. */
  add(waiter: Waiter, signal: AbortSignal | undefined): void {
    if (signal) {
      const abort = () => this.giveUp(waiter, signal.reason);
      signal.addEventListener("abort", abort, { once: true });
      // Once it is aborted the listener is gone, and looking for it walks past all others.
      waiter.unsubscribe = () => signal.aborted || signal.removeEventListener("abort", abort);
    }
    if (waiter.ms === Infinity) this.#patient.add(waiter);
    else this.#fresh.push(waiter);
  }

  /** Gives a waiter a number: its message leaves the shard. */
  number(waiter: Waiter): number {
    waiter.correlation = this.#nextCorrelation++;
    this.#abroad.set(waiter.correlation, waiter);
    return waiter.correlation;
  }

  /** A number that no waiter has: for what else is answered from another shard. */
  nextNumber(): number {
    return this.#nextCorrelation++;
  }

  /** The waiter of that number; `undefined` when it is settled already. */
  find(correlation: number): Waiter | undefined {
    return this.#abroad.get(correlation);
  }

  /** Takes a waiter off the lists to settle it; false when it is settled already. */
  take(waiter: Waiter): boolean {
    if (waiter.settled) return false;
    waiter.settled = true;
    if (waiter.tick >= 0) this.#deadlines.clear(waiter, waiter.tick);
    if (waiter.correlation !== 0) this.#abroad.delete(waiter.correlation);
    if (waiter.ms === Infinity) this.#patient.delete(waiter);
    waiter.unsubscribe?.();
    return true;
  }

  /** The turn ends: what was asked in it and still waits gets its deadline. */
  endTurn(): void {
    const fresh = this.#fresh;
    if (fresh.length === 0) return;
    this.#fresh = [];
    let now = NaN;
    for (const waiter of fresh) {
      if (waiter.settled) continue;
      if (Number.isNaN(now)) now = this.#clock.now();
      waiter.stamp(now);
      waiter.tick = this.#deadlines.set(waiter, waiter.deadline);
    }
  }

  /** Rejects what waits for a shard that is gone. */
  shardLost(shard: number): void {
    for (const waiter of [...this.#abroad.values()]) {
      if (waiter.to.shard !== shard || !this.take(waiter)) continue;
      waiter.reject(
        new EndedError(`shard ${shard} was lost before it answered "${waiter.handler}"`, {
          reason: "shard-lost",
        }),
      );
    }
  }

  /** Rejects everything. */
  close(): void {
    this.endTurn();
    const all = new Set([...this.#abroad.values(), ...this.#patient, ...this.#deadlines.keys()]);
    for (const waiter of all) {
      if (!this.take(waiter)) continue;
      waiter.reject(new EndedError("the actor system has stopped", { reason: "shutdown" }));
    }
    this.#deadlines.close();
  }

  /** Rejects a promise for which nothing is to come any more, and tells who would answer. */
  giveUp(waiter: Waiter, error: unknown): void {
    if (!this.take(waiter)) return;
    waiter.givenUp = true;
    waiter.reject(error);
    this.#givenUp.push(waiter);
    if (this.#isTelling) return; // a chain of asks that share a signal would exhaust the stack
    this.#isTelling = true;
    try {
      for (let next; (next = this.#givenUp.shift()) !== undefined;) this.#onGivenUp(next);
    } finally {
      this.#isTelling = false;
    }
  }

  #expired(waiter: Waiter): void {
    waiter.tick = -1;
    const { handler, to } = waiter;
    this.giveUp(waiter, lateError(handler, to, waiter.ms));
  }
}

/** What an asker gets whose deadline has passed. */
export function lateError(handler: string, to: RefAddress, deadlineMs: number): Error {
  return new DeadlineError(
    `no reply to "${handler}" from ref ${to.shard}.${to.slot} within ${
      Math.round(deadlineMs)
    } ms: ` +
      `it may or may not have run; ask with a longer deadlineMs if it is slow`,
    { handler, deadlineMs },
  );
}
