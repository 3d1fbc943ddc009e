import type { Command } from "commander";
import { DeadlineError, DisconnectedError, type Value } from "../mod.ts";
import { parseTopic } from "../names/mod.ts";
import type { Context } from "./context.ts";
import { showDuration } from "./duration.ts";
import { counted } from "./event_words.ts";
import { EXIT } from "./exit_codes.ts";
import { Failure } from "./failure.ts";
import { A, EITHER_NODE, examples, JSON_FORM } from "./help.ts";
import { readValue } from "./json_form.ts";
import { linesOf } from "./lines.ts";
import type { NodeFace } from "./node_face.ts";
import { reachOptions, timeoutOption } from "./options.ts";
import { type ReachedNode, reachNode, type ReachOptions } from "./reach.ts";

/** Options of `macula pub`; the timeout is for the connection, and again for the acknowledgement. */
export interface PubOptions extends ReachOptions {
  /** Takes payloads as text, whatever they look like. */
  readonly raw?: boolean;
}

/** Adds `macula pub`. */
export function addPub(program: Command, context: Context): void {
  const command = program.command("pub")
    .summary("publish on a topic")
    .description(
      `Publishes on a topic, and waits until every node that subscribes has acknowledged. ${EITHER_NODE}`,
    )
    .argument("<topic>", "<realm>/<segment>/…")
    .argument("<payload>", "JSON, or text if that does not parse; - for stdin, a line each");
  for (const option of reachOptions()) command.addOption(option);
  command
    .option("--raw", "take payloads as text, even if they are JSON; keep empty lines of stdin")
    .addOption(timeoutOption("how long to wait for the node, and for its acknowledgement"))
    .addHelpText(
      "after",
      `
${JSON_FORM}
With --json it prints {"event":"published","topic","publications","peers"}: how many publications, to
how many connected nodes. With --bootstrap also "sent", the copies that those that subscribe were
sent, and "unknown", those of them that went to nodes that left before they acknowledged.
${
        examples(
          `macula pub iot/sensor/hall '{"celsius":19.5}'`,
          `tail -f readings.jsonl | macula pub iot/sensor/hall -`,
          `macula pub iot/sensor/hall 19.5 --bootstrap ${A}`,
        )
      }`,
    )
    .action((topic: string, payload: string, options: PubOptions) =>
      pub(topic, payload, options, context)
    );
}

/**
 * `macula pub`: publishes on a topic.
 *
 * @param payload JSON or, if it does not parse, text; `-` for the lines of stdin, a publication each
 * @throws {Failure} when the node does not answer, refuses, or is lost before it acknowledged all
 */
export async function pub(
  topic: string,
  payload: string,
  { raw = false, ...options }: PubOptions,
  context: Context,
): Promise<void> {
  const { output, ending, stdin } = context;
  parseTopic(topic);
  const { timeout, bootstrap } = options;
  const payloads = payload === "-" ? stdinPayloads(stdin, raw) : [readValue(payload, raw)];
  await using reached = await reachNode(options, context);
  const { node, visitor } = reached;
  if (visitor) {
    const meeting = ending.interrupts(visitor.meet(topic, timeout));
    await output.during("looking for subscribers in the DHT", meeting);
  }

  let publications = 0;
  const publishAll = async () => {
    for await (const value of payloads) {
      await node.publish(topic, value);
      publications++;
    }
    try {
      await flushAll(node, bootstrap?.map(({ nodeId }) => nodeId) ?? [], timeout);
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      throw new Failure(
        EXIT.timedOut,
        error.code,
        `${
          counted(publications, "publication")
        } on ${topic} not acknowledged by every node within ` +
          `${showDuration(timeout)}; whether all have them is not known`,
        { cause: error },
      );
    }
  };
  await ending.interrupts(Promise.race([publishAll(), reached.lost]));
  await tell(topic, publications, reached, context);
}

/** Says how many publications went out, and what is known of where they went. */
async function tell(
  topic: string,
  publications: number,
  { node, visitor }: ReachedNode,
  { output }: Context,
): Promise<void> {
  const peers = (await node.peers()).length;
  const what = `published ${counted(publications, "publication")} on ${topic}`;
  if (!visitor) {
    // Counts of a node that others use, too, say nothing of these publications.
    void output.event({ event: "published", topic, publications, peers });
    void output.line(`${what}; taken by every subscriber, of ${counted(peers, "connected node")}`);
    return;
  }
  const { peers: { sent, unknown } } = await visitor.node.stats();
  void output.event({ event: "published", topic, publications, peers, sent, unknown });
  const reached = sent > 0 || publications === 0
    ? `; ${copies(sent - unknown)} taken by nodes that subscribe, of ${peers} connected`
    : `, but nobody subscribes to it on ${counted(peers, "connected node")}: it is lost${
      visitor.guarded ? " (--open reaches others that the DHT knows, too)" : ""
    }`;
  const doubt = unknown > 0
    ? `; ${copies(unknown)} sent to nodes that left before they acknowledged`
    : "";
  void output.line(`${what}${reached}${doubt}`);
}

/**
 * Waits until every node has acknowledged, or has left.
 *
 * @param needed ids of those that must not leave
 */
async function flushAll(
  node: NodeFace,
  needed: readonly string[],
  timeoutMs: number,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await node.flush({ deadlineMs: Math.max(1, deadline - performance.now()) });
    } catch (error) {
      // What was sent to a node that has left is counted as unknown, and the others remain.
      const left = error instanceof DisconnectedError ? error.data.peer : undefined;
      if (typeof left !== "string" || needed.includes(left)) throw error;
    }
  }
}

function copies(count: number): string {
  return `${counted(count, "copy", "copies")} ${count === 1 ? "was" : "were"}`;
}

async function* stdinPayloads(
  stdin: ReadableStream<Uint8Array>,
  raw: boolean,
): AsyncGenerator<Value> {
  for await (const line of linesOf(stdin)) {
    if (raw || line.trim() !== "") yield readValue(line, raw);
  }
}
