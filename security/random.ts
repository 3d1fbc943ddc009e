/**
 * Randomness as an argument.
 *
 * @module
 */

/**
 * A source of random bytes: takes a count, returns that many fresh bytes. A simulation passes a
 * seeded one; everything else leaves the default, {@linkcode systemRandom}.
 */
export type RandomBytes = (length: number) => Uint8Array;

/**
 * Random bytes of the operating system, fit for keys.
 *
 * @param length Number of bytes, 0 to 65,536.
 * @returns Fresh bytes.
 */
export function systemRandom(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}
