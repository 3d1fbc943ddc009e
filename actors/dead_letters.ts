import { DEAD_LETTERS_KEPT } from "./constants.ts";

/** Why a message was not handled. */
export type DeadReason =
  | "no-such-actor"
  | "ended"
  | "mailbox-full"
  | "displaced"
  | "unknown-handler"
  | "failed"
  | "refused"
  | "expired"
  | "cancelled"
  | "shard-lost"
  | "unknown";

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
  #total = 0;
  readonly #byReason: { [reason in DeadReason]?: number } = {};
  readonly #last: DeadLetter[] = [];

  /** Counts one. */
  add(letter: DeadLetter): void {
    this.#total++;
    this.#byReason[letter.reason] = (this.#byReason[letter.reason] ?? 0) + 1;
    // A peer chooses the handlers that it asks for: they are cut before they are kept.
    const { handler } = letter;
    const kept = handler.length <= 128 ? letter : { ...letter, handler: handler.slice(0, 128) };
    this.#last.push(kept);
    if (this.#last.length > DEAD_LETTERS_KEPT) this.#last.shift();
  }

  /** A copy of the counts as they are now. */
  summary(): DeadLetterSummary {
    return { total: this.#total, byReason: { ...this.#byReason }, last: [...this.#last] };
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
