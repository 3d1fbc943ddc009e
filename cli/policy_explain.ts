import type { Command } from "commander";
import type { FieldSource, Resolution } from "../mod.ts";
import {
  loadPolicies,
  parseApplicationName,
  policyFieldText,
  PolicyTable,
  readPolicyFiles,
} from "../security/mod.ts";
import type { Context } from "./context.ts";
import { wrongUse } from "./failure.ts";
import { examples } from "./help.ts";
import { ownNodeOptions, timeoutOption } from "./options.ts";
import type { Output } from "./output.ts";
import { reachNode } from "./reach.ts";
import type { OwnNodeOptions } from "./status.ts";
import { printTable } from "./table.ts";

/** Options of `macula policy explain`. */
export interface PolicyExplainOptions extends OwnNodeOptions {
  readonly application?: string;
  /** A policy file to read instead of asking a node. */
  readonly policies?: string;
}

/** Adds `macula policy explain`. */
export function addPolicyExplain(policy: Command, context: Context): void {
  const command = policy.command("explain")
    .summary("show what holds for a name, and why")
    .description(
      "Shows the policy that holds for a topic or a procedure, and for each field the level and the " +
        "line that it comes from, and what it overrode: on the node that runs on the data folder or, " +
        "with --policies, by a file that no node need have.",
    )
    .argument("<name>", "<realm>/<segment>/…");
  for (const option of ownNodeOptions("policy explain")) command.addOption(option);
  command
    .option("--application <name>", "on behalf of which, such as com.example.billing")
    .option("--policies <file>", "reads this file instead of asking a node")
    .addOption(timeoutOption("how long to wait for the node"))
    .addHelpText(
      "after",
      `
With --json it prints {"event":"policy","name","policy","fields","satisfied","problem",…}.
${
        examples(
          "macula policy explain lob/orders/total",
          "macula policy explain lob/orders/total --policies policies.yaml --application com.example.billing",
        )
      }`,
    )
    .action((name: string, options: PolicyExplainOptions) => policyExplain(name, options, context));
}

/**
 * `macula policy explain`: shows what holds for a name, and where each field came from.
 *
 * @throws {PolicyError} when the file that is named cannot be used
 * @throws {Failure} when the node that is to be asked does not run
 */
export async function policyExplain(
  name: string,
  options: PolicyExplainOptions,
  context: Context,
): Promise<void> {
  const resolution = await resolve(name, options, context);
  void context.output.event({ event: "policy", ...resolution });
  show(resolution, context.output);
}

async function resolve(
  name: string,
  { policies, application, ...options }: PolicyExplainOptions,
  context: Context,
): Promise<Resolution> {
  if (application !== undefined) checkApplication(application);
  if (policies !== undefined) {
    const snapshot = loadPolicies(await readPolicyFiles([policies]), 1);
    return new PolicyTable(snapshot).resolve(name, application);
  }
  await using reached = await reachNode(options, context);
  const asked = reached.node.policy(name, application === undefined ? {} : { application });
  return await context.ending.interrupts(asked);
}

function checkApplication(application: string): void {
  try {
    parseApplicationName(application);
  } catch (error) {
    throw wrongUse(`--application: ${(error as Error).message}`);
  }
}

function show(resolution: Resolution, output: Output): void {
  const { name, application, fields, satisfied, problem } = resolution;
  const whose = application === null ? "" : `, for ${application}`;
  void output.line(["bold", name], whose);
  printTable(
    output,
    ["field", "value", "level", "where", "instead of"],
    fields.map((source) => [
      source.field,
      policyFieldText(source.value),
      source.level,
      source.at ?? "built in",
      source.overridden.map(lost).join("; "),
    ]),
  );
  if (satisfied) void output.line("It can be kept: the suite has what is required.");
  else void output.line(["red", "It cannot be kept, so nothing passes: "], problem ?? "");
}

function lost({ value, key, at, why }: FieldSource["overridden"][number]): string {
  const where = at === null ? key : `${key}, ${at}`;
  return `${policyFieldText(value)} (${where}${why === null ? "" : `; ${why}`})`;
}
