import { BACKOFF_CAP_MS, BACKOFF_FIRST_MS } from "./wire_constants.ts";

/**
 * How long to wait before dialling again: doubles from {@link BACKOFF_FIRST_MS} up to
 * {@link BACKOFF_CAP_MS}, with "equal jitter" (half fixed, half random), so that the peers of a
 * node that was gone do not all come back in one instant.
 *
 * @param failures dials that failed in a row, 1 or more
 * @param random a number from 0 up to but not 1
 * @returns milliseconds
 */
export function backoffMs(failures: number, random: number): number {
  const ceiling = Math.min(BACKOFF_CAP_MS, BACKOFF_FIRST_MS * 2 ** Math.min(failures - 1, 30));
  return ceiling / 2 + random * ceiling / 2;
}
