/** Doubles between two cells: each has cache lines of its own, or its two writers would take turns. */
const APART = 16;
const SENT = APART;
const RECEIVED = 2 * APART;

/**
 * How many messages went one way between two shards, in memory that both share: what was on its way
 * when one of them was lost is the difference. Each cell has one writer at a time.
 */
export class Transit {
  /** What to hand to another isolate. */
  readonly buffer: ArrayBufferLike;
  readonly #cells: Float64Array;

  /** @param buffer that of the same way in another isolate; a new one's unless given */
  constructor(buffer: ArrayBufferLike = new SharedArrayBuffer(3 * APART * 8)) {
    this.buffer = buffer;
    this.#cells = new Float64Array(buffer);
  }

  /** A message was put on its way. */
  sent(): void {
    this.#cells[SENT]!++;
  }

  /** A message has come. */
  received(): void {
    this.#cells[RECEIVED]!++;
  }

  /** One of its ends is no more: says, once, how many messages were on their way. */
  cut(): number {
    const underway = this.#cells[SENT]! - this.#cells[RECEIVED]!;
    this.#cells[RECEIVED] = this.#cells[SENT]!;
    return underway;
  }
}

/** Both ways between two shards, as one of them sees them. */
export interface Transits {
  readonly out: Transit;
  readonly in: Transit;
}
