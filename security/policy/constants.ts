/**
 * Names, labels and limits of policies.
 *
 * @module
 */

/** Under this name the policy resolver publishes its snapshots to the shards. */
export const POLICY_TERM = "macula/policy";

/** What is hashed before a realm's rules; it ends in a NUL, so that no label begins another. */
export const POLICY_HASH_LABEL: Uint8Array = new TextEncoder().encode("macula/policy/v1\0");

/** Longest duration in a policy, in milliseconds: 366 days. */
export const MAX_POLICY_DURATION_MS = 366 * 86_400_000;

/** How long a policy that is out of date is used on, unless it says: an hour, in milliseconds. */
export const DEFAULT_GRACE_MS = 3_600_000;

/** How long the previous policy is accepted, unless the new one says: a minute, in milliseconds. */
export const DEFAULT_OVERLAP_MS = 60_000;

/** Resolutions that a table keeps; past it the oldest goes. As many as a realm has topics at most. */
export const MAX_CACHED_RESOLUTIONS = 16_384;

/** Realms whose policy's hash a table keeps: as many as a node has at most. */
export const MAX_CACHED_HASHES = 1_024;

/** Longest name of an application, in characters. */
export const MAX_APPLICATION_CHARS = 255;

/** Names that a linter tries the rules on; where there would be more, it tries these. */
export const MAX_SAMPLES = 16_384;
