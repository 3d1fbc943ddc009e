/** Numbers from 0 to below 1 that a seed decides (mulberry32, Tommy Ettinger 2017). */
export type Random = () => number;

/** Makes the sequence of a seed. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from `least` to `most`. */
export function between(random: Random, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1));
}

/** One of several things. */
export function oneOf<T>(random: Random, things: readonly T[]): T {
  if (things.length === 0) throw new RangeError("there is nothing to choose from");
  return things[Math.floor(random() * things.length)] as T;
}

/** One of several things, each as likely as its weight. */
export function weighted<T extends string>(
  random: Random,
  weights: { readonly [thing in T]: number },
): T {
  const entries = Object.entries(weights) as [T, number][];
  let at = random() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [thing, weight] of entries) if ((at -= weight) < 0) return thing;
  return (entries.at(-1) as [T, number])[0];
}
