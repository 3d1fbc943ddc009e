import type { NodeEvent } from "../mod.ts";
import type { NodeAddress } from "../transport/mod.ts";
import type { Context } from "./context.ts";
import { connectToNode } from "./control.ts";
import { controlledNode } from "./controlled_node.ts";
import { wrongUse } from "./failure.ts";
import { localNode } from "./local_node.ts";
import type { NodeFace } from "./node_face.ts";
import { DEFAULT_DATA } from "./options.ts";
import { type VisitOptions, Visitor } from "./visitor.ts";

/** How a command finds the node that it works with. */
export interface ReachOptions {
  /** The nodes by which a short-lived one meets others; without them a running one is asked. */
  readonly bootstrap?: readonly NodeAddress[];
  readonly data?: string;
  readonly network?: string;
  /** Policy file of the short-lived one. */
  readonly policies?: string;
  readonly open?: true;
  /** How long to wait for it, in milliseconds. */
  readonly timeout: number;
}

/** The node that a command works with. */
export interface ReachedNode extends AsyncDisposable {
  readonly node: NodeFace;
  /** Which one it is, in words: `the node of ./data`. */
  readonly name: string;
  /** The short-lived node, if it is one. */
  readonly visitor: Visitor | undefined;
  /** Rejects when it is lost, or with it a node of `bootstrap`. Nobody need listen. */
  readonly lost: Promise<never>;
}

/** What is different about a short-lived node. */
export interface Visit extends Pick<VisitOptions, "listen" | "allow" | "dht"> {
  /** Waits until it has found its place in the DHT. */
  readonly settled?: true;
  /** Gets what happens on it. */
  readonly onEvent?: (event: NodeEvent) => void;
}

/**
 * Finds the node that a command works with: the one that runs on the data folder, or a short-lived
 * one, which is connected to every node of `bootstrap` then.
 *
 * @throws {Failure} when there is none, or it is refused, does not answer in time, or the command is
 * to end meanwhile
 */
export async function reachNode(
  options: ReachOptions,
  { output, ending }: Context,
  { onEvent, settled, ...visit }: Visit = {},
): Promise<ReachedNode> {
  const { bootstrap = [], timeout, ...identity } = options;
  if (bootstrap.length === 0 && visit.listen === undefined) {
    return await askNode(options);
  }
  const starting = Visitor.start({ ...identity, ...visit, hosts: bootstrap }, output, onEvent);
  const visitor = await ending.interrupts(starting);
  try {
    const joining = visitor.join(timeout).then(() => settled && visitor.settle(timeout));
    await output.during(`connecting to ${visitor.place}`, ending.interrupts(joining));
  } catch (error) {
    await visitor[Symbol.asyncDispose]();
    throw error;
  }
  const { node, place, lost } = visitor;
  return {
    node: localNode(node),
    name: `the node at ${place}`,
    ...{ visitor, lost },
    [Symbol.asyncDispose]: () => visitor[Symbol.asyncDispose](),
  };
}

async function askNode(
  { data = DEFAULT_DATA, timeout, ...others }: ReachOptions,
): Promise<ReachedNode> {
  const [stray] = Object.keys(others);
  if (stray !== undefined) {
    throw wrongUse(`--${stray} is for a short-lived node: give it --bootstrap ADDRESS, too`);
  }
  const client = await connectToNode(data, timeout);
  return {
    node: controlledNode(client),
    name: `the node of ${data}`,
    ...{ visitor: undefined, lost: client.lost },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}
