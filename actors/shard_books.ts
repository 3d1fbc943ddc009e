import { DEAD_REASONS, type DeadReason } from "./dead_reasons.ts";

const OPEN = DEAD_REASONS.length;

/** Bytes before and after: no cache line is shared with what another thread writes. */
const MARGIN = 128;

/**
 * What a shard counts of its messages, in memory that the main isolate shares: when the shard is
 * lost, its dead letters stay counted, and so do the messages that are lost with it.
 *
 * Plain stores of doubles by one writer; they are read once, when that is no more.
 */
export class ShardBooks {
  /** What to hand to another isolate. */
  readonly buffer: ArrayBufferLike;
  readonly #cells: Float64Array;

  /** @param buffer that of another isolate's books; new ones unless given */
  constructor(buffer: ArrayBufferLike = new SharedArrayBuffer(2 * MARGIN + (OPEN + 1) * 8)) {
    this.buffer = buffer;
    this.#cells = new Float64Array(buffer, MARGIN);
  }

  /** A message has come that is to be handled or buried here. */
  received(): void {
    this.#cells[OPEN]!++;
  }

  /** One of those was handled, or buried. */
  settled(): void {
    this.#cells[OPEN]!--;
  }

  /** Messages that were received and not settled: in mailboxes, put aside, held, and in hand. */
  get open(): number {
    return this.#cells[OPEN]!;
  }

  /** Counts dead letters. */
  bury(reason: DeadReason, count: number): void {
    this.#cells[DEAD_REASONS.indexOf(reason)]! += count;
  }

  /** Dead letters of a reason. */
  dead(reason: DeadReason): number {
    return this.#cells[DEAD_REASONS.indexOf(reason)]!;
  }
}
