import { NameTakenError } from "../errors.ts";

interface Entry<T> {
  readonly claim: number;
  /** The shard that claimed it. */
  readonly by: number;
  holder: T | undefined;
}

/**
 * Unique names on a node. A name is claimed before its actor is started and bound to it after, so
 * that of two spawns with one name one fails before it has done anything. A claim is a number:
 * late news about an earlier holder cannot free a later one's name.
 */
export class NameTable<T> {
  readonly #entries = new Map<string, Entry<T>>();
  #nextClaim = 1;

  /**
   * Takes a name.
   *
   * @param by the shard that wants it, and will bind or release it
   * @returns the claim, to be shown to `bind` and `release`
   * @throws {NameTakenError} when it is taken
   */
  claim(name: string, by = 0): number {
    if (this.#entries.has(name)) {
      throw new NameTakenError(`the name "${name}" is taken: choose another, or stop its holder`, {
        name,
      });
    }
    const claim = this.#nextClaim++;
    this.#entries.set(name, { claim, by, holder: undefined });
    return claim;
  }

  /** Binds a claimed name; a claim that was released meanwhile is ignored. */
  bind(name: string, claim: number, holder: T): void {
    const entry = this.#entries.get(name);
    if (entry?.claim === claim) entry.holder = holder;
  }

  /** Frees a name, if the claim still holds it. */
  release(name: string, claim: number): void {
    if (this.#entries.get(name)?.claim === claim) this.#entries.delete(name);
  }

  /** Frees the names that a shard had claimed and not bound: it is gone, and never will. */
  releaseClaimsOf(shard: number): void {
    for (const [name, { holder, by }] of this.#entries) {
      if (holder === undefined && by === shard) this.#entries.delete(name);
    }
  }

  /** Frees the names of all holders that match. */
  releaseWhere(matches: (holder: T) => boolean): void {
    for (const [name, { holder }] of this.#entries) {
      if (holder !== undefined && matches(holder)) this.#entries.delete(name);
    }
  }

  /** Who holds the name; `undefined` while it is free or only claimed. */
  find(name: string): T | undefined {
    return this.#entries.get(name)?.holder;
  }

  /** Names taken. */
  get size(): number {
    return this.#entries.size;
  }
}
