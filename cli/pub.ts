import { DeadlineError, DisconnectedError, type MaculaNode } from "../mod.ts";
import { parseTopic } from "../names/mod.ts";
import type { NodeAddress } from "../transport/mod.ts";
import type { Value } from "../values/mod.ts";
import type { Context } from "./context.ts";
import { showDuration } from "./duration.ts";
import { counted } from "./event_words.ts";
import { EXIT } from "./exit_codes.ts";
import { Failure, wrongUse } from "./failure.ts";
import { readValue } from "./json_form.ts";
import { linesOf } from "./lines.ts";
import { Visitor } from "./visitor.ts";

/** Options of `macula pub`. */
export interface PubOptions {
  readonly connect?: NodeAddress;
  readonly data?: string;
  readonly network?: string;
  readonly open?: true;
  /** Takes payloads as text, whatever they look like. */
  readonly raw?: boolean;
  /** For the connection, and again for the acknowledgement, in milliseconds. */
  readonly timeout: number;
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
  { connect, raw = false, timeout, ...identity }: PubOptions,
  { output, ending, stdin }: Context,
): Promise<void> {
  if (!connect) throw wrongUse("pub needs --connect ADDRESS, the node to publish to");
  parseTopic(topic);
  const payloads = payload === "-" ? stdinPayloads(stdin, raw) : [readValue(payload, raw)];
  await using visitor = await ending.interrupts(
    Visitor.start({ ...identity, hosts: [connect] }, output),
  );
  const { node } = visitor;
  await ending.interrupts(visitor.join(timeout));
  await ending.interrupts(visitor.settle(timeout));

  let publications = 0;
  const publishAll = async () => {
    for await (const value of payloads) {
      await node.publish(topic, value);
      publications++;
    }
    try {
      await flushAll(node, connect.nodeId, timeout);
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
  await ending.interrupts(Promise.race([publishAll(), visitor.lost]));
  const { peers: { sent, unknown } } = await node.stats();
  const peers = (await node.peers()).length;
  void output.event({ event: "published", topic, publications, peers, sent, unknown });
  const reached = sent > 0 || publications === 0
    ? `; ${copies(sent - unknown)} taken by nodes that subscribe, of ${peers} connected`
    : `, but nobody subscribes to it on ${counted(peers, "connected node")}: it is lost${
      visitor.guarded ? " (--open reaches the nodes that know that one, too)" : ""
    }`;
  const doubt = unknown > 0
    ? `; ${copies(unknown)} sent to nodes that left before they acknowledged`
    : "";
  void output.line(
    `published ${counted(publications, "publication")} on ${topic}${reached}${doubt}`,
  );
}

/** Waits until every node has acknowledged, or has left, but the host must not leave. */
async function flushAll(node: MaculaNode, host: string, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await node.flush({ deadlineMs: Math.max(1, deadline - performance.now()) });
    } catch (error) {
      // What was sent to a node that has left is counted as unknown, and the others remain.
      if (!(error instanceof DisconnectedError) || error.data.peer === host) throw error;
    }
  }
}

function copies(count: number): string {
  return count === 1 ? "1 copy was" : `${count} copies were`;
}

async function* stdinPayloads(
  stdin: ReadableStream<Uint8Array>,
  raw: boolean,
): AsyncGenerator<Value> {
  for await (const line of linesOf(stdin)) {
    if (raw || line.trim() !== "") yield readValue(line, raw);
  }
}
