import type { Value } from "../values/mod.ts";
import { tellEnvelope } from "./envelope.ts";
import { type Kind, Message } from "./message.ts";

/** What an iterator gave, read once: nobody's getters run later. */
export interface StreamStep {
  readonly done: boolean;
  readonly value: unknown;
}

/** What a reader gets of a handler that answers otherwise. */
export function noStream(handler: string): Error {
  return new TypeError(
    `"${handler}" does not answer with a stream: make it a generator, or ask it instead`,
  );
}

function stepOf(result: IteratorResult<unknown>): StreamStep {
  if (typeof result !== "object" || result === null) {
    throw new TypeError(`the iterator of a stream gave ${typeof result}: give { value, done }`);
  }
  const { done, value } = result;
  return { done: done === true, value };
}

/** The kind of the message by which an actor takes the next item of a stream that it answers with. */
export const STEP = 4 as Kind;

/**
 * A stream that an actor answers with, item by item: an iterator, and the credit of its reader. Its
 * steps queue in the actor's own mailbox, so that other messages are handled between two items.
 */
export class OutStream {
  /** The message that asked for it. */
  readonly message: Message;
  /** What queues in the mailbox for the next item. */
  readonly step: Message;
  /** Whether its reader is gone: what is left to do is to run its `finally` blocks. */
  isLeft = false;
  readonly #iterator: Iterator<unknown> | AsyncIterator<unknown>;
  #credit: number;

  private constructor(message: Message, iterator: Iterator<unknown> | AsyncIterator<unknown>) {
    this.message = message;
    this.#iterator = iterator;
    this.#credit = message.envelope.credit;
    const args = [this as unknown as Value];
    this.step = new Message(STEP, message.handler, args, false, undefined, tellEnvelope({}));
  }

  /** The stream over what a handler returned; an error for its reader, if that is none. */
  static over(message: Message, result: unknown): OutStream | Error {
    if (typeof result === "object" && result !== null) {
      const source = result as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
      if (typeof source[Symbol.asyncIterator] === "function") {
        return new OutStream(message, (source as AsyncIterable<unknown>)[Symbol.asyncIterator]());
      }
      if (typeof source[Symbol.iterator] === "function") {
        return new OutStream(message, (source as Iterable<unknown>)[Symbol.iterator]());
      }
    }
    return noStream(message.handler);
  }

  /** The next item, or a promise of it. */
  next(): StreamStep | Promise<StreamStep> {
    const result = this.#iterator.next();
    return result instanceof Promise ? result.then(stepOf) : stepOf(result);
  }

  /** An item has been sent; whether the next one may follow. */
  spend(): boolean {
    return --this.#credit > 0;
  }

  /** The reader has room for `credit` more; whether the stream stood still for the want of it. */
  grant(credit: number): boolean {
    const stood = this.#credit <= 0;
    this.#credit += credit;
    return stood && this.#credit > 0;
  }

  /** Runs the `finally` blocks of a generator whose reader is gone. */
  cancel(): unknown {
    return this.#iterator.return?.();
  }
}
