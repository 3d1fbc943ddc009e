import type { RefAddress } from "../values/mod.ts";
import { Envelope } from "./envelope.ts";
import type { Incarnation } from "./incarnation.ts";
import type { RefOptions } from "./ref.ts";

/**
 * A promise that code of this shard waits for, and the envelope of the message that it waits for:
 * within a shard the message leads to the promise without any table.
 */
export class Waiter extends Envelope {
  /** Whose reply it is; known later than the message where that goes to a name. */
  to: RefAddress;
  readonly handler: string;
  readonly owner: Incarnation | undefined;
  readonly promise: Promise<unknown>;
  /** Milliseconds to wait from when it was made; `Infinity` for ever. */
  ms: number;
  /** The envelope of the message being handled when this was asked: it bounds the deadline. */
  within: Envelope | undefined;
  settled = false;
  /** What `Deadlines.clear` needs; -1 while it has no deadline there. */
  tick = -1;
  /** Takes the listener off the asker's signal. */
  unsubscribe: (() => void) | undefined = undefined;
  #resolve!: (value: unknown) => void;
  #reject!: (error: unknown) => void;

  constructor(
    shard: number,
    to: RefAddress,
    handler: string,
    owner: Incarnation | undefined,
    ms: number,
    within: Envelope | undefined,
    { caller, priority = false, bytes = 0 }: RefOptions,
  ) {
    super(shard, 0, caller, priority, ms === Infinity ? Infinity : NaN, 0, bytes);
    this.to = to;
    this.handler = handler;
    this.owner = owner;
    this.ms = ms;
    this.within = within;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Fixes the deadline, now that the time is known. */
  stamp(now: number): void {
    if (this.within) this.ms = Math.max(0, Math.min(this.ms, this.within.remainingMs(now)));
    this.deadline = now + this.ms;
    this.within = undefined; // a chain of asks must not keep all that led to it
  }

  override remainingMs(now: number): number {
    if (!Number.isNaN(this.deadline)) return this.deadline - now;
    return this.within ? Math.min(this.ms, this.within.remainingMs(now)) : this.ms;
  }

  /** Settles the promise; {@link Waiters} has taken it off its lists. */
  resolve(value: unknown): void {
    this.#resolve(value);
  }

  /** Rejects the promise; {@link Waiters} has taken it off its lists. */
  reject(error: unknown): void {
    this.#reject(error);
  }
}
