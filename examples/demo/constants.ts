/** The demo's times, sizes and names, with their units. @module */

/** How long the sensor publishes unless `--seconds` says otherwise, in seconds. */
export const DEFAULT_SECONDS = 10;

/** The longest run that `--seconds` takes: an hour. */
export const MAX_SECONDS = 3_600;

/** The part of a run after which the station's process is killed. */
export const KILL_AT = 1 / 2;

/** The part of a run after which the statistics crash. */
export const CRASH_AT = 3 / 4;

/** How long the statistics run, once the station is back, before they crash at the earliest, in ms. */
export const CALM_MS = 300;

/** Time between two readings of the machine, in milliseconds. */
export const READING_PERIOD_MS = 100;

/** Time between two calls of {@link PROCEDURE}, in milliseconds. */
export const CALL_PERIOD_MS = 500;

/** How long after the first reading the first call is made: calls and readings do not coincide. */
export const FIRST_CALL_MS = 250;

/** How long a call may take, in milliseconds. */
export const CALL_DEADLINE_MS = 2_000;

/** How long after a reading the statistics are saved, in milliseconds: those of one time together. */
export const SAVE_AFTER_MS = 40;

/** What of the readings before the kill the station may not have saved, in milliseconds of them. */
export const UNSAVED_MS = 1_000;

/** For how long readings may be missing after the station said that it is back, in milliseconds. */
export const BACK_MS = 1_000;

/** How long after that the first call must be answered, in milliseconds. */
export const SERVED_AGAIN_MS = 3_000;

/** Time between two reports of a node to the parent, and so between two drawings, in ms. */
export const REPORT_PERIOD_MS = 200;

/** Time between two look-ups in the DHT for others that are not there yet, in milliseconds. */
export const SEARCH_PERIOD_MS = 100;

/** How long the station waits, after the last reading was published, for what is missing, in ms. */
export const ARRIVAL_DEADLINE_MS = 5_000;

/** How long the nodes may take to start and to find each other, in milliseconds. */
export const START_DEADLINE_MS = 60_000;

/** How long a run may take beyond its start and its seconds, in milliseconds. */
export const RUN_GRACE_MS = 30_000;

/** How long a child may take to end when it is asked to, in milliseconds; it is killed then. */
export const STOP_DEADLINE_MS = 5_000;

/** How much of a child's stderr is kept to be shown, in characters. */
export const STDERR_KEPT = 16_384;

/** What the station subscribes to. */
export const PATTERN = "iot/sensor/**";

/** Where the DHT has those who take part in {@link PATTERN}. */
export const SUBSCRIBERS = "topic/iot/sensor";

/** What the station serves. */
export const PROCEDURE = "lob/stats/summary";

/** Where the DHT has those who serve {@link PROCEDURE}. */
export const SERVERS = `proc/${PROCEDURE}`;

/** The name of the statistics actor on the station. */
export const STATISTICS = "statistics";
