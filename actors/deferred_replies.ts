import type { Envelope } from "./envelope.ts";
import type { Message } from "./message.ts";

/** Who waits, as it is named when it waits no more: its envelope, in its own shard, or two numbers. */
export interface Given {
  readonly replyShard: number;
  readonly correlation: number;
}

interface Deferred {
  readonly message: Message;
  /** Aborts the message's signal, if that was looked at. */
  abort: AbortController | undefined;
}

/**
 * Asks whose reply an actor has deferred. They are found at once by whatever names them: when what an
 * actor waits for hangs, they are given up by the thousand.
 */
export class DeferredReplies {
  readonly #replies = new Map<Envelope, Deferred>();
  /** Those of other shards, by the numbers that name them. */
  readonly #byNumber = new Map<string, Envelope>();

  add(message: Message): void {
    const { envelope } = message;
    this.#replies.set(envelope, { message, abort: undefined });
    if (envelope.correlation !== 0) this.#byNumber.set(keyOf(envelope), envelope);
  }

  /** Notes what aborts the message's signal, if its reply is deferred. */
  setAbort({ envelope }: Message, abort: AbortController | undefined): void {
    const deferred = this.#replies.get(envelope);
    if (deferred) deferred.abort = abort;
  }

  /** The signal of a message whose reply is deferred; `undefined` for any other. */
  signalOf({ envelope }: Message): AbortSignal | undefined {
    const deferred = this.#replies.get(envelope);
    return deferred && (deferred.abort ??= new AbortController()).signal;
  }

  /** A reply is given; false when none is owed. */
  delete({ envelope }: Message): boolean {
    this.#byNumber.delete(keyOf(envelope));
    return this.#replies.delete(envelope);
  }

  /** Nobody waits any more: nothing is owed, and the message's signal is aborted. */
  giveUp(given: Given): boolean {
    const envelope = this.#replies.has(given as Envelope)
      ? given as Envelope
      : this.#byNumber.get(keyOf(given));
    const deferred = envelope && this.#replies.get(envelope);
    if (!deferred) return false;
    this.delete(deferred.message);
    deferred.message.envelope.givenUp = true;
    deferred.abort?.abort();
    return true;
  }

  /** Takes all that is owed. */
  takeAll(): Message[] {
    const owed = [...this.#replies.values()].map(({ message }) => message);
    this.#replies.clear();
    this.#byNumber.clear();
    return owed;
  }

  /** The incarnation has ended. */
  abortAll(): void {
    for (const { abort } of this.#replies.values()) abort?.abort();
  }
}

/** Whether an envelope is the one that is named. */
export function isGiven(envelope: Envelope, given: Given): boolean {
  return envelope === given ||
    (given.correlation !== 0 && envelope.correlation === given.correlation &&
      envelope.replyShard === given.replyShard);
}

function keyOf({ replyShard, correlation }: Given): string {
  return `${replyShard}.${correlation}`;
}
