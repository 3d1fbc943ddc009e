import {
  parsePattern,
  parseTopic,
  type Pattern,
  PatternTable,
  realmOf,
  type Topic,
} from "../../names/mod.ts";
import { BoundedCache } from "./bounded_cache.ts";
import { MAX_CACHED_HASHES, MAX_CACHED_RESOLUTIONS } from "./constants.ts";
import { type Layer, mergeLayers } from "./merge.ts";
import { parseApplicationName } from "./names.ts";
import { hashRules } from "./policy_hash.ts";
import type { Policy, Property } from "./policy.ts";
import type { FieldSource, Resolution } from "./resolution.ts";
import type { LevelRules, PolicySnapshot } from "./snapshot.ts";
import { lacking } from "./suites_known.ts";
import { listed } from "./words.ts";

/**
 * The rules of one snapshot, ready to be asked. Names that were asked for before are answered out
 * of a bounded cache.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { loadPolicies, PolicyTable } from "../mod.ts";
 *
 * const text = "defaults: { app: none }\nrealms:\n  lob: { app: libsodium, require: [e2e] }\n";
 * const table = new PolicyTable(loadPolicies([{ path: "policies.yaml", text }], 1));
 * const { policy, fields } = table.resolve("lob/orders/total");
 * assert.equal(policy.app, "libsodium");
 * assert.equal(fields.find(({ field }) => field === "app")?.at, "policies.yaml:3:15");
 * ```
 */
export class PolicyTable {
  readonly #version: number;
  readonly #defaults: Layer;
  readonly #realms: ReadonlyMap<string, Layer>;
  readonly #topics = new PatternTable<Layer>();
  readonly #patterns: readonly (readonly [pattern: Pattern, rules: LevelRules])[];
  readonly #applications: ReadonlyMap<string, Layer>;
  readonly #resolutions = new BoundedCache<Resolution>(MAX_CACHED_RESOLUTIONS);
  readonly #forApplications = new BoundedCache<Resolution>(MAX_CACHED_RESOLUTIONS);
  readonly #hashes = new BoundedCache<Uint8Array>(MAX_CACHED_HASHES);

  /** @param snapshot rules that were checked when they were loaded; it is not changed */
  constructor(snapshot: PolicySnapshot) {
    this.#version = snapshot.version;
    this.#defaults = { level: "defaults", key: "defaults", rules: snapshot.defaults };
    this.#realms = layersOf("realm", "realms", snapshot.realms);
    this.#applications = layersOf("application", "applications", snapshot.applications);
    this.#patterns = Object.entries(snapshot.topics)
      .map(([text, rules]) => [parsePattern(text), rules]);
    for (const [pattern, rules] of this.#patterns) {
      this.#topics.add(pattern, { level: "topic", key: `topics.${pattern.text}`, rules });
    }
  }

  /**
   * Tells the policy of a topic or procedure.
   *
   * @param name `<realm>/<segment>/…`
   * @param application whose rules are added, such as `com.example.billing`
   * @returns the policy and where each field came from; the same object when asked again
   * @throws {PatternError} when the name is none
   * @throws {RangeError} when the application's name is none
   */
  resolve(name: string, application?: string): Resolution {
    if (application !== undefined) return this.#resolveFor(name, application);
    const cached = this.#resolutions.get(name);
    if (cached !== undefined) return cached;
    const resolution = this.#merge(parseTopic(name), null);
    this.#resolutions.add(name, resolution);
    return resolution;
  }

  /**
   * Hashes the rules that bear on a realm: two nodes with the same rules have the same hash,
   * whatever their files look like and whatever they call the realm.
   *
   * @param realm the alias
   * @returns 32 bytes of SHA-256, the same array when asked again: not to be changed
   */
  policyHash(realm: string): Uint8Array {
    const cached = this.#hashes.get(realm);
    if (cached !== undefined) return cached;
    const patterns = this.#patterns.filter(([pattern]) => realmOf(pattern) === realm);
    const rules = this.#realms.get(realm)?.rules ?? {};
    const hash = hashRules(this.#defaults.rules, rules, patterns);
    this.#hashes.add(realm, hash);
    return hash;
  }

  #resolveFor(name: string, application: string): Resolution {
    const key = `${name}\0${application}`; // what was found right, and is in the cache, has no NUL
    const cached = this.#forApplications.get(key);
    if (cached !== undefined) return cached;
    const resolution = this.#merge(parseTopic(name), parseApplicationName(application));
    this.#forApplications.add(key, resolution);
    return resolution;
  }

  #merge(topic: Topic, application: string | null): Resolution {
    const realm = realmOf(topic);
    const layers = [
      this.#defaults,
      this.#realms.get(realm),
      ...this.#topics.match(topic).reverse(),
      application === null ? undefined : this.#applications.get(application),
    ].filter((layer) => layer !== undefined);
    const { policy, fields } = mergeLayers(layers);
    const problem = complaintOf(policy, fields);
    return frozen({
      name: topic.text,
      realm,
      application,
      policy,
      fields,
      snapshotVersion: this.#version,
      satisfied: problem === null,
      problem,
    });
  }
}

function layersOf(
  level: "realm" | "application",
  section: string,
  named: { readonly [name: string]: LevelRules },
): ReadonlyMap<string, Layer> {
  const layers = Object.entries(named).map(([name, rules]): [string, Layer] => [
    name,
    { level, key: `${section}.${name}`, rules },
  ]);
  return new Map(layers);
}

/** What the suite of a policy lacks, and who requires it. */
function complaintOf({ app, require }: Policy, fields: readonly FieldSource[]): string | null {
  const missing = lacking(app, require);
  if (missing.length === 0) return null;
  const requirers = fields
    .filter(({ field, value }) =>
      field === "require" && missing.some((property) => (value as Property[]).includes(property))
    )
    .map(({ key, at }) => `${key} (${at})`);
  return `app ${app} lacks ${listed(missing)}, required by ${listed(requirers)}`;
}

function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}
