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

/**
 * A bounded first-in first-out mailbox.
 *
 * Every message that {@link Mailbox.take} and {@link Mailbox.drain} do not return is reported: by the result of
 * {@link Mailbox.offer}, or, for one that `drop-oldest` removed, through `onDisplaced`.
 */
export class Mailbox<T> {
  readonly bound: number;
  readonly overflow: Overflow;
  readonly #queue = new Ring<T>();
  readonly #waiting = new Ring<T>();
  readonly #onDisplaced: (message: T) => void;
  readonly #onAdmitted: (message: T) => void;

  /**
   * @param options size and overflow
   * @param onDisplaced called with a message that `drop-oldest` removed
   * @param onAdmitted called when a message that waited has moved into the mailbox
   * @throws {RangeError} when the bound is not a positive whole number or the policy is unknown
   */
  constructor(
    options: MailboxOptions,
    onDisplaced: (message: T) => void,
    onAdmitted: (message: T) => void,
  ) {
    const problem = mailboxProblem(options);
    if (problem) throw problem;
    this.bound = options.bound ?? DEFAULT_MAILBOX_BOUND;
    this.overflow = options.overflow ?? "reject";
    this.#onDisplaced = onDisplaced;
    this.#onAdmitted = onAdmitted;
  }

  /** Messages in the mailbox, without those that wait outside. */
  get size(): number {
    return this.#queue.size;
  }

  /** Messages that wait outside for room. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Offers a message; `mayWait` says whether its sender can wait for room. */
  offer(message: T, mayWait: boolean): Offer {
    if (this.#queue.size < this.bound) {
      this.#queue.push(message);
      return "accepted";
    }
    switch (this.overflow) {
      case "drop-oldest": {
        const oldest = this.#queue.shift();
        this.#queue.push(message);
        if (oldest !== undefined) this.#onDisplaced(oldest);
        return "accepted";
      }
      case "drop-newest":
        return "dropped";
      case "wait":
        if (!mayWait || this.#waiting.size >= this.bound) return "rejected";
        this.#waiting.push(message);
        return "waiting";
      case "reject":
        return "rejected";
    }
  }

  /** Takes the oldest message; the first that waits outside, if any, takes the free place. */
  take(): T | undefined {
    const message = this.#queue.shift();
    if (message !== undefined && this.#waiting.size > 0) {
      const admitted = this.#waiting.shift() as T;
      this.#queue.push(admitted);
      this.#onAdmitted(admitted);
    }
    return message;
  }

  /** Empties it, oldest first; those that waited outside are not admitted, and come last. */
  *drain(): Generator<T> {
    for (let message; (message = this.#queue.shift()) !== undefined;) yield message;
    for (let message; (message = this.#waiting.shift()) !== undefined;) yield message;
  }

  /** Everything in it and before it, oldest first, without taking. */
  *[Symbol.iterator](): Generator<T> {
    yield* this.#queue;
    yield* this.#waiting;
  }
}
