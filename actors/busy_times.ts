import { BUSY_SAMPLING } from "./constants.ts";

/**
 * How long actors were busy, by an estimate: of all turns, one in {@link BUSY_SAMPLING} on average is
 * measured, and counts for that many. The gaps between those vary, since actors that take turns would
 * otherwise be measured always or never. One turn that was long counts for too much, or not at all.
 */
export class BusyTimes {
  readonly #ms = new Map<number, number>();
  #totalMs = 0;
  #random = 1;
  /** The slot whose turn is being measured; 0 for none. */
  #measuring = 0;

  /** How many turns there are until the one to measure: at least 1, {@link BUSY_SAMPLING} on average. */
  nextGap(): number {
    // Numerical Recipes' linear congruential generator, of which the upper bits are good enough.
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return 1 + Math.floor((this.#random / 2 ** 32) * (2 * BUSY_SAMPLING - 1));
  }

  /** A turn that is measured begins. */
  measure(slot: number): void {
    this.#measuring = slot;
  }

  /** It took so long, in milliseconds. */
  measured(ms: number): void {
    const slot = this.#measuring;
    const counted = ms * BUSY_SAMPLING;
    this.#totalMs += counted;
    this.#measuring = 0;
    if (slot !== 0) this.#ms.set(slot, (this.#ms.get(slot) ?? 0) + counted);
  }

  /** How long an actor was busy, in milliseconds. */
  of(slot: number): number {
    return this.#ms.get(slot) ?? 0;
  }

  /** How long all were, those included that have ended, in milliseconds. */
  get totalMs(): number {
    return this.#totalMs;
  }

  /** An actor has ended. */
  forget(slot: number): void {
    this.#ms.delete(slot);
    if (slot === this.#measuring) this.#measuring = 0;
  }
}
