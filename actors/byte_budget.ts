/** So many bytes and no more: a count of what is held. */
export class ByteBudget {
  readonly #limit: number;
  #held = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes bytes; false, and nothing is taken, when they are too many. One item always fits. */
  take(bytes: number): boolean {
    if (this.#held > 0 && this.#held + bytes > this.#limit) return false;
    this.#held += bytes;
    return true;
  }

  /** Takes back what was given back just now, whatever the limit. */
  retake(bytes: number): void {
    this.#held += bytes;
  }

  /** Gives back what was taken. */
  giveBack(bytes: number): void {
    this.#held -= bytes;
  }
}
