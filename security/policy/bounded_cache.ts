/** A map that holds so many entries and no more: the one put in first goes first. */
export class BoundedCache<V> {
  readonly #entries = new Map<string, V>();
  readonly #bound: number;

  /** @param bound the most entries, 1 or more */
  constructor(bound: number) {
    this.#bound = bound;
  }

  /** How many entries there are. */
  get size(): number {
    return this.#entries.size;
  }

  /** The value under a key, if it is still there. */
  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  /** Puts a value under a key that is not there. */
  add(key: string, value: V): void {
    if (this.#entries.size >= this.#bound) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
    this.#entries.set(key, value);
  }
}
