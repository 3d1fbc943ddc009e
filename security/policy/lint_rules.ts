import { lintNames } from "./lint_names.ts";
import { lintRequirements } from "./lint_requirements.ts";
import { lintSameness } from "./lint_sameness.ts";
import type { PolicyProblem } from "./policy_error.ts";
import { PolicyTable } from "./policy_table.ts";
import type { ReadPolicies } from "./read_policies.ts";
import { sampleNames } from "./samples.ts";

/** Tells what rules that are right one by one come to together, errors first. */
export function lintRules(read: ReadPolicies): readonly PolicyProblem[] {
  const { snapshot } = read;
  const table = new PolicyTable(snapshot);
  const samples = sampleNames(snapshot);
  const problems = [
    ...lintRequirements(snapshot, table, samples),
    ...lintNames(read),
    ...lintSameness(snapshot, table, samples),
  ];
  const errors = problems.filter(({ severity }) => severity === "error");
  return [...errors, ...problems.filter((problem) => !errors.includes(problem))];
}
