import type { Command } from "commander";
import type { Value } from "../mod.ts";
import { parseTopic } from "../names/mod.ts";
import { parseNodeId, shortNodeId } from "../security/mod.ts";
import { clockTime } from "./clock_time.ts";
import type { Context } from "./context.ts";
import { showDuration } from "./duration.ts";
import { EXIT } from "./exit_codes.ts";
import { Failure } from "./failure.ts";
import { A, EITHER_NODE, examples } from "./help.ts";
import type { ServedCall } from "./node_face.ts";
import { countOption, reachOptions, timeoutOption } from "./options.ts";
import type { Output } from "./output.ts";
import { reachNode, type ReachOptions } from "./reach.ts";
import { ServedCommand } from "./served_command.ts";
import { Turns } from "./turns.ts";

/** Options of `macula serve`; the timeout is for the first connection. */
export interface ServeOptions extends ReachOptions {
  /** Commands that run at once. */
  readonly parallel: number;
}

/** Adds `macula serve`. */
export function addServe(program: Command, context: Context): void {
  const command = program.command("serve")
    .summary("serve a procedure with a program")
    .description(
      `Serves a procedure by running a program for each call, until Ctrl-C. The program gets the ` +
        `call's arguments as one line of JSON, a list, on its stdin, and MACULA_PROCEDURE and, from ` +
        `another node, MACULA_CALLER in its environment. What it prints is the result: JSON, or text ` +
        `if that does not parse, of 1 MiB at most. If it ends with another code than 0, the caller ` +
        `gets an error with the last line of its stderr; when nobody waits for the result any ` +
        `longer, it is killed. ${EITHER_NODE}`,
    )
    .usage("[options] <procedure> -- <command> [args...]")
    .argument("<procedure>", "<realm>/<segment>/…")
    .argument("<command...>", "the program and its arguments");
  for (const option of reachOptions()) command.addOption(option);
  command
    .addOption(
      countOption("--parallel <n>", "how many programs run at once; further calls wait").default(4),
    )
    .addOption(timeoutOption("how long to wait for the first connection"))
    .addHelpText(
      "after",
      `
With --json the first line is {"event":"ready","nodeId","procedure"}, then one a call,
{"event":"call","procedure","caller","ms","error"}.
${
        examples(
          `macula serve lob/text/sort -- jq -c 'sort'`,
          `macula serve lob/host/load --parallel 1 -- cat /proc/loadavg`,
          `macula serve lob/math/add --bootstrap ${A} -- jq add`,
        )
      }`,
    )
    .action((procedure: string, command: readonly string[], options: ServeOptions) =>
      serve(procedure, command, options, context)
    );
}

/**
 * `macula serve`: serves a procedure with a program, until it is told to stop; then programs that run
 * are killed.
 *
 * @throws {Failure} when there is no such program, or the node is refused, does not answer or is lost
 */
export async function serve(
  procedure: string,
  command: readonly string[],
  { parallel, ...options }: ServeOptions,
  context: Context,
): Promise<void> {
  const { output, ending } = context;
  parseTopic(procedure, "procedure");
  const served = await ServedCommand.find(procedure, command);
  await using reached = await reachNode(options, context, { dht: "server" });
  const { node, visitor } = reached;
  const turns = new Turns(parallel);
  const stop = new AbortController();
  const running = new Set<Promise<Value>>();
  const run = async (call: ServedCall): Promise<Value> => {
    const signal = AbortSignal.any([call.signal, stop.signal]);
    const began = performance.now();
    let error: Error | undefined;
    try {
      return await turns.take(signal, () => served.run({ ...call, signal }));
    } catch (thrown) {
      error = thrown as Error;
      throw thrown;
    } finally {
      tellCall(output, procedure, call.caller, performance.now() - began, error);
    }
  };
  const handle = (call: ServedCall): Promise<Value> => {
    const work = run(call);
    running.add(work);
    // Whoever called is told how it ended; this is for the end of the command.
    work.catch(() => {}).finally(() => running.delete(work));
    return work;
  };
  await using _served = await ending.interrupts(node.serve(procedure, handle));
  void output.event({ event: "ready", nodeId: node.id, procedure });
  void output.note(`serving ${procedure} at ${reached.name}; Ctrl-C ends it`);
  try {
    await Promise.race([ending.came, visitor ? visitor.failed() : reached.lost]);
  } finally {
    stop.abort(new Failure(EXIT.failed, "stopped", "the command that serves it was stopped"));
    await Promise.allSettled(running);
  }
}

function tellCall(
  output: Output,
  procedure: string,
  caller: string | undefined,
  ms: number,
  error: Error | undefined,
): void {
  void output.event({
    ...{ event: "call", procedure, caller, ms: Math.round(ms), error: error?.message },
  });
  const who = caller === undefined ? "this node" : shortNodeId(parseNodeId(caller));
  void output.line(
    ["dim", clockTime(new Date())],
    `  ${procedure}, called by ${who}: `,
    error ? ["red", error.message] : "done",
    ["dim", ` in ${showDuration(ms)}`],
  );
}
