import type { Command } from "commander";
import type { Context } from "./context.ts";
import { examples } from "./help.ts";
import { ownNodeOptions, timeoutOption } from "./options.ts";
import { reachNode } from "./reach.ts";
import type { OwnNodeOptions } from "./status.ts";
import { printTable } from "./table.ts";

/** Adds `macula peers`. */
export function addPeers(program: Command, context: Context): void {
  const command = program.command("peers")
    .summary("list the nodes that a node is connected to")
    .description(
      "Lists the nodes to which the one that runs on a data folder is connected. Others that the DHT " +
        "knows are found with `macula dht lookup`.",
    );
  for (const option of ownNodeOptions("peers")) command.addOption(option);
  command.addOption(timeoutOption("how long to wait for the node"))
    .addHelpText(
      "after",
      `
With --json it prints {"event":"peer","peer","remote","dialled","synced","incarnation"}, a line each.
${examples("macula peers", "macula peers --json")}`,
    )
    .action((options: OwnNodeOptions) => peers(options, context));
}

/**
 * `macula peers`: lists the peers of the node that runs on a data folder.
 *
 * @throws {Failure} when none does, or it does not answer
 */
export async function peers(options: OwnNodeOptions, context: Context): Promise<void> {
  const { output, ending } = context;
  await using reached = await reachNode(options, context);
  const peers = await ending.interrupts(reached.node.peers());
  for (const peer of peers) void output.event({ event: "peer", ...peer });
  if (peers.length === 0) {
    void output.line("no peers: this node is connected to nobody");
    return;
  }
  printTable(
    output,
    ["peer", "at", "dialled by", "state"],
    peers.map(({ peer, remote, dialled, synced }) => [
      peer,
      remote,
      dialled ? "this node" : "the peer",
      synced ? "connected" : "connecting",
    ]),
  );
}
