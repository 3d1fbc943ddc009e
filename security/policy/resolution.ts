import type { FieldName, FieldValues, Policy } from "./policy.ts";

/** How specific a rule is, from the least to the most. */
export type PolicyLevel = "builtin" | "defaults" | "realm" | "topic" | "application";

/** A value that a level has for a field. */
export type Claim = {
  readonly level: PolicyLevel;
  /** The rule's place among the levels: `builtin`, `defaults`, `realms.lob`, `topics.iot/**` … */
  readonly key: string;
  /** Where it was written, `file:line:column`; `null` for what is built in. */
  readonly at: string | null;
  readonly value: FieldValues[FieldName];
};

/** A value that lost. */
export type Overridden = Claim & {
  /** Why it does not count though its level is the most specific; `null` where a level beat it. */
  readonly why: string | null;
};

/** Where a field's value came from. */
export type FieldSource = Claim & {
  readonly field: FieldName;
  /** What lost to it, the least specific first. */
  readonly overridden: readonly Overridden[];
};

/** The policy that holds for a name, and how it came about. Plain data, deeply frozen. */
export type Resolution = {
  /** The topic or procedure. */
  readonly name: string;
  /** The realm's alias. */
  readonly realm: string;
  readonly application: string | null;
  readonly policy: Policy;
  /** One for each field; for `require` one for each level that adds to it. */
  readonly fields: readonly FieldSource[];
  /** The snapshot that it follows from. */
  readonly snapshotVersion: number;
  /** Whether the suite has what is required: if not, nothing may be sent or taken under the name. */
  readonly satisfied: boolean;
  /** What the suite lacks and who requires it; `null` when it is satisfied. */
  readonly problem: string | null;
};
