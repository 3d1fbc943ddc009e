import { NameTakenError } from "../errors.ts";

/**
 * Unique names on a node. A name is claimed before its actor is started and bound to it after, so
 * that of two spawns with one name one fails before it has done anything. A claim is a number:
 * late news about an earlier holder cannot free a later one's name.
 */
export class NameTable<T> {
  readonly #entries = new Map<string, { readonly claim: number; holder: T | undefined }>();
  #nextClaim = 1;

  /**
   * Takes a name.
   *
   * @returns the claim, to be shown to `bind` and `release`
   * @throws {NameTakenError} when it is taken
   */
  claim(name: string): number {
    if (this.#entries.has(name)) {
      throw new NameTakenError(`the name "${name}" is taken: choose another, or stop its holder`, {
        name,
      });
    }
    const claim = this.#nextClaim++;
    this.#entries.set(name, { claim, holder: undefined });
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
