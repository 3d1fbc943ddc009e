/**
 * Requirements that the suite does not meet: where that is so for every name that a rule is for,
 * the rule makes a node refuse to work, which nobody writes on purpose.
 *
 * @module
 */
import type { Policy, Property } from "./policy.ts";
import type { PolicyProblem } from "./policy_error.ts";
import type { PolicyTable } from "./policy_table.ts";
import type { FieldSource, Resolution } from "./resolution.ts";
import type { Samples } from "./samples.ts";
import type { PolicySnapshot } from "./snapshot.ts";
import { lacking, SUPPORTED_SUITES } from "./suites_known.ts";
import { listed } from "./words.ts";

/**
 * Tells of requirements that cannot be met: an error where no name under a rule can be used, a
 * warning where some cannot.
 */
export function lintRequirements(
  snapshot: PolicySnapshot,
  table: PolicyTable,
  { names, stranger }: Samples,
): PolicyProblem[] {
  const found = new Map<string, PolicyProblem>();
  const tell = (severity: PolicyProblem["severity"], resolution: Resolution, where: string) => {
    for (const { place, message } of complaints(resolution)) {
      const key = `${place} ${message}`;
      if (!found.has(key)) found.set(key, { severity, place, message: `${message}${where}` });
    }
  };
  const all = names.map((name) => table.resolve(name));
  const refused = new Set<Resolution>();
  for (const under of byRule(all).values()) {
    if (under.some(({ satisfied }) => satisfied)) continue;
    for (const resolution of under) refused.add(resolution);
  }
  for (const resolution of refused) tell("error", resolution, "");
  for (const resolution of all) {
    // Realms that no rule names are refused on purpose where the defaults require something.
    if (resolution.satisfied || refused.has(resolution) || resolution.name === stranger) continue;
    tell("warning", resolution, ` (as for "${resolution.name}", which is refused)`);
  }
  const usable = all.filter(({ satisfied }) => satisfied).map(({ name }) => name);
  for (const application of Object.keys(snapshot.applications)) {
    const its = usable.map((name) => table.resolve(name, application));
    if (its.some(({ satisfied }) => satisfied)) continue;
    for (const resolution of its) tell("error", resolution, "");
  }
  return [...found.values()];
}

/** The resolutions that each rule has a part in, by the rule's key. */
function byRule(resolutions: readonly Resolution[]): Map<string, Resolution[]> {
  const rules = new Map<string, Resolution[]>();
  for (const resolution of resolutions) {
    const claims = resolution.fields.flatMap((field) => [field, ...field.overridden]);
    for (const key of new Set(claims.map(({ key }) => key))) {
      const its = rules.get(key);
      if (its) its.push(resolution);
      else rules.set(key, [resolution]);
    }
  }
  rules.delete("builtin");
  return rules;
}

/** One complaint for each level that is the most specific to require something missing. */
function complaints({ policy, fields }: Resolution): { place: string; message: string }[] {
  const requirers = new Map<FieldSource, Property[]>();
  for (const property of lacking(policy.app, policy.require)) {
    const requirer = fields.findLast(({ field, value }) =>
      field === "require" && (value as Property[]).includes(property)
    );
    if (requirer) requirers.set(requirer, [...requirers.get(requirer) ?? [], property]);
  }
  const app = fields.find(({ field }) => field === "app");
  return [...requirers].map(([{ at }, missing]) => {
    const found = `app ${policy.app} (${app?.at ?? "built in"}) lacks ${listed(missing)}`;
    return { place: at ?? "built in", message: `require: ${found}: ${advice(policy, missing)}` };
  });
}

function advice({ require }: Policy, missing: readonly Property[]): string {
  const suites = SUPPORTED_SUITES.filter((suite) => lacking(suite, require).length === 0);
  if (suites.length > 0) {
    return `let app be ${listed(suites, "or")}, or leave ${listed(missing)} out`;
  }
  const nowhere = SUPPORTED_SUITES.reduce((left, suite) => lacking(suite, left), missing);
  const which = nowhere.length > 0 ? listed(nowhere, "or") : "all that is required";
  return `no suite of this version has ${which}: leave ${listed(missing)} out`;
}
