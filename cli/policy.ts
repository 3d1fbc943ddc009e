import type { Command } from "commander";
import type { Context } from "./context.ts";
import { addPolicyExplain } from "./policy_explain.ts";
import { addPolicyLint } from "./policy_lint.ts";

/** Adds `macula policy` and its subcommands. */
export function addPolicy(program: Command, context: Context): void {
  const policy = program.command("policy")
    .summary("explain policies, and check policy files")
    .description("Explains the policies that a node obeys, and checks policy files.");
  addPolicyExplain(policy, context);
  addPolicyLint(policy, context);
}
