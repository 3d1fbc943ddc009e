import { MAX_POLICY_DURATION_MS } from "./constants.ts";

/** Units of a duration, in milliseconds, the smallest first. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** What a duration looks like, for errors. */
export const DURATION_ADVICE =
  "write a number and its unit, such as 500ms, 60s, 5m, 1h or 7d, of 366d at most";

/**
 * Reads a duration of a policy.
 *
 * @param text a number and its unit: `500ms`, `1.5s`, `5m`, `1h`, `7d`; `0s` is one too
 * @returns whole milliseconds, from 0 to 366 days; `undefined` when it is no such duration
 */
export function parsePolicyDuration(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,11}(?:\.\d{1,9})?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const milliseconds = Math.round(Number(digits) * (UNITS.get(unit ?? "") ?? NaN));
  return milliseconds <= MAX_POLICY_DURATION_MS ? milliseconds : undefined;
}

/** A duration as a policy file has it, in the largest unit of which it is a whole number. */
export function policyDurationText(milliseconds: number): string {
  if (milliseconds === 0) return "0s";
  const units = [...UNITS].reverse();
  const [unit, size] = units.find(([, size]) => milliseconds % size === 0) ?? ["ms", 1];
  return `${milliseconds / size}${unit}`;
}
