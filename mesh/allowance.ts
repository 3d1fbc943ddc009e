/** So many of something in a sliding window of time. */
export class Allowance {
  readonly #most: number;
  readonly #windowMs: number;
  #taken: number[] = [];

  /**
   * @param most how many in a window
   * @param windowMs the window in milliseconds
   */
  constructor(most: number, windowMs: number) {
    this.#most = most;
    this.#windowMs = windowMs;
  }

  /** Takes one at the time `now` (ms); false when there is none left, and then nothing is taken. */
  allow(now: number): boolean {
    this.#taken = this.#taken.filter((at) => now - at < this.#windowMs);
    if (this.#taken.length >= this.#most) return false;
    this.#taken.push(now);
    return true;
  }
}
