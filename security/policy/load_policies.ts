import { lintRules } from "./lint_rules.ts";
import { PolicyError, type PolicyProblem } from "./policy_error.ts";
import { type PolicyFile, readPolicies } from "./read_policies.ts";
import type { PolicySnapshot } from "./snapshot.ts";

/**
 * Loads policy files.
 *
 * @param files in any order; none for a node without policies
 * @param version of the snapshot, 1 or more
 * @returns the rules of all of them
 * @throws {PolicyError} when anything in them is wrong, or asks for what this version cannot do
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { loadPolicies, PolicyError } from "../mod.ts";
 *
 * const text = "realms:\n  lob: { app: noise-ik }\n";
 * assert.throws(() => loadPolicies([{ path: "policies.yaml", text }], 1), (error) => {
 *   return error instanceof PolicyError && error.problems[0]?.place === "policies.yaml:2:15";
 * });
 * ```
 */
export function loadPolicies(files: readonly PolicyFile[], version: number): PolicySnapshot {
  const { snapshot, problems } = check(files, version);
  const errors = problems.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new PolicyError(errors);
  return snapshot;
}

/**
 * Tells everything that is wrong with policy files, and what in them is probably not meant.
 *
 * @param files in any order
 * @returns errors, which keep a node from starting, and warnings; empty when all is well. What the
 * rules come to together is looked at only when each is right by itself.
 */
export function lintPolicies(files: readonly PolicyFile[]): readonly PolicyProblem[] {
  return check(files, 1).problems;
}

function check(
  files: readonly PolicyFile[],
  version: number,
): { readonly snapshot: PolicySnapshot; readonly problems: readonly PolicyProblem[] } {
  const errors: PolicyProblem[] = [];
  const read = readPolicies(
    files,
    version,
    (place, message) => errors.push({ severity: "error", place, message }),
  );
  const problems = errors.length > 0 ? errors : lintRules(read);
  return { snapshot: read.snapshot, problems };
}
