import type { Command } from "commander";
import { DeadlineError, HandlerError, NoSuchProcedureError, type Value } from "../mod.ts";
import { parseTopic } from "../names/mod.ts";
import type { Context } from "./context.ts";
import { showDuration } from "./duration.ts";
import { EXIT } from "./exit_codes.ts";
import { Failure } from "./failure.ts";
import { A, EITHER_NODE, examples, JSON_FORM } from "./help.ts";
import { readValue, valueToJson } from "./json_form.ts";
import { INFO_PROCEDURE } from "./node_services.ts";
import { reachOptions, timeoutOption } from "./options.ts";
import { type ReachedNode, reachNode, type ReachOptions } from "./reach.ts";

/** Adds `macula call`. */
export function addCall(program: Command, context: Context): void {
  const command = program.command("call")
    .summary("call a procedure")
    .description(
      `Calls a procedure, wherever it is served, and prints what it returns. ${EITHER_NODE}`,
    )
    .argument("<procedure>", "<realm>/<segment>/…")
    .argument("[args...]", "each JSON, or text if that does not parse");
  for (const option of reachOptions()) command.addOption(option);
  command.addOption(timeoutOption("how long to wait in all"))
    .addHelpText(
      "after",
      `
${JSON_FORM}
With --json it prints {"event":"result","result"}; a procedure that returns nothing has no "result".
${
        examples(
          `macula call ${INFO_PROCEDURE}`,
          `macula call lob/math/add 40 2 --bootstrap ${A}`,
        )
      }`,
    )
    .action((procedure: string, args: readonly string[], options: ReachOptions) =>
      call(procedure, args, options, context)
    );
}

/**
 * `macula call`: calls a procedure, and prints what it returns.
 *
 * @param args each JSON or, if it does not parse, text
 * @throws {Failure} when it is not served, fails, or does not answer in time
 */
export async function call(
  procedure: string,
  args: readonly string[],
  options: ReachOptions,
  context: Context,
): Promise<void> {
  const { output, ending } = context;
  parseTopic(procedure, "procedure");
  const values = args.map((arg) => readValue(arg, false));
  const { timeout } = options;
  const began = performance.now();
  await using reached = await reachNode(options, context);
  const deadlineMs = Math.max(1, timeout - (performance.now() - began));
  let result: Value;
  try {
    const calling = reached.node.call(procedure, values, { deadlineMs });
    const waiting = ending.interrupts(Promise.race([calling, reached.lost]));
    result = await output.during(`calling ${procedure}`, waiting) as Value;
  } catch (error) {
    throw explained(error, procedure, reached, timeout);
  }
  const json = valueToJson(result);
  void output.event({ event: "result", result });
  if (json !== undefined) void output.line(typeof result === "string" ? result : json);
}

/** What a call's error means to whoever typed the command. */
function explained(
  error: unknown,
  procedure: string,
  { name, visitor }: ReachedNode,
  timeout: number,
): unknown {
  const because = { cause: error };
  if (error instanceof NoSuchProcedureError) {
    return new Failure(
      EXIT.failed,
      error.code,
      visitor?.guarded
        ? `${name} does not serve ${procedure}; --open asks others that the DHT knows, too`
        : `nobody serves ${procedure}, as far as ${name} and the DHT know`,
      because,
    );
  }
  if (error instanceof DeadlineError) {
    return new Failure(
      EXIT.timedOut,
      error.code,
      `${procedure} gave no answer within ${showDuration(timeout)}; whether it has run is not ` +
        `known. --timeout says how long to wait`,
      because,
    );
  }
  if (error instanceof HandlerError) {
    const kind = typeof error.data.name === "string" ? `${error.data.name}: ` : "";
    const message = `${procedure} failed: ${kind}${error.message}`;
    return new Failure(EXIT.failed, error.code, message, because);
  }
  return error;
}
