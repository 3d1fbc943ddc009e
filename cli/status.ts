import type { Command } from "commander";
import type { Context } from "./context.ts";
import { showDuration } from "./duration.ts";
import { counted, HASH_CHARS } from "./event_words.ts";
import { examples } from "./help.ts";
import type { FaceStatus } from "./node_face.ts";
import { ownNodeOptions, timeoutOption } from "./options.ts";
import type { Output } from "./output.ts";
import { reachNode } from "./reach.ts";
import { printFacts, printTable } from "./table.ts";

/** Options of the commands that show a node that runs. */
export interface OwnNodeOptions {
  readonly data: string;
  /** In milliseconds. */
  readonly timeout: number;
}

/** Adds `macula status`. */
export function addStatus(program: Command, context: Context): void {
  const command = program.command("status")
    .summary("show how a node does")
    .description("Shows the node that runs on a data folder: who it is, and how it does.");
  for (const option of ownNodeOptions("status")) command.addOption(option);
  command.addOption(timeoutOption("how long to wait for the node"))
    .addHelpText(
      "after",
      `
With --json it prints {"event":"status",…} with everything that is counted.
${examples("macula status", "macula status --data /var/lib/macula --json")}`,
    )
    .action((options: OwnNodeOptions) => status(options, context));
}

/**
 * `macula status`: shows the node that runs on a data folder.
 *
 * @throws {Failure} when none does, or it does not answer
 */
export async function status(options: OwnNodeOptions, context: Context): Promise<void> {
  const { output, ending } = context;
  await using reached = await reachNode(options, context);
  const status = await ending.interrupts(reached.node.status());
  void output.event({ event: "status", ...status });
  showStatus(status, options.data, output);
}

function showStatus(status: FaceStatus, data: string, output: Output): void {
  const { dht, policies, publications, addresses, realms } = status;
  const { contacts, buckets, records, providers } = dht;
  const kept = `${counted(records, "record")}, ${counted(providers, "provider record")} kept`;
  printFacts(output, [
    ["node", ["bold", status.nodeId]],
    ["listens", status.listen],
    ...(addresses.length > 0 ? addresses : ["none that another node has reached yet"])
      .map((address) => ["address", address] as const),
    ["data", data],
    ["network", status.network],
    ["up", showDuration(status.uptimeMs)],
    ["peers", String(status.peers)],
    ["dht", `${counted(contacts, "contact")} in ${counted(buckets, "bucket")}; ${kept}`],
    ["policies", `version ${policies.version}, ${policies.files.join(", ") || "no file"}`],
    ["sent", counted(publications.sent, "copy", "copies")],
  ]);
  if (realms.length > 0) {
    void output.line();
    const rows = realms.map(({ name, id, policyHash }) => [name, short(id), short(policyHash)]);
    printTable(output, ["realm", "id", "policy"], rows);
  }
  const rows = troubles(status).map(([what, count]) => [what, count.toLocaleString("en")]);
  if (rows.length > 0) {
    void output.line();
    printTable(output, ["not as it should be", "count"], rows);
  }
}

/** Counts of what went wrong, those that are not zero. */
function troubles(status: FaceStatus): readonly (readonly [string, number])[] {
  const { transport, refusedFrames, deadLetters, publications, dht, control } = status;
  const by = (what: string, counts: { readonly [code: string]: number }) =>
    Object.entries(counts).map(([code, count]) => [`${what}: ${code}`, count] as const);
  const all = [
    ...by("connections refused", transport.refused),
    ...by("datagrams dropped", transport.dropped),
    ...by("frames refused", refusedFrames),
    ...by("DHT messages refused", dht.rejected),
    ["DHT requests without an answer", dht.timeouts] as const,
    ["copies of publications that may not have arrived", publications.unknown] as const,
    ...by("dead letters", deadLetters.byReason),
    ["control socket: lines and connections refused", control?.refused ?? 0] as const,
  ];
  return all.filter(([, count]) => count > 0);
}

function short(hex: string): string {
  return `${hex.slice(0, HASH_CHARS)}…`;
}
