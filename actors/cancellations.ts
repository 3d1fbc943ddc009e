import type { Message } from "./message.ts";

/** Stale entries that are tolerated before the messages in the mailbox are looked at. */
const SLACK = 16;

/**
 * Asks that were given up while they wait in a mailbox. They stay where they are and are passed over
 * when their turn comes. Looking for one would be a walk through the mailbox, and asks are given up
 * by the thousand just when the mailbox is long.
 */
export class Cancellations {
  readonly #keys = new Set<string>();

  /** Entries held, stale ones included. */
  get size(): number {
    return this.#keys.size;
  }

  /**
   * Notes that an ask was given up.
   *
   * @param queued the messages in the mailbox, of which there are `count`: a cancel that crossed its
   * reply names a message that is not there, and is forgotten with their help
   */
  add(replyShard: number, correlation: number, queued: Iterable<Message>, count: number): void {
    if (this.#keys.size >= 2 * count + SLACK) this.#prune(queued);
    this.#keys.add(`${replyShard}.${correlation}`);
  }

  /** Whether this message was given up; its entry is used up. */
  take(message: Message): boolean {
    return this.#keys.size > 0 && this.#keys.delete(keyOf(message));
  }

  #prune(queued: Iterable<Message>): void {
    const there = new Set<string>();
    for (const message of queued) there.add(keyOf(message));
    for (const key of this.#keys) if (!there.has(key)) this.#keys.delete(key);
  }
}

function keyOf({ envelope }: Message): string {
  return `${envelope.replyShard}.${envelope.correlation}`;
}
