import type { Command } from "commander";
import type { DhtLookup } from "../mod.ts";
import { parseNodeId, shortNodeId } from "../security/mod.ts";
import type { Context } from "./context.ts";
import { showDuration } from "./duration.ts";
import { counted } from "./event_words.ts";
import { EXIT } from "./exit_codes.ts";
import { Failure, wrongUse } from "./failure.ts";
import { A, EITHER_NODE, examples } from "./help.ts";
import type { NodeFace } from "./node_face.ts";
import { reachOptions, timeoutOption } from "./options.ts";
import type { Output } from "./output.ts";
import { reachNode, type ReachOptions } from "./reach.ts";
import { printTable } from "./table.ts";

/** Options of `macula dht lookup`. */
export interface DhtLookupOptions extends ReachOptions {
  /** Shows every node that was asked. */
  readonly trace?: true;
}

/** Adds `macula dht lookup`. */
export function addDhtLookup(dht: Command, context: Context): void {
  const command = dht.command("lookup")
    .summary("find nodes")
    .description(
      `Finds the nodes closest to a node id or a key, or those that take part in something: ` +
        `topic/<realm>/<first segment, or **>, proc/<realm>/<name>. ${EITHER_NODE}`,
    )
    .argument("<target>", "a node id, a key, topic/… or proc/…");
  for (const option of reachOptions()) command.addOption(option);
  command
    .option("--trace", "shows which nodes were asked, and what came of it")
    .addOption(timeoutOption("how long to wait for the node"))
    .addHelpText(
      "after",
      `
With --json it prints {"event":"found","peer","addresses"}, a line each, the closest first, with
--trace before them {"event":"hop","path","depth","peer","outcome","contacts","ms"}, and last
{"event":"lookup","target",…}.
${
        examples(
          "macula dht lookup b… --trace",
          `macula dht lookup proc/lob/math/add --bootstrap ${A}`,
        )
      }`,
    )
    .action((target: string, options: DhtLookupOptions) => dhtLookup(target, options, context));
}

/**
 * `macula dht lookup`: finds nodes.
 *
 * @throws {Failure} `not-found` when nobody takes part in it
 */
export async function dhtLookup(
  target: string,
  { trace, ...options }: DhtLookupOptions,
  context: Context,
): Promise<void> {
  const { output, ending } = context;
  const named = /^(?:topic|proc)\//.test(target);
  if (!named) checkTarget(target);
  if (named && trace) throw wrongUse("--trace goes with a node id or a key");
  await using reached = await reachNode(options, context, { settled: true });
  const looking = (named ? showProviders : showClosest)(reached.node, target, output, trace);
  await output.during("looking in the DHT", ending.interrupts(looking));
}

async function showProviders(node: NodeFace, target: string, output: Output): Promise<void> {
  const providers = await node.dht.providers(target);
  for (const { peer, addresses } of providers) {
    void output.event({ event: "found", peer, addresses });
  }
  void output.event({ event: "lookup", target, found: providers.length });
  if (providers.length === 0) {
    throw new Failure(EXIT.failed, "not-found", `nobody was found in the DHT for ${target}`);
  }
  printNodes(output, providers);
}

async function showClosest(
  node: NodeFace,
  target: string,
  output: Output,
  trace: true | undefined,
): Promise<void> {
  const { closest, hops, ms } = await node.dht.lookup(target);
  if (trace) showHops(hops, output);
  for (const { peer, addresses } of closest) void output.event({ event: "found", peer, addresses });
  void output.event({ event: "lookup", target, found: closest.length, asked: hops.length, ms });
  if (closest.length > 0) printNodes(output, closest);
  void output.line(
    [
      "dim",
      `${counted(closest.length, "node")} found, ${hops.length} asked, in ${showDuration(ms)}`,
    ],
  );
}

function showHops(hops: DhtLookup["hops"], output: Output): void {
  for (const hop of hops) void output.event({ event: "hop", ...hop });
  if (hops.length === 0) return;
  printTable(
    output,
    ["path", "depth", "asked", "outcome", "contacts", "ms"],
    hops.map(({ path, depth, peer, outcome, contacts, ms }) => [
      ...[String(path), String(depth), shortNodeId(parseNodeId(peer)), outcome],
      ...[String(contacts), ms.toFixed(1)],
    ]),
  );
  void output.line();
}

/** Prints nodes and where they are. */
function printNodes(output: Output, nodes: DhtLookup["closest"]): void {
  const rows = nodes.map(({ peer, addresses }) => [peer, addresses.join(", ") || "unknown"]);
  printTable(output, ["node", "addresses"], rows);
}

function checkTarget(target: string): void {
  try {
    parseNodeId(target); // keys have the same form
  } catch (error) {
    throw wrongUse(
      `${(error as Error).message} Keys have the same form; besides there are topic/… and proc/…`,
    );
  }
}
