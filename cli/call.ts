import { DeadlineError, HandlerError, NoSuchProcedureError } from "../mod.ts";
import { parseTopic } from "../names/mod.ts";
import type { NodeAddress } from "../transport/mod.ts";
import type { Value } from "../values/mod.ts";
import type { Context } from "./context.ts";
import { showDuration } from "./duration.ts";
import { EXIT } from "./exit_codes.ts";
import { Failure, wrongUse } from "./failure.ts";
import { readValue, valueToJson } from "./json_form.ts";
import { Visitor } from "./visitor.ts";

/** Options of `macula call`. */
export interface CallCommandOptions {
  readonly connect?: NodeAddress;
  readonly data?: string;
  readonly network?: string;
  readonly open?: true;
  /** For all of it, in milliseconds. */
  readonly timeout: number;
}

/**
 * `macula call`: calls a procedure of a node, and prints what it returns.
 *
 * @param args each JSON or, if it does not parse, text
 * @throws {Failure} when it is not served, fails, or does not answer in time
 */
export async function call(
  procedure: string,
  args: readonly string[],
  { connect, timeout, ...identity }: CallCommandOptions,
  { output, ending }: Context,
): Promise<void> {
  if (!connect) throw wrongUse("call needs --connect ADDRESS, the node whose procedure it is");
  parseTopic(procedure, "procedure");
  const values = args.map((arg) => readValue(arg, false));
  const began = performance.now();
  const left = () => Math.max(1, timeout - (performance.now() - began));
  await using visitor = await ending.interrupts(
    Visitor.start({ ...identity, hosts: [connect] }, output),
  );
  await ending.interrupts(visitor.join(timeout));
  const ask = () => visitor.node.call(procedure, values, { deadlineMs: left() });
  const asked = ask().catch(async (error) => {
    if (!(error instanceof NoSuchProcedureError)) throw error;
    // Not on the host: perhaps on one of those that it introduces, which are on their way.
    await visitor.settle(left());
    return await ask();
  });
  let result: Value;
  try {
    result = await ending.interrupts(asked) as Value;
  } catch (error) {
    throw explained(error, procedure, visitor, timeout);
  }
  const json = valueToJson(result);
  void output.event({ event: "result", result });
  if (json !== undefined) void output.line(typeof result === "string" ? result : json);
}

/** What a call's error means to whoever typed the command. */
function explained(
  error: unknown,
  procedure: string,
  { place, guarded }: Visitor,
  timeout: number,
): unknown {
  const because = { cause: error };
  if (error instanceof NoSuchProcedureError) {
    return new Failure(
      EXIT.failed,
      error.code,
      guarded
        ? `the node at ${place} does not serve ${procedure}; --open asks the nodes that know it, too`
        : `nobody serves ${procedure}: neither the node at ${place} nor the nodes that know it`,
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
