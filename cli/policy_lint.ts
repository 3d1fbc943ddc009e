import type { Command } from "commander";
import { PolicyError } from "../mod.ts";
import { lintPolicies, type PolicyProblem, readPolicyFiles } from "../security/mod.ts";
import type { Context } from "./context.ts";
import { counted } from "./event_words.ts";
import { EXIT } from "./exit_codes.ts";
import { Failure } from "./failure.ts";
import { examples } from "./help.ts";

/** Adds `macula policy lint`. */
export function addPolicyLint(policy: Command, context: Context): void {
  policy.command("lint")
    .summary("check policy files")
    .description(
      "Checks policy files as a node does that is to start with them, and tells everything that is " +
        "wrong, and what is probably not meant. It ends with 2 when there are errors, and with 0 when " +
        "there are warnings only.",
    )
    .argument("<file...>", "policy files that are to hold together")
    .addHelpText(
      "after",
      `
With --json it prints {"event":"problem","severity","place","message"}, a line each, and last
{"event":"linted","files","errors","warnings"}.
${examples("macula policy lint policies.yaml", "macula policy lint policies/*.yaml --json")}`,
    )
    .action((files: readonly string[]) => policyLint(files, context));
}

/**
 * `macula policy lint`: tells what is wrong with policy files.
 *
 * @throws {Failure} wrong use, when a node would not start with them
 */
export async function policyLint(files: readonly string[], { output }: Context): Promise<void> {
  const problems = await problemsOf(files);
  for (const { severity, place, message } of problems) {
    void output.event({ event: "problem", severity, place, message });
    const style = severity === "error" ? "red" : "yellow";
    void output.line(`${place}: `, [style, `${severity}:`], ` ${message}`);
  }
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const warnings = problems.length - errors;
  void output.event({ event: "linted", files: files.length, errors, warnings });
  const counts = `${counted(errors, "error")} and ${counted(warnings, "warning")} in ` +
    counted(files.length, "file");
  if (errors > 0) throw new Failure(EXIT.wrongUse, "policy", counts);
  void output.line(`${warnings > 0 ? "usable" : "ok"}: ${counts}`);
}

async function problemsOf(files: readonly string[]): Promise<readonly PolicyProblem[]> {
  try {
    return lintPolicies(await readPolicyFiles(files));
  } catch (error) {
    if (error instanceof PolicyError) return error.problems; // one of them cannot be read
    throw error;
  }
}
