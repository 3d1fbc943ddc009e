import type { Command } from "commander";
import type { NodeEvent } from "../mod.ts";
import { parsePattern } from "../names/mod.ts";
import type { Context } from "./context.ts";
import { eventTeller } from "./event_words.ts";
import { wrongUse } from "./failure.ts";
import { A, EITHER_NODE, examples, JSON_FORM } from "./help.ts";
import type { Publications } from "./node_face.ts";
import { PEERS_TOPIC } from "./node_services.ts";
import { allowOptions, countOption, listenOption, reachOptions, timeoutOption } from "./options.ts";
import { dialableAddresses } from "./places.ts";
import { PublicationPrinter } from "./publication_printer.ts";
import { type ReachedNode, reachNode, type ReachOptions } from "./reach.ts";

/** Options of `macula sub`; the timeout is for the first connection. */
export interface SubOptions extends ReachOptions {
  readonly listen?: string;
  readonly allow?: readonly string[];
  /** Publications after which it ends; without end unless named. */
  readonly count?: number;
}

/** Adds `macula sub`. */
export function addSub(program: Command, context: Context): void {
  const command = program.command("sub")
    .summary("print what is published")
    .description(
      `Prints publications that match a pattern, until Ctrl-C. Quote the pattern: * is one segment, ` +
        `** at its end one or more. ${EITHER_NODE} With --listen it is such a node, too, and others ` +
        `connect to it.`,
    )
    .argument("<pattern>", "<realm>/<segment or *>/…, or …/**");
  for (const option of reachOptions()) command.addOption(option);
  command
    .addOption(listenOption("runs as a node of its own, to which publishers connect here"))
    .addOption(allowOptions())
    .addOption(countOption("--count <n>", "end after so many publications"))
    .addOption(timeoutOption("how long to wait for the first connection"))
    .addHelpText(
      "after",
      `
${JSON_FORM}
With --json a publication is {"event":"publication","topic","payload","publisher","incarnation",
"sequence"}; the first line is {"event":"ready",…}, and connections come and go between.
${
        examples(
          `macula sub '${PEERS_TOPIC}'`,
          `macula sub 'iot/sensor/*' --bootstrap ${A} --json --count 10`,
          `macula sub 'iot/**' --listen 127.0.0.1:4434    # then: macula pub … --bootstrap <its address>`,
        )
      }`,
    )
    .action((pattern: string, options: SubOptions) => sub(pattern, options, context));
}

/**
 * `macula sub`: prints what is published, until it is told to stop. A short-lived node makes
 * connections again that are lost.
 *
 * @throws {Failure} when the nodes do not answer at first, or refuse
 */
export async function sub(pattern: string, options: SubOptions, context: Context): Promise<void> {
  const { output, ending } = context;
  parsePattern(pattern);
  const { count = Infinity, listen, allow, ...reach } = options;
  if (allow && listen === undefined && !reach.bootstrap) {
    throw wrongUse("--allow is for a node of this command's own: give it --bootstrap or --listen");
  }
  let onEvent = (_: NodeEvent): void => {};
  await using reached = await reachNode(reach, context, {
    // Publishers find it in the DHT, however long it runs.
    dht: "server",
    ...(listen !== undefined && { listen }),
    ...(allow && { allow }),
    onEvent: (event) => onEvent(event),
  });
  const { node, visitor } = reached;
  const stopped = ending.came.then(() => {});
  await using publications = node.subscribe(pattern);
  const ready = Promise.race([publications.ready, stopped]);
  await output.during("looking for publishers in the DHT", ready);
  if (ending.cause) return;
  const tell = eventTeller("note", output, reach.bootstrap ?? []);
  onEvent = (event) => {
    // Others come by, and are not let in unless that is asked for: that is no news.
    if (event.event === "refused" && event.by === "here" && event.code === "not-allowed") return;
    tell(event);
  };
  const address = listen === undefined ? undefined : firstAddress(reached);
  void output.event({ event: "ready", nodeId: node.id, pattern, address });
  const where = reach.bootstrap || !visitor ? ` at ${reached.name}` : "";
  void output.note(`subscribed to ${pattern}${where}${address ? `, as ${address}` : ""}`);

  const printer = new PublicationPrinter(output);
  // A short-lived node dials again those that it has lost; one that was asked is lost for good.
  const lost = visitor ? visitor.failed() : reached.lost;
  await Promise.race([print(publications, printer, count), stopped, lost]);
  printer.end();
}

async function print(
  publications: Publications,
  printer: PublicationPrinter,
  count: number,
): Promise<void> {
  for await (const publication of publications) {
    await printer.take(publication);
    if (printer.received >= count) return;
  }
}

function firstAddress({ visitor }: ReachedNode): string | undefined {
  return visitor && dialableAddresses(visitor.node.address, Deno.networkInterfaces())[0];
}
