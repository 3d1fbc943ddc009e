/**
 * A child's side of its conversation with the parent: from its identity to the end of stdin.
 *
 * @module
 */
import { MaculaNode } from "@macula/mesh";
import { readLines, say } from "./lines.ts";
import type { Command, NodeLine } from "./protocol.ts";

/** What a child does with its node. Disposing waits until it does nothing more with it. */
export interface Job extends AsyncDisposable {
  /** Takes what the parent commands. */
  take(command: Command): void;
}

/**
 * Runs a node as the parent says, until the parent ends stdin.
 *
 * Tells the node's id; waits to be told of the peer, the only one that may connect; starts the node
 * on a free port of loopback, and connects it if the peer has an address.
 *
 * @param data the node's data folder
 * @param begin called with the node once it runs and is connected; `signal` is aborted when the
 * job is to end, which is before the node stops
 */
export async function runChildNode(
  data: string,
  begin: (node: MaculaNode, signal: AbortSignal) => Job | Promise<Job>,
): Promise<void> {
  // Ctrl-C reaches every process of the terminal; the parent's way of ending this one is stdin.
  Deno.addSignalListener("SIGINT", () => {});
  tell({ event: "identity", id: await makeIdentity(data) });
  const commands = readLines<Command>(Deno.stdin.readable);
  const { value: start } = await commands.next();
  if (start === undefined) return; // the parent has gone already
  if (start.do !== "start") throw new TypeError(`the first command is "${start.do}", not "start"`);

  await using node = await MaculaNode.start({
    data,
    allow: [start.peer],
    onCrash: ({ actor, error }) => tell({ event: "crashed", actor, error }),
  });
  node.failed.then(({ message }) => Promise.reject(new Error(`the node has failed: ${message}`)));
  let next = commands.next();
  if (start.address !== undefined) {
    // Dialling goes on until it succeeds, or until there is no parent any more.
    const connected = node.connect(start.address).then(() => true);
    if (!await Promise.race([connected, next.then(({ done }) => !done)])) return;
  }
  const ended = new AbortController();
  await using job = await begin(node, ended.signal);
  tell({ event: "ready", address: node.address });
  try {
    for (let line = await next; !line.done; line = await next) {
      job.take(line.value);
      next = commands.next();
    }
  } finally {
    ended.abort();
  }
}

/** A node makes its key when it first starts on a data folder: this one does, and accepts nobody. */
async function makeIdentity(data: string): Promise<string> {
  await using node = await MaculaNode.start({ data, allow: [], shards: 0 });
  return node.id;
}

function tell(line: NodeLine): void {
  say(line);
}
