/**
 * A child's side of its conversation with the parent: from its node's start to the end of stdin.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { MaculaNode } from "@macula/mesh";
import { readLines, say } from "./lines.ts";
import type { Command, NodeLine } from "./protocol.ts";

/** What a child does with its node. Disposing waits until it does nothing more with it. */
export interface Job extends AsyncDisposable {
  /** Takes what the parent commands. */
  take(command: Command): void;
}

/** What the command line of a child says. */
export interface ChildArguments {
  /** Data folder: the node's key is made there when it first starts, and found when it does again. */
  readonly data: string;
  /** Address of the only node that this one knows. */
  readonly bootstrap: string;
}

/** @returns what the parent has put on the command line, `<data> <bootstrap>` */
export function childArguments([data = "", bootstrap = ""]: readonly string[]): ChildArguments {
  return { data, bootstrap };
}

/**
 * Runs a node on a free port of loopback until the parent ends stdin.
 *
 * @param realms the realms that it takes part in
 * @param begin called with the node once it has joined the DHT; `signal` is aborted when the job is
 * to end, which is before the node stops
 */
export async function runChildNode(
  { data, bootstrap }: ChildArguments,
  realms: readonly string[],
  begin: (node: MaculaNode, signal: AbortSignal) => Job | Promise<Job>,
): Promise<void> {
  // Ctrl-C reaches every process of the terminal; the parent's way of ending this one is stdin.
  Deno.addSignalListener("SIGINT", () => {});
  const commands = readLines<Command>(Deno.stdin.readable);
  let next = commands.next();
  await using node = await MaculaNode.start({
    ...{ data, realms, bootstrap: [bootstrap] },
    policies: fileURLToPath(import.meta.resolve("./policies.yaml")),
    onCrash: ({ actor, error }) => tell({ event: "crashed", actor, error }),
  });
  node.failed.then(({ message }) => Promise.reject(new Error(`the node has failed: ${message}`)));
  // Joining goes on until it succeeds, or until there is no parent any more.
  const joined = node.joined().then(() => true);
  if (!await Promise.race([joined, next.then(({ done }) => !done)])) return;

  const ended = new AbortController();
  await using job = await begin(node, ended.signal);
  tell({ event: "ready", id: node.id });
  try {
    for (let line = await next; !line.done; line = await next) {
      job.take(line.value);
      next = commands.next();
    }
  } finally {
    ended.abort();
  }
}

/** Ids of the peers that a node is connected to. */
export async function peersOf(node: MaculaNode): Promise<string[]> {
  return (await node.peers()).map(({ peer }) => peer);
}

function tell(line: NodeLine): void {
  say(line);
}
