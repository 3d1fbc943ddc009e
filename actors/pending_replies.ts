import type { RefAddress } from "../values/mod.ts";
import type { Clock } from "./clock.ts";
import { Deadlines } from "./deadlines.ts";
import { DeadlineError, EndedError } from "./errors.ts";
import type { Incarnation } from "./incarnation.ts";

/** A promise that code of this shard waits for. */
export interface PendingReply {
  readonly to: RefAddress;
  readonly handler: string;
  readonly owner: Incarnation | undefined;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly deadlineMs: number;
  /** What `Deadlines.clear` needs; -1 without a deadline. */
  readonly tick: number;
  readonly unsubscribe: (() => void) | undefined;
}

/** What is waited for. */
export interface Awaited {
  readonly to: RefAddress;
  readonly handler: string;
  readonly owner: Incarnation | undefined;
  /** Milliseconds from now; `Infinity` for none. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * The promises that the code of one shard waits for: each is settled once, by whatever comes first
 * of reply, failure, deadline, abort, and the end of the shard that was to answer.
 */
export class PendingReplies {
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #onGivenUp: (to: RefAddress, correlation: number) => void;
  readonly #pending = new Map<number, PendingReply>();
  #nextCorrelation = 1;

  /** @param onGivenUp called when nobody waits any more for what is under way or being handled */
  constructor(clock: Clock, onGivenUp: (to: RefAddress, correlation: number) => void) {
    this.#clock = clock;
    this.#onGivenUp = onGivenUp;
    this.#deadlines = new Deadlines(clock, (correlation) => this.#expired(correlation));
  }

  /** A number for the next promise: it travels with the message, and the reply names it. */
  next(): number {
    return this.#nextCorrelation++;
  }

  /** Makes the promise of that number. */
  open(correlation: number, awaited: Awaited): Promise<unknown> {
    const { to, handler, owner, deadlineMs, signal } = awaited;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    let unsubscribe: (() => void) | undefined;
    if (signal) {
      const abort = () => this.#giveUp(correlation, signal.reason);
      signal.addEventListener("abort", abort, { once: true });
      // Once it is aborted the listener is gone, and looking for it walks past all others.
      unsubscribe = () => signal.aborted || signal.removeEventListener("abort", abort);
    }
    const tick = deadlineMs === Infinity
      ? -1
      : this.#deadlines.set(correlation, this.#clock.now() + deadlineMs);
    this.#pending.set(correlation, {
      ...{ to, handler, owner, resolve, reject, deadlineMs, tick, unsubscribe },
    });
    return promise;
  }

  /** Takes a promise out to settle it; `undefined` when it is settled already. */
  take(correlation: number): PendingReply | undefined {
    const pending = this.#pending.get(correlation);
    if (!pending) return undefined;
    this.#pending.delete(correlation);
    if (pending.tick >= 0) this.#deadlines.clear(correlation, pending.tick);
    pending.unsubscribe?.();
    return pending;
  }

  /** Rejects what waits for a shard that is gone. */
  shardLost(shard: number): void {
    for (const [correlation, { to, handler }] of [...this.#pending]) {
      if (to.shard !== shard) continue;
      const error = new EndedError(`shard ${shard} was lost before it answered "${handler}"`, {
        reason: "shard-lost",
      });
      this.take(correlation)?.reject(error);
    }
  }

  /** Rejects everything. */
  close(): void {
    for (const correlation of [...this.#pending.keys()]) {
      this.take(correlation)?.reject(
        new EndedError("the actor system has stopped", { reason: "shutdown" }),
      );
    }
    this.#deadlines.close();
  }

  #expired(correlation: number): void {
    const pending = this.#pending.get(correlation);
    if (!pending) return;
    const { handler, to, deadlineMs } = pending;
    const waited = Math.round(deadlineMs);
    this.#giveUp(
      correlation,
      new DeadlineError(
        `no reply to "${handler}" from ref ${to.shard}.${to.slot} within ${waited} ms: it may or ` +
          `may not have run; ask with a longer deadlineMs if it is slow`,
        { handler, deadlineMs },
      ),
    );
  }

  #giveUp(correlation: number, error: unknown): void {
    const pending = this.take(correlation);
    if (!pending) return;
    pending.reject(error);
    this.#onGivenUp(pending.to, correlation);
  }
}
