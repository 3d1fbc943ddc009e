/** What tests of nodes share: nodes whose events can be awaited. @module */
import type { NodeEvent } from "./mesh_protocol.ts";
import { MaculaNode } from "./node.ts";
import type { NodeOptions } from "./node_options.ts";

/** A node, and the events that it has told. */
export class Probe implements AsyncDisposable {
  readonly node: MaculaNode;
  readonly events: NodeEvent[];
  readonly crashes: string[];
  readonly #waiting: Set<() => void>;

  private constructor(
    node: MaculaNode,
    events: NodeEvent[],
    crashes: string[],
    waiting: Set<() => void>,
  ) {
    this.node = node;
    this.events = events;
    this.crashes = crashes;
    this.#waiting = waiting;
  }

  /** Starts a node on a free port of loopback. */
  static async start(options: NodeOptions = {}): Promise<Probe> {
    const events: NodeEvent[] = [];
    const crashes: string[] = [];
    const waiting = new Set<() => void>();
    const node = await MaculaNode.start({
      shards: 0,
      ...options,
      onEvent: (event) => {
        events.push(event);
        for (const look of [...waiting]) look();
      },
      onCrash: (report) => crashes.push(`${report.actor} ${report.handler}: ${report.error}`),
    });
    return new Probe(node, events, crashes, waiting);
  }

  /** The first event of a kind, from now or before, that satisfies `where`. */
  event<K extends NodeEvent["event"]>(
    kind: K,
    where: (event: Extract<NodeEvent, { event: K }>) => boolean = () => true,
  ): Promise<Extract<NodeEvent, { event: K }>> {
    return new Promise((resolve) => {
      const look = () => {
        for (const event of this.events) {
          if (event.event !== kind) continue;
          const found = event as Extract<NodeEvent, { event: K }>;
          if (!where(found)) continue;
          this.#waiting.delete(look);
          return resolve(found);
        }
      };
      this.#waiting.add(look);
      look();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.node.stop();
  }
}

/** Two nodes, the second connected to the first, each knowing what the other has. */
export async function connected(
  first: NodeOptions = {},
  second: NodeOptions = {},
): Promise<{ a: Probe; b: Probe } & AsyncDisposable> {
  const a = await Probe.start(first);
  const b = await Probe.start({ ...second, bootstrap: [a.node.address] });
  await b.node.joined();
  await a.event("peer-synced", ({ peer }) => peer === b.node.id);
  return {
    ...{ a, b },
    async [Symbol.asyncDispose]() {
      await b.node.stop();
      await a.node.stop();
    },
  };
}

/** The next so many items of an async iterator. */
export async function take<T>(items: AsyncIterator<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  while (taken.length < count) {
    const { done, value } = await items.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}
