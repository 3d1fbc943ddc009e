/** Limits and defaults of supervision, with their units. @module */

/** How much longer each delay between consecutive restarts is than the one before. */
export const DEFAULT_BACKOFF_FACTOR = 2;

/** Part of a delay that is taken off at random, 0 to 1: siblings that fail together come back apart. */
export const DEFAULT_BACKOFF_JITTER = 0.2;

/** Longest delay before a restart, in milliseconds: an hour. */
export const MAX_BACKOFF_MS = 3_600_000;
