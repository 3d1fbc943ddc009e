import type { RefAddress } from "../values/mod.ts";
import type { Clock, TimerId } from "./clock.ts";
import { EndedError } from "./errors.ts";
import { Ring } from "./ring.ts";
import { lateError } from "./waiters.ts";

/** What a reader needs of its shard. */
export interface StreamSource {
  readonly clock: Clock;
  readonly to: RefAddress;
  readonly handler: string;
  /** How long the reader waits for an item, in ms. */
  readonly deadlineMs: number;
  /** Items that may be under way or wait to be read. */
  readonly credit: number;
  readonly signal: AbortSignal | undefined;
  revive(value: unknown): unknown;
  /** Asks for the stream; throws where it cannot be asked for. */
  start(): void;
  /** Gives the sender room for so many more. */
  grant(credit: number): void;
  /** Tells the sender that nobody reads any more. */
  cancel(): void;
  /** Nothing is expected any more. */
  ended(): void;
}

/**
 * The reading end of a reply that is a stream: asks for it with the first `next()`, gives credit as
 * it is read, and ends it when the loop that reads it is left.
 */
export class StreamReader implements AsyncIterableIterator<unknown> {
  /** Taken back when it ends: its hold on the incarnation that reads. */
  release: Disposable | undefined;
  readonly #source: StreamSource;
  readonly #items = new Ring<{ readonly value: unknown }>();
  readonly #waiting = new Ring<PromiseWithResolvers<IteratorResult<unknown>>>();
  #state: "idle" | "open" | "over" = "idle";
  #error: unknown;
  #read = 0;
  #timer: TimerId | undefined;

  constructor(source: StreamSource) {
    this.#source = source;
  }

  /** Who sends it. */
  get to(): RefAddress {
    return this.#source.to;
  }

  /** The handler that makes it. */
  get handler(): string {
    return this.#source.handler;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next item; rejects when the stream fails, or sends nothing within its deadline. */
  next(): Promise<IteratorResult<unknown>> {
    if (this.#state === "idle") this.#open();
    const item = this.#items.shift();
    if (item) {
      this.#grant();
      return Promise.resolve({ done: false, value: this.#source.revive(item.value) });
    }
    if (this.#state === "over") return this.#last();
    const next = Promise.withResolvers<IteratorResult<unknown>>();
    this.#waiting.push(next);
    this.#arm();
    return next.promise;
  }

  /** Ends the reading: the sender's generator runs its `finally` blocks. */
  return(value?: unknown): Promise<IteratorResult<unknown>> {
    this.#giveUp(undefined);
    return Promise.resolve({ done: true, value });
  }

  /** An item has arrived. */
  push(value: unknown): void {
    if (this.#state === "over") return; // it was on its way when the stream was left
    const next = this.#waiting.shift();
    if (!next) return this.#items.push({ value });
    this.#disarm();
    if (this.#waiting.size > 0) this.#arm();
    this.#grant();
    next.resolve({ done: false, value: this.#source.revive(value) });
  }

  /** The stream has ended well; what has arrived can still be read. */
  end(): void {
    this.#over(undefined);
  }

  /** The stream has failed; what has arrived can still be read. */
  fail(error: unknown): void {
    this.#over(error);
  }

  /** Its reader's incarnation has ended. */
  abandon(): void {
    // A stream that is over lets go of its reader's incarnation, which reads on what has arrived.
    if (this.#state !== "over") {
      this.#giveUp(new EndedError(`who read "${this.handler}" has ended`));
    }
  }

  #open(): void {
    this.#state = "open";
    const { signal } = this.#source;
    try {
      signal?.throwIfAborted();
      this.#source.start();
      signal?.addEventListener("abort", this.#aborted, { once: true });
    } catch (error) {
      this.#over(error);
    }
  }

  readonly #aborted = (): void => this.#giveUp(this.#source.signal?.reason);

  /** Gives back credit in halves of the window, not one by one. */
  #grant(): void {
    const half = Math.ceil(this.#source.credit / 2);
    if (++this.#read < half || this.#state !== "open") return;
    this.#source.grant(this.#read);
    this.#read = 0;
  }

  #giveUp(error: unknown): void {
    const open = this.#state === "open";
    while (this.#items.shift()) { /* nobody reads them */ }
    this.#over(error);
    if (open) this.#source.cancel();
  }

  #over(error: unknown): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#error = error;
    this.#disarm();
    this.#source.signal?.removeEventListener("abort", this.#aborted);
    this.#source.ended();
    this.release?.[Symbol.dispose]();
    for (let next; (next = this.#waiting.shift()) !== undefined;) {
      this.#last().then(next.resolve, next.reject);
    }
  }

  /** The end of the stream: its error once, then that it is done. */
  #last(): Promise<IteratorResult<unknown>> {
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) return Promise.reject(error);
    return Promise.resolve({ done: true, value: undefined });
  }

  #arm(): void {
    const { clock, deadlineMs, handler, to } = this.#source;
    this.#timer ??= clock.setTimer(() => {
      this.#timer = undefined;
      this.#giveUp(lateError(handler, to, deadlineMs));
    }, deadlineMs);
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#source.clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }
}
