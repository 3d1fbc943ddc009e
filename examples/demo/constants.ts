/** The demo's times, sizes and names, with their units. @module */

/** How long the sensor publishes unless `--seconds` says otherwise, in seconds. */
export const DEFAULT_SECONDS = 10;

/** The longest run that `--seconds` takes: an hour. */
export const MAX_SECONDS = 3_600;

/** Time between two readings of the machine, in milliseconds. */
export const READING_PERIOD_MS = 100;

/** Time between two calls of {@link PROCEDURE}, in milliseconds. */
export const CALL_PERIOD_MS = 1_000;

/** How long after the first reading the first call is made: calls and readings do not coincide. */
export const FIRST_CALL_MS = 550;

/** How long a call may take, in milliseconds. */
export const CALL_DEADLINE_MS = 2_000;

/** Time between two reports of the station to the parent, and so between two drawings, in ms. */
export const REPORT_PERIOD_MS = 200;

/** How long the station waits, after the last reading was published, for what is missing, in ms. */
export const ARRIVAL_DEADLINE_MS = 5_000;

/** How long the two nodes may take to start and to connect, in milliseconds. */
export const START_DEADLINE_MS = 60_000;

/** How long a run may take beyond its start and its seconds, in milliseconds. */
export const RUN_GRACE_MS = 20_000;

/** How long a child may take to end when it is asked to, in milliseconds; it is killed then. */
export const STOP_DEADLINE_MS = 5_000;

/** How much of a child's stderr is kept to be shown, in characters. */
export const STDERR_KEPT = 16_384;

/** What the station subscribes to. */
export const PATTERN = "iot/sensor/**";

/** What the station serves. */
export const PROCEDURE = "lob/stats/summary";

/** The name of the statistics actor on the station. */
export const STATISTICS = "statistics";
