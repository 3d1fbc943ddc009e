import type { Command } from "commander";
import type { Context } from "./context.ts";
import { examples } from "./help.ts";
import { ownNodeOptions, timeoutOption } from "./options.ts";
import { reachNode } from "./reach.ts";
import type { OwnNodeOptions } from "./status.ts";
import { printTable } from "./table.ts";

/** Adds `macula dht table`. */
export function addDhtTable(dht: Command, context: Context): void {
  const command = dht.command("table")
    .summary("show a node's routing table")
    .description(
      "Shows whom the node that runs on a data folder knows in the DHT: in buckets, by how many of " +
        "the first bits of their ids are those of its own.",
    );
  for (const option of ownNodeOptions("dht table")) command.addOption(option);
  command.addOption(timeoutOption("how long to wait for the node"))
    .addHelpText(
      "after",
      `
With --json it prints {"event":"bucket","prefix","contacts","replacements"}, a line each.
${examples("macula dht table", "macula dht table --json")}`,
    )
    .action((options: OwnNodeOptions) => dhtTable(options, context));
}

/**
 * `macula dht table`: shows the routing table of the node that runs on a data folder.
 *
 * @throws {Failure} when none does, or it does not answer
 */
export async function dhtTable(options: OwnNodeOptions, context: Context): Promise<void> {
  const { output, ending } = context;
  await using reached = await reachNode(options, context);
  const buckets = await ending.interrupts(reached.node.dht.table());
  for (const bucket of buckets) void output.event({ event: "bucket", ...bucket });
  const rows = buckets.flatMap(({ prefix, contacts }) =>
    contacts.map(({ peer, addresses }) => [String(prefix), peer, addresses.join(", ")])
  );
  if (rows.length === 0) void output.line("no contacts: this node knows nobody in the DHT");
  else printTable(output, ["bits", "node", "addresses"], rows);
}
