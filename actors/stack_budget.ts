import { STACKS_A_SECOND } from "./constants.ts";

/**
 * How many crash reports may have a stack. To write one down takes 100 µs, fifty times as long as
 * everything else that a restart takes: an actor that fails on every message must not hold its shard
 * with that.
 */
export class StackBudget {
  #second = -1;
  #left = 0;

  /** Takes one at `now` (ms of the shard's clock); false when this second's are used up. */
  take(now: number): boolean {
    const second = Math.floor(now / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#left = STACKS_A_SECOND;
    }
    return this.#left-- > 0;
  }
}
