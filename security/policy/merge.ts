/**
 * The merge of a policy out of its levels, field by field: the more specific level wins, except for
 * `require`, which only grows, and for the application's level, which can only add.
 *
 * @module
 */
import { DEFAULT_GRACE_MS, DEFAULT_OVERLAP_MS } from "./constants.ts";
import { FIELDS, fieldText } from "./fields.ts";
import type { FieldName, FieldValues, OnStale, Policy, Property } from "./policy.ts";
import type { Claim, FieldSource, Overridden, PolicyLevel } from "./resolution.ts";
import type { LevelRules } from "./snapshot.ts";
import { lacking, suiteProperties } from "./suites_known.ts";
import { listed } from "./words.ts";

/** The rules of one level that hold for a name. */
export interface Layer {
  readonly level: PolicyLevel;
  /** As in {@linkcode Claim}. */
  readonly key: string;
  readonly rules: LevelRules;
}

/** What {@linkcode mergeLayers} makes. */
export interface Merged {
  readonly policy: Policy;
  readonly fields: readonly FieldSource[];
}

/** Every field but the one that is a union. */
type SingleField = Exclude<FieldName, "require">;

/**
 * Merges levels over what is built in.
 *
 * @param layers the least specific first; the application's, if there is one, last
 * @returns the policy, and for each field where it came from
 */
export function mergeLayers(layers: readonly Layer[]): Merged {
  const required = requirements(layers);
  const require = [...new Set(required.flatMap(({ value }) => value as Property[]))].sort();
  const builtin = builtinValues(require);
  const fields: FieldSource[] = [];
  const chosen: { [field: string]: FieldValues[FieldName] } = {};
  for (const field of FIELDS) {
    if (field === "require") {
      fields.push(...required);
      continue;
    }
    const source = choose(field, builtin[field], layers);
    fields.push(source);
    chosen[field] = source.value;
  }
  const values = chosen as { readonly [F in SingleField]: FieldValues[F] };
  const policy: Policy = {
    transport: values.transport,
    app: values.app,
    keyMgmt: values["key-mgmt"],
    require,
    onStale: values["on-stale"],
    overlapMs: values.overlap,
  };
  return { policy, fields };
}

/**
 * What holds where no level says anything. A policy that requires something is given up when it is
 * out of date; one that does not is used on.
 */
function builtinValues(require: readonly Property[]): { [F in SingleField]: FieldValues[F] } {
  return {
    transport: "quic-raw-pk",
    app: "none",
    "key-mgmt": "dht-tofu",
    "on-stale": {
      graceMs: DEFAULT_GRACE_MS,
      then: require.length > 0 ? "fail-closed" : "use-last",
    },
    overlap: DEFAULT_OVERLAP_MS,
  };
}

function requirements(layers: readonly Layer[]): FieldSource[] {
  const field = "require";
  const sources = layers.flatMap(({ level, key, rules: { require } }): FieldSource[] =>
    require ? [{ field, level, key, at: require.at, value: require.value, overridden: [] }] : []
  );
  if (sources.length > 0) return sources;
  return [{ field, level: "builtin", key: "builtin", at: null, value: [], overridden: [] }];
}

function choose(
  field: SingleField,
  builtin: FieldValues[SingleField],
  layers: readonly Layer[],
): FieldSource {
  let winner: Claim = { level: "builtin", key: "builtin", at: null, value: builtin };
  const overridden: Overridden[] = [];
  for (const { level, key, rules } of layers) {
    const rule = rules[field];
    if (rule === undefined) continue;
    const claim: Claim = { level, key, at: rule.at, value: rule.value };
    const why = level === "application" ? weakness(field, rule.value, winner.value) : null;
    if (why === null) {
      overridden.push({ ...winner, why });
      winner = claim;
    } else {
      overridden.push({ ...claim, why });
    }
  }
  return { field, ...winner, overridden };
}

/** Why an application's value takes away from what holds without it; `null` if it does not. */
function weakness(
  field: SingleField,
  value: FieldValues[FieldName],
  below: FieldValues[FieldName],
): string | null {
  const [mine, theirs] = [fieldText(value), fieldText(below)];
  if (field === "app") {
    const lost = lacking(mine, suiteProperties(theirs) ?? []);
    return lost.length === 0
      ? null
      : `${mine} lacks ${listed(lost)}, which ${theirs} has: an application can only add`;
  }
  if (field === "overlap") {
    return value <= below ? null : `${mine} is longer than ${theirs}: an application can only add`;
  }
  if (field === "on-stale") {
    return isAsStrict(value as OnStale, below as OnStale)
      ? null
      : `${mine} is laxer than ${theirs}: an application can only add`;
  }
  return mine === theirs ? null : `an application cannot change ${theirs}`;
}

function isAsStrict(stale: OnStale, than: OnStale): boolean {
  return stale.graceMs <= than.graceMs &&
    (stale.then === than.then || stale.then === "fail-closed");
}
