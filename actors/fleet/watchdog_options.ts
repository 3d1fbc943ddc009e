import {
  MAX_STUCK_AFTER_MS,
  MAX_WATCH_EVERY_MS,
  MIN_WATCH_EVERY_MS,
  STUCK_AFTER_MS,
  WATCH_EVERY_MS,
} from "./constants.ts";

/** How the shards of a system are watched. */
export interface WatchdogOptions {
  /** Milliseconds between two looks at a shard, from 10 to 60,000; 250 unless named. */
  readonly everyMs?: number;
  /**
   * How long a shard may not answer before it is reported, in milliseconds: at least two periods, and
   * at most an hour; 1,000 unless named, or four periods if that is more.
   */
  readonly stuckAfterMs?: number;
}

/** @throws {RangeError} when a time is out of bounds */
export function resolveWatchdog(options: WatchdogOptions): Required<WatchdogOptions> {
  const { everyMs = WATCH_EVERY_MS } = options;
  if (!(everyMs >= MIN_WATCH_EVERY_MS && everyMs <= MAX_WATCH_EVERY_MS)) {
    throw new RangeError(
      `watchdog.everyMs is ${everyMs}: give ${MIN_WATCH_EVERY_MS} to ${MAX_WATCH_EVERY_MS} ms`,
    );
  }
  const { stuckAfterMs = Math.max(STUCK_AFTER_MS, 4 * everyMs) } = options;
  if (!(stuckAfterMs >= 2 * everyMs && stuckAfterMs <= MAX_STUCK_AFTER_MS)) {
    throw new RangeError(
      `watchdog.stuckAfterMs is ${stuckAfterMs}: give ${2 * everyMs} (twice everyMs) to ` +
        `${MAX_STUCK_AFTER_MS} ms`,
    );
  }
  return { everyMs, stuckAfterMs };
}
