/** Adds numbers up, and says their sum once so many have come: how a run is known to be done. */
export class Tally {
  #missing = 0;
  #sum = 0;
  #done: ((sum: number) => void) | undefined;

  /**
   * Begins anew.
   *
   * @param count numbers that will come, at least 1
   * @param done called with their sum
   */
  expect(count: number, done: (sum: number) => void): void {
    this.#missing = count;
    this.#sum = 0;
    this.#done = done;
  }

  /** Begins anew; settles with the sum of the next `count` numbers, at least 1. */
  sum(count: number): Promise<number> {
    return new Promise((resolve) => this.expect(count, resolve));
  }

  /** Numbers that have not come yet. */
  get missing(): number {
    return this.#missing;
  }

  /** Takes one number. */
  take(n: number): void {
    this.#sum += n;
    if (--this.#missing === 0) this.#done?.(this.#sum);
  }
}
