import type { Command } from "commander";
import type { Context } from "./context.ts";
import { EXIT } from "./exit_codes.ts";
import { Failure, wrongUse } from "./failure.ts";
import { A, EITHER_NODE, examples, JSON_FORM } from "./help.ts";
import { valueToJson } from "./json_form.ts";
import { ownerOption, reachOptions, timeoutOption } from "./options.ts";
import { reachNode, type ReachOptions } from "./reach.ts";
import { printFacts } from "./table.ts";

/** Options of `macula dht get`. */
export interface DhtGetOptions extends ReachOptions {
  readonly owner?: string;
  /** Of an immutable record. */
  readonly key?: string;
}

/** Adds `macula dht get`. */
export function addDhtGet(dht: Command, context: Context): void {
  const command = dht.command("get")
    .summary("find a record")
    .description(
      `Finds the newest record of an owner under a name or, with --key, an immutable one. Its ` +
        `signature, or that it matches its key, was checked. ${EITHER_NODE}`,
    )
    .argument("[name]", "under which its owner has put it");
  for (const option of reachOptions()) command.addOption(option);
  command.addOption(ownerOption())
    .option("--key <key>", "key of an immutable record")
    .addOption(timeoutOption("how long to wait for the node"))
    .addHelpText(
      "after",
      `
${JSON_FORM}
With --json it prints {"event":"record","key","owner","name","sequence","validUntil","value"}.
${
        examples(
          "macula dht get site/config",
          `macula dht get site/config --owner b… --bootstrap ${A}`,
          "macula dht get --key b…",
        )
      }`,
    )
    .action((name: string | undefined, options: DhtGetOptions) => dhtGet(name, options, context));
}

/**
 * `macula dht get`: finds a record.
 *
 * @throws {Failure} `not-found` when the nodes closest to its key have none
 */
export async function dhtGet(
  name: string | undefined,
  { owner, key, ...options }: DhtGetOptions,
  context: Context,
): Promise<void> {
  const { output, ending } = context;
  if ((name === undefined) === (key === undefined)) {
    throw wrongUse("dht get needs a name, or --key KEY, and not both");
  }
  if (key !== undefined && owner !== undefined) {
    throw wrongUse("--owner goes with a name: an immutable record has no owner");
  }
  if (
    name !== undefined && owner === undefined && options.bootstrap && options.data === undefined
  ) {
    throw wrongUse(
      "a node that was made just now has no records: say whose is meant with --owner ID",
    );
  }
  await using reached = await reachNode(options, context, { settled: true });
  const { dht } = reached.node;
  const finding = key !== undefined
    ? dht.getValue(key)
    : dht.get(name ?? "", owner === undefined ? {} : { owner });
  const record = await output.during("looking in the DHT", ending.interrupts(finding));
  if (!record) {
    const what = key === undefined
      ? `no record of ${owner ?? reached.node.id} under ${JSON.stringify(name)}`
      : `no record with the key ${key}`;
    throw new Failure(EXIT.failed, "not-found", `${what} was found in the DHT`);
  }
  void output.event({ event: "record", ...record });
  const { validUntil, value } = record;
  printFacts(output, [
    ["key", record.key],
    ["owner", record.owner ?? "none: it is immutable"],
    ["name", record.name ?? undefined],
    ["sequence", record.name === null ? undefined : String(record.sequence)],
    ["valid until", Number.isFinite(validUntil) ? new Date(validUntil).toISOString() : undefined],
    ["value", ["bold", typeof value === "string" ? value : valueToJson(value) ?? ""]],
  ]);
}
