import type { FieldName, FieldValues } from "./policy.ts";

/** A field's value and the place where it was written, `file:line:column`. */
export type Rule<F extends FieldName = FieldName> = {
  readonly value: FieldValues[F];
  readonly at: string;
};

/** The rules of one level under one name; fields that it leaves out are no properties. */
export type LevelRules = { readonly [F in FieldName]?: Rule<F> };

/**
 * All rules of a node at one time: plain data, which crosses to other actors and other shards. It is
 * never changed; a change is a snapshot with a higher version.
 */
export type PolicySnapshot = {
  /** From 1, higher with every change. */
  readonly version: number;
  /** The files that the rules were read from. */
  readonly files: readonly string[];
  readonly defaults: LevelRules;
  readonly realms: { readonly [alias: string]: LevelRules };
  readonly topics: { readonly [pattern: string]: LevelRules };
  readonly applications: { readonly [name: string]: LevelRules };
};
