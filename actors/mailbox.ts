import { DEFAULT_MAILBOX_BOUND } from "./constants.ts";
import { Ring } from "./ring.ts";

/**
 * What a full mailbox does with one message more.
 *
 * - `reject`: the sender of a `send` or `ask` is told; a `tell` becomes a dead letter.
 * - `drop-oldest`: the oldest message makes room and becomes a dead letter.
 * - `drop-newest`: the new message becomes a dead letter; a `send` settles all the same.
 * - `wait`: a `send` or `ask` waits outside until there is room; as many may wait as the mailbox
 *   holds, further ones and every `tell` are rejected.
 */
export type Overflow = "reject" | "drop-oldest" | "drop-newest" | "wait";

/** Size and overflow of a mailbox, as `spawn` takes them. */
export interface MailboxOptions {
  /** Messages it holds, at least 1; {@link DEFAULT_MAILBOX_BOUND} unless named. */
  readonly bound?: number;
  /** `reject` unless named. */
  readonly overflow?: Overflow;
}

/** What became of an offered message. */
export type Offer = "accepted" | "rejected" | "dropped" | "waiting";

const POLICIES: readonly Overflow[] = ["reject", "drop-oldest", "drop-newest", "wait"];

/** The mailbox of an actor whose spawn says nothing about it. */
export const DEFAULT_MAILBOX: MailboxOptions = Object.freeze({});

/** The lane of a mailbox that has never had a message. */
const NO_ITEMS: readonly undefined[] = Object.freeze([]);

/** What is wrong with a mailbox's size or overflow, if anything. */
export function mailboxProblem(options: MailboxOptions): RangeError | undefined {
  const { bound = DEFAULT_MAILBOX_BOUND, overflow = "reject" } = options;
  if (!Number.isSafeInteger(bound) || bound < 1) {
    return new RangeError(`mailbox.bound is ${bound}: give a whole number of at least 1`);
  }
  if (!POLICIES.includes(overflow)) {
    return new RangeError(`mailbox.overflow is "${overflow}": give one of ${POLICIES.join(", ")}`);
  }
  return undefined;
}

/** What a mailbox tells its owner of messages whose fate is decided later than their offer. */
export interface MailboxHost<T> {
  /** `drop-oldest` removed this message. */
  displaced(message: T): void;
  /** This message, which waited outside, is in the mailbox now. */
  admitted(message: T): void;
}

/**
 * A bounded mailbox: first in, first out, in two lanes. Urgent messages go before the others; both
 * lanes, and what its actor has stashed, count towards the bound.
 *
 * Every message that {@link Mailbox.take} and {@link Mailbox.drain} do not return is reported: by
 * the result of {@link Mailbox.offer}, or, for one that `drop-oldest` removed, to the host. Lanes
 * are made when they are first used: most actors have few messages, and there are many actors.
 */
export class Mailbox<T> {
  readonly bound: number;
  readonly overflow: Overflow;
  readonly #host: MailboxHost<T>;
  /** Messages inside, in both lanes and stashed. */
  #size = 0;
  /** The lane of the messages that are not urgent, a circular array as in {@link Ring}. */
  #items: (T | undefined)[] = NO_ITEMS as (T | undefined)[];
  #head = 0;
  #count = 0;
  #urgent: Ring<T> | undefined = undefined;
  #stash: Ring<T> | undefined = undefined;
  #waiting: Ring<{ readonly message: T; readonly urgent: boolean }> | undefined = undefined;

  /**
   * @param options size and overflow
   * @throws {RangeError} when the bound is not a positive whole number or the policy is unknown
   */
  constructor(options: MailboxOptions, host: MailboxHost<T>) {
    const { bound = DEFAULT_MAILBOX_BOUND, overflow = "reject" } = options;
    if (options !== DEFAULT_MAILBOX) {
      const problem = mailboxProblem(options);
      if (problem) throw problem;
    }
    this.bound = bound;
    this.overflow = overflow;
    this.#host = host;
  }

  /** Messages in the mailbox, without those that wait outside. */
  get size(): number {
    return this.#size;
  }

  /** Messages that wait outside for room. */
  get waiting(): number {
    return this.#waiting?.size ?? 0;
  }

  /** Messages that its actor has put aside. */
  get stashed(): number {
    return this.#stash?.size ?? 0;
  }

  /** Whether there is a message to take. */
  get ready(): boolean {
    return this.#count > 0 || (this.#urgent !== undefined && this.#urgent.size > 0);
  }

