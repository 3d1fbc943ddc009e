import type { Pattern } from "../../names/mod.ts";
import { encodeValue } from "../../values/mod.ts";
import { concatBytes } from "../bytes.ts";
import { sha256 } from "../ed25519.ts";
import { POLICY_HASH_LABEL } from "./constants.ts";
import type { LevelRules } from "./snapshot.ts";

/**
 * Hashes the rules that bear on a realm: SHA-256 over a label and their deterministic CBOR, values
 * without places.
 *
 * @param defaults the rules of level `defaults`
 * @param realm the realm's own
 * @param topics those of the patterns in the realm; they are hashed without the realm's alias, which
 * is each node's own choice
 * @returns 32 bytes
 */
export function hashRules(
  defaults: LevelRules,
  realm: LevelRules,
  topics: readonly (readonly [pattern: Pattern, rules: LevelRules])[],
): Uint8Array {
  const patterns = topics
    .map(([pattern, rules]) => [pattern.segments.slice(1).join("/"), valuesOf(rules)] as const)
    .sort(([a], [b]) => a < b ? -1 : 1);
  const rules = { defaults: valuesOf(defaults), realm: valuesOf(realm), topics: patterns };
  return sha256(concatBytes(POLICY_HASH_LABEL, encodeValue(rules, "policy")));
}

function valuesOf(rules: LevelRules): { readonly [field: string]: unknown } {
  return Object.fromEntries(Object.entries(rules).map(([field, { value }]) => [field, value]));
}
