import { ActorError, type ErrorData, registerError } from "../../actors/mod.ts";

/** Something about a policy file that its author should know. */
export type PolicyProblem = {
  /** An error keeps the file from being used. */
  readonly severity: "error" | "warning";
  /** `file:line:column`, or the file's path where it is about the whole. */
  readonly place: string;
  /** What was found there, and what would be right. */
  readonly message: string;
};

/**
 * Policy files that cannot be used. The message is about the first problem and says how many more
 * there are. It travels from actor to actor as what it is.
 */
export class PolicyError extends ActorError {
  /** Every error, in the order of the files; one at least. */
  readonly problems: readonly PolicyProblem[];

  /** @param problems the errors, one at least */
  constructor(problems: readonly PolicyProblem[]) {
    super("policy", summary(problems), { problems: [...problems] });
    this.problems = problems;
  }
}

registerError("policy", (message, data) => {
  const problems = problemsOf(data);
  return problems ? new PolicyError(problems) : new ActorError("policy", message, data);
});

function summary([first, ...more]: readonly PolicyProblem[]): string {
  if (!first) return "there are policy files that cannot be used";
  const rest = more.length === 0
    ? ""
    : ` (and ${more.length} more error${more.length > 1 ? "s" : ""})`;
  return `${first.place}: ${first.message}${rest}`;
}

/** What arrived may come from another node: it is looked at before it is believed. */
function problemsOf({ problems }: ErrorData): readonly PolicyProblem[] | undefined {
  if (!Array.isArray(problems) || problems.length === 0) return undefined;
  const found: readonly unknown[] = problems;
  return found.every(isProblem) ? found : undefined;
}

function isProblem(value: unknown): value is PolicyProblem {
  if (typeof value !== "object" || value === null) return false;
  const { severity, place, message } = value as { [key: string]: unknown };
  return (severity === "error" || severity === "warning") && typeof place === "string" &&
    typeof message === "string";
}
