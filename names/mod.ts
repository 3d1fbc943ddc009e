/**
 * Names of topics and procedures, and patterns over them: one syntax, one matcher, for
 * subscriptions, policies and permissions alike.
 *
 * A name is `<realm>/<segment>/…`. In a pattern `*` is exactly one segment and `**`, last only, one
 * or more; the realm is always literal. Of two patterns that match one topic the more specific is
 * decided by the first segment in which they differ: literal before `*` before `**`.
 *
 * Parsing is strict and the parsed form is what the rest takes, so nothing is checked twice. What
 * this floor does not know is what a name stands for.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { matches, parsePattern, parseTopic } from "./mod.ts";
 *
 * const topic = parseTopic("iot/sensor/hall/celsius");
 * assert(matches(parsePattern("iot/sensor/**"), topic));
 * assert(!matches(parsePattern("iot/sensor/*"), topic));
 * ```
 *
 * @module
 */
export {
  comparePatterns,
  matches,
  MAX_NAME_BYTES,
  MIN_SEGMENTS,
  type NameKind,
  parsePattern,
  parseTopic,
  type Pattern,
  PatternError,
  realmOf,
  type Topic,
} from "./pattern.ts";
export { PatternTable } from "./pattern_table.ts";
