/**
 * The arithmetic of measurements. No clock is read here.
 *
 * @module
 */

/** The lowest and the highest of several values. */
export interface Spread {
  readonly least: number;
  readonly most: number;
}

/**
 * A percentile by the nearest-rank method: always one of the samples, never a value between two.
 *
 * @param samples At least one, in any order, none of them NaN.
 * @param percent Above 0, to 100.
 * @returns The smallest sample that at least `percent` per cent of all do not exceed.
 * @throws {RangeError} When there is no sample, or `percent` is out of bounds.
 */
export function percentile(samples: ArrayLike<number>, percent: number): number {
  if (!(percent > 0 && percent <= 100)) {
    throw new RangeError(`percentile ${percent} is not above 0 and up to 100`);
  }
  const sorted = Float64Array.from(samples).sort();
  // Of n and percent that multiply without a remainder, the rank must not be rounded up past it.
  const rank = Math.ceil(percent * sorted.length / 100);
  return first(sorted.subarray(Math.max(0, rank - 1)));
}

/**
 * The median: the middle sample, or the mean of the two in the middle.
 *
 * @param samples At least one, in any order, none of them NaN.
 * @throws {RangeError} When there is no sample.
 */
export function median(samples: ArrayLike<number>): number {
  const sorted = Float64Array.from(samples).sort();
  const middle = Math.floor(sorted.length / 2);
  const upper = first(sorted.subarray(middle));
  if (sorted.length % 2 === 1) return upper;
  return first(sorted.subarray(middle - 1)) / 2 + upper / 2;
}

/**
 * The lowest and the highest sample.
 *
 * @param samples At least one, none of them NaN.
 * @throws {RangeError} When there is no sample.
 */
export function spread(samples: ArrayLike<number>): Spread {
  const sorted = Float64Array.from(samples).sort();
  return { least: first(sorted), most: first(sorted.subarray(-1)) };
}

/**
 * A value with four significant digits: more than a measurement of this kind can tell apart.
 *
 * @returns The rounded value; whole numbers above 9,999 lose no digits before the point.
 */
export function rounded(value: number): number {
  return Math.abs(value) >= 1_000 ? Math.round(value) : Number(value.toPrecision(4));
}

function first(samples: Float64Array): number {
  const [sample] = samples;
  if (sample === undefined) throw new RangeError("there are no samples: measure at least once");
  return sample;
}
