/** What a heartbeat says at a moment. */
export interface Reading {
  /** Slot of the actor whose turn it is or, when it is nobody's, whose turn was the last. */
  readonly slot: number;
  /** Turns begun and turns ended, together: odd while an actor has its turn. */
  readonly turns: number;
  /** How often the event loop of the shard came round. */
  readonly beats: number;
}

const SLOT = 0;
const TURNS = 1;
const BEATS = 2;

/**
 * What a shard's scheduler writes down as it goes, in memory that the main isolate reads: so a shard
 * need not answer to show that it does.
 *
 * Plain stores of doubles, which no hardware that Deno runs on tears: what is read may be a moment
 * old, and belong to two moments; both are good enough for who looks for a second of silence.
 */
export class Heartbeat {
  /** What to hand to another isolate. */
  readonly buffer: ArrayBufferLike;
  readonly #cells: Float64Array;

  /** @param buffer that of another isolate's heartbeat; one of its own unless given */
  constructor(buffer: ArrayBufferLike = new SharedArrayBuffer(3 * Float64Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#cells = new Float64Array(buffer);
  }

  /** An actor is about to have its turn. */
  begin(slot: number): void {
    this.#cells[SLOT] = slot;
    this.#cells[TURNS]!++;
  }

  /** Its turn is over. */
  end(): void {
    this.#cells[TURNS]!++;
  }

  /** No turn is going on any more, whether the last one came to its end or threw. */
  idle(): void {
    if (this.#cells[TURNS]! % 2 === 1) this.end();
  }

  /** The event loop has come round. */
  beat(): void {
    this.#cells[BEATS]!++;
  }

  /** What it says now. */
  read(): Reading {
    const [slot = 0, turns = 0, beats = 0] = this.#cells;
    return { slot, turns, beats };
  }
}

/** Whether an actor has its turn. */
export function inTurn({ turns }: Reading): boolean {
  return turns % 2 === 1;
}

/** Turns that were begun. */
export function turnsBegun({ turns }: Reading): number {
  return Math.ceil(turns / 2);
}
