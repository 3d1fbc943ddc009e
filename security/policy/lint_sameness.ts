/**
 * Rules that make no difference to any name.
 *
 * @module
 */
import { fieldText } from "./fields.ts";
import type { Property } from "./policy.ts";
import type { PolicyProblem } from "./policy_error.ts";
import type { PolicyTable } from "./policy_table.ts";
import type { Claim, FieldSource, Resolution } from "./resolution.ts";
import type { Samples } from "./samples.ts";
import type { PolicySnapshot } from "./snapshot.ts";

/** What is known of a rule: where it is, and what is said of it. */
interface Suspect {
  readonly place: string;
  readonly words: string;
  /** Whether it made a difference somewhere. */
  counts: boolean;
}

/**
 * Tells of rules that say what a less specific one says already, and of an application's rules that
 * count nowhere. What is built in is no rule: saying it is no fault.
 */
export function lintSameness(
  snapshot: PolicySnapshot,
  table: PolicyTable,
  { names, complete }: Samples,
): PolicyProblem[] {
  if (!complete) return [];
  const suspects = new Map<string, Suspect>();
  const look = (rule: Claim, field: string, words: string | null) => {
    const key = `${rule.key} ${field}`;
    const known = suspects.get(key);
    if (known) known.counts ||= words === null;
    else {
      const place = rule.at ?? "built in";
      suspects.set(key, { place, words: `${field}: ${words}`, counts: words === null });
    }
  };
  for (const application of [undefined, ...Object.keys(snapshot.applications)]) {
    for (const name of names) lookAt(table.resolve(name, application), look);
  }
  return [...suspects.values()].filter(({ counts }) => !counts)
    .map(({ place, words }) => ({ severity: "warning", place, message: words }));
}

/** Is told of a rule, and why it makes no difference for a name; `null` if it makes one. */
type Look = (rule: Claim, field: string, words: string | null) => void;

function lookAt({ fields }: Resolution, look: Look): void {
  lookAtRequirements(fields.filter(({ field }) => field === "require"), look);
  for (const source of fields) {
    if (source.field === "require") continue;
    const claims: readonly Claim[] = [
      ...source.overridden.filter(({ why }) => why === null),
      source,
    ];
    for (const [i, claim] of claims.entries()) {
      const below = claims[i - 1];
      if (below === undefined) continue;
      look(claim, source.field, below.at === null ? null : sameness(claim, below));
    }
    for (const claim of source.overridden) {
      if (claim.why !== null) look(claim, source.field, `counts nowhere: ${claim.why}`);
    }
  }
}

function sameness(claim: Claim, below: Claim): string | null {
  const text = fieldText(claim.value);
  if (text !== fieldText(below.value)) return null;
  return `changes nothing: ${below.key} (${below.at}) says ${text} already`;
}

function lookAtRequirements(sources: readonly FieldSource[], look: Look): void {
  const known = new Set<Property>();
  for (const source of sources) {
    const properties = source.value as readonly Property[];
    const isNew = properties.some((property) => !known.has(property));
    const words = `changes nothing: less specific rules require ${fieldText(properties)} already`;
    if (source.at !== null) look(source, "require", isNew ? null : words);
    for (const property of properties) known.add(property);
  }
}
