/** Units of a duration, in milliseconds. */
const UNITS: { readonly [unit: string]: number } = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Longest duration that is taken, in milliseconds: a day, well within what a timer can hold. */
export const MAX_DURATION_MS = 24 * 3_600_000;

/**
 * Reads a duration.
 *
 * @param text a number and its unit: `500ms`, `1.5s`, `1m`, `2h`
 * @returns whole milliseconds, 1 to {@linkcode MAX_DURATION_MS}
 * @throws {SyntaxError} when it has another form or is out of bounds
 */
export function parseDuration(text: string): number {
  const [, digits, unit] = /^(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h)$/.exec(text) ?? [];
  const milliseconds = Math.round(Number(digits) * (UNITS[unit ?? ""] ?? NaN));
  if (!(milliseconds >= 1 && milliseconds <= MAX_DURATION_MS)) {
    throw new SyntaxError(
      `${JSON.stringify(text)} is no duration: write a number and its unit, such as 500ms, 5s or ` +
        `1m, of a day at most`,
    );
  }
  return milliseconds;
}

/**
 * A duration as people read it: `850 ms`, `1.5 s`, `2 min`.
 *
 * @param milliseconds 0 or more
 */
export function showDuration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${Number((milliseconds / 1_000).toFixed(1))} s`;
  return `${Number((milliseconds / 60_000).toFixed(1))} min`;
}
