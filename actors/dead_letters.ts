import { DEAD_LETTERS_KEPT } from "./constants.ts";
import { DEAD_REASONS, type DeadReason } from "./dead_reasons.ts";
import type { ShardBooks } from "./shard_books.ts";

export type { DeadReason } from "./dead_reasons.ts";

/** A message that was not handled: where it was going, and why it did not get there. */
export interface DeadLetter {
  readonly reason: DeadReason;
  /** The target as `shard.slot`. */
  readonly to: string;
  readonly handler: string;
}

/** Counts by reason, and the last few letters. */
export interface DeadLetterSummary {
  readonly total: number;
  readonly byReason: { readonly [reason in DeadReason]?: number };
  readonly last: readonly DeadLetter[];
}

/** Where messages that reach nobody are counted. The last {@link DEAD_LETTERS_KEPT} stay to look at. */
export class DeadLetters {
  readonly #books: ShardBooks;
  readonly #last: DeadLetter[] = [];

  /** @param books where they are counted */
  constructor(books: ShardBooks) {
    this.#books = books;
  }

  /** Counts one. */
  add(letter: DeadLetter): void {
    this.#books.bury(letter.reason, 1);
    // A peer chooses the handlers that it asks for: they are cut before they are kept.
    const { handler } = letter;
    const kept = handler.length <= 128 ? letter : { ...letter, handler: handler.slice(0, 128) };
    this.#last.push(kept);
    if (this.#last.length > DEAD_LETTERS_KEPT) this.#last.shift();
  }

  /** Counts messages of which no more is known than that they were lost with a shard. */
  addLost(count: number): void {
    if (count > 0) this.#books.bury("shard-lost", count);
  }

  /** Takes over what a shard has counted that is gone, and what it had not handled. */
  inherit(books: ShardBooks): void {
    for (const reason of DEAD_REASONS) this.#books.bury(reason, books.dead(reason));
    this.addLost(books.open);
  }

  /** A copy of the counts as they are now. */
  summary(): DeadLetterSummary {
    const byReason: { [reason in DeadReason]?: number } = {};
    let total = 0;
    for (const reason of DEAD_REASONS) {
      const count = this.#books.dead(reason);
      if (count > 0) byReason[reason] = count;
      total += count;
    }
    return { total, byReason, last: [...this.#last] };
  }
}

/** Adds up the summaries of several shards. */
export function sumDeadLetters(summaries: readonly DeadLetterSummary[]): DeadLetterSummary {
  const byReason: { [reason in DeadReason]?: number } = {};
  let total = 0;
  for (const summary of summaries) {
    total += summary.total;
    for (const [reason, count] of Object.entries(summary.byReason)) {
      byReason[reason as DeadReason] = (byReason[reason as DeadReason] ?? 0) + count;
    }
  }
  return { total, byReason, last: summaries.flatMap((summary) => summary.last) };
}
