import type { Command } from "commander";
import type { Context } from "./context.ts";
import { counted } from "./event_words.ts";
import { wrongUse } from "./failure.ts";
import { A, EITHER_NODE, examples, JSON_FORM } from "./help.ts";
import { readValue } from "./json_form.ts";
import { expectedOption, reachOptions, timeoutOption } from "./options.ts";
import { reachNode, type ReachOptions } from "./reach.ts";
import { printFacts } from "./table.ts";

/** Options of `macula dht put`. */
export interface DhtPutOptions extends ReachOptions {
  /** The sequence that is to be replaced, 0 for none. */
  readonly expected?: number;
  /** Puts under the hash of the value. */
  readonly immutable?: true;
}

/** Adds `macula dht put`. */
export function addDhtPut(dht: Command, context: Context): void {
  const command = dht.command("put")
    .summary("put a record")
    .description(
      `Puts a record, signed by the node, under the node's id and a name; the next one replaces it. ` +
        `With --immutable, under the hash of its value, which is the key that it prints. ${EITHER_NODE}`,
    )
    .argument("<name-or-value>", "the name; with --immutable the value")
    .argument("[value]", "JSON, or text if that does not parse");
  for (const option of reachOptions()) command.addOption(option);
  command.addOption(expectedOption())
    .option("--immutable", "puts under the hash of the value")
    .addOption(timeoutOption("how long to wait for the node"))
    .addHelpText(
      "after",
      `
${JSON_FORM}
With --json it prints {"event":"stored","key","sequence","holders","refused"}.
${
        examples(
          `macula dht put site/config '{"celsius":true}'`,
          `macula dht put site/config '{"celsius":false}' --expected 1`,
          `macula dht put --immutable '{"celsius":true}' --bootstrap ${A}`,
        )
      }`,
    )
    .action((first: string, second: string | undefined, options: DhtPutOptions) =>
      dhtPut(first, second, options, context)
    );
}

/**
 * `macula dht put`: puts a record.
 *
 * @param first the name, or the value of an immutable one
 * @param second the value of a named one
 * @throws {Failure} when the arguments do not fit
 * @throws {ActorError} `conflict` when another sequence is there than the one expected
 */
export async function dhtPut(
  first: string,
  second: string | undefined,
  { expected, immutable, ...options }: DhtPutOptions,
  context: Context,
): Promise<void> {
  const { output, ending } = context;
  if (immutable && (second !== undefined || expected !== undefined)) {
    throw wrongUse("dht put --immutable takes a value alone: it has no name and no sequence");
  }
  if (!immutable && second === undefined) {
    throw wrongUse("dht put needs a name and a value, or --immutable and a value");
  }
  if (!immutable && options.bootstrap && options.data === undefined) {
    throw wrongUse(
      "a record is put under its owner's id: name the identity to use with --data, for the next " +
        "one to be put under it, too",
    );
  }
  const value = readValue(second ?? first, false);
  await using reached = await reachNode(options, context, { settled: true });
  const { dht } = reached.node;
  const putting = immutable
    ? dht.putValue(value)
    : dht.put(first, value, expected === undefined ? {} : { expected });
  const stored = await output.during("putting it into the DHT", ending.interrupts(putting));
  void output.event({ event: "stored", ...stored });
  const refusals = Object.entries(stored.refused).map(([code, count]) => `${count} × ${code}`);
  printFacts(output, [
    ["key", ["bold", stored.key]],
    ["sequence", immutable ? undefined : String(stored.sequence)],
    ["held by", counted(stored.holders, "node")],
    ["refused", refusals.length > 0 ? ["yellow", refusals.join(", ")] : undefined],
  ]);
}