  /** Takes in a message that is not urgent, if there is room: the common case of an offer. */
  accept(message: T): boolean {
    if (this.#size >= this.bound) return false;
    this.#size++;
    if (this.#count === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#count++) & (this.#items.length - 1)] = message;
    return true;
  }

  /** Offers a message; `mayWait` says whether its sender can wait for room. */
  offer(message: T, mayWait: boolean, urgent = false): Offer {
    if (this.#size < this.bound) {
      this.#push(message, urgent);
      return "accepted";
    }
    switch (this.overflow) {
      case "drop-oldest": {
        const oldest = this.#shift() ?? (urgent ? this.#urgent?.shift() : undefined);
        if (oldest === undefined) return "dropped"; // all that is inside goes before it, or is put aside
        this.#size--;
        this.#push(message, urgent);
        this.#host.displaced(oldest);
        return "accepted";
      }
      case "drop-newest":
        return "dropped";
      case "wait":
        if (!mayWait || this.waiting >= this.bound) return "rejected";
        (this.#waiting ??= new Ring()).push({ message, urgent });
        return "waiting";
      case "reject":
        return "rejected";
    }
  }

  /** Puts a message in that is part of one that was taken already, whatever the bound. */
  resume(message: T): void {
    this.#push(message, false);
  }

  /** Takes the oldest urgent message, or else the oldest; the first that waits takes its place. */
  take(): T | undefined {
    let message: T | undefined;
    if (this.#urgent !== undefined) message = this.#urgent.shift();
    if (message === undefined) {
      if (this.#count === 0) return undefined;
      const at = this.#head;
      message = this.#items[at];
      this.#items[at] = undefined;
      this.#head = (at + 1) & (this.#items.length - 1);
      this.#count--;
    }
    this.#size--;
    if (this.#waiting !== undefined) this.#admit();
    return message;
  }

  /** Puts a message aside that was taken; false when the bound leaves no room for it. */
  stash(message: T): boolean {
    if (this.#size >= this.bound) return false;
    (this.#stash ??= new Ring()).push(message);
    this.#size++;
    return true;
  }

  /** Puts what was stashed before all others that are not urgent, in the order of stashing. */
  unstash(): void {
    const stash = this.#stash;
    if (!stash) return;
    for (let message; (message = stash.pop()) !== undefined;) {
      if (this.#count === this.#items.length) this.#grow();
      this.#head = (this.#head - 1) & (this.#items.length - 1);
      this.#items[this.#head] = message;
      this.#count++;
    }
  }

  /**
   * Empties it: urgent, stashed and other messages, each oldest first; those that waited outside are
   * not admitted, and come last.
   */
  *drain(): Generator<T> {
    this.unstash();
    for (let message; (message = this.#urgent?.shift()) !== undefined;) yield message;
    for (let message; (message = this.#shift()) !== undefined;) yield message;
    this.#size = 0;
    for (let next; (next = this.#waiting?.shift()) !== undefined;) yield next.message;
  }

  /** Everything in it and before it, in the order of {@link Mailbox.drain}, without taking. */
  *[Symbol.iterator](): Generator<T> {
    if (this.#urgent) yield* this.#urgent;
    if (this.#stash) yield* this.#stash;
    for (let i = 0; i < this.#count; i++) {
      yield this.#items[(this.#head + i) & (this.#items.length - 1)] as T;
    }
    if (this.#waiting) { for (const { message } of this.#waiting) yield message; }
  }

  #push(message: T, urgent: boolean): void {
    this.#size++;
    if (urgent) return (this.#urgent ??= new Ring()).push(message);
    if (this.#count === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#count++) & (this.#items.length - 1)] = message;
  }

  /** The oldest that is not urgent. */
  #shift(): T | undefined {
    if (this.#count === 0) return undefined;
    const message = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.#count--;
    return message;
  }

  #grow(): void {
    const { length } = this.#items;
    const grown = new Array<T | undefined>(length === 0 ? 4 : length * 2);
    for (let i = 0; i < this.#count; i++) grown[i] = this.#items[(this.#head + i) & (length - 1)];
    this.#items = grown;
    this.#head = 0;
  }

  #admit(): void {
    if (this.#size >= this.bound) return;
    const next = this.#waiting?.shift();
    if (!next) return;
    this.#push(next.message, next.urgent);
    this.#host.admitted(next.message);
  }
}
