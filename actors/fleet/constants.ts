/** The limits and defaults of a node's shards, with their units. @module */

/** How often the watchdog looks at the shards, in milliseconds. */
export const WATCH_EVERY_MS = 250;

/** How long a shard may not answer before the watchdog reports it, in milliseconds. */
export const STUCK_AFTER_MS = 1_000;

/** Longest period of the watchdog, in milliseconds: a minute. */
export const MAX_WATCH_EVERY_MS = 60_000;

/** Shortest period of the watchdog, in milliseconds; the loops of shards wake up as often. */
export const MIN_WATCH_EVERY_MS = 10;

/** Longest time that a shard may not answer unreported, in milliseconds: an hour. */
export const MAX_STUCK_AFTER_MS = 3_600_000;

/** How long a shard may take to close when the system stops, in milliseconds. */
export const CLOSE_WAIT_MS = 1_000;

/** Time over which turns are counted for their rate, in milliseconds. */
export const RATE_WINDOW_MS = 1_000;
