/**
 * A worker: finds the largest prime factor of a number that it is given as text. What is no number
 * makes it crash, which is its pool's affair and not its own.
 *
 * @module
 */
import { defineActor } from "@macula/mesh";

export default defineActor(import.meta, () => ({
  work(job: string): bigint {
    let rest = BigInt(job); // throws for what is no number
    for (let factor = 2n; factor * factor <= rest; factor++) {
      while (rest % factor === 0n && rest > factor) rest /= factor;
    }
    return rest;
  },
}));
