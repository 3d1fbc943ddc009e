import {
  DEFAULT_DEADLINE_MS,
  DEFAULT_STREAM_CREDIT,
  MAX_DEADLINE_MS,
  MAX_STREAM_CREDIT,
} from "./constants.ts";
import type { RefOptions } from "./ref.ts";

/**
 * How long an ask waits, in milliseconds.
 *
 * @throws {RangeError} when its deadline is out of bounds
 */
export function deadlineOf({ deadlineMs = DEFAULT_DEADLINE_MS }: RefOptions): number {
  if (deadlineMs > 0 && deadlineMs <= MAX_DEADLINE_MS) return deadlineMs;
  throw new RangeError(
    `deadlineMs is ${deadlineMs}: give more than 0 and at most ${MAX_DEADLINE_MS} ms`,
  );
}

/**
 * How many items of a stream may be under way.
 *
 * @throws {RangeError} when its credit is out of bounds
 */
export function creditOf({ credit = DEFAULT_STREAM_CREDIT }: RefOptions): number {
  if (Number.isSafeInteger(credit) && credit >= 1 && credit <= MAX_STREAM_CREDIT) return credit;
  throw new RangeError(`credit is ${credit}: give a whole number from 1 to ${MAX_STREAM_CREDIT}`);
}
