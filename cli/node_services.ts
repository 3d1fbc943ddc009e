import type { MaculaNode } from "../mod.ts";

/** The realm in which a node offers what it has by itself; one that is kept out of it offers nothing. */
export const OWN_REALM = "macula";

/** The procedure with which a node tells of itself. */
export const INFO_PROCEDURE = `${OWN_REALM}/node/info`;

/** The topic on which it publishes how many peers it has, whenever that changes. */
export const PEERS_TOPIC = `${OWN_REALM}/node/peers`;

/** What {@linkcode INFO_PROCEDURE} answers. */
export interface NodeInfo {
  readonly nodeId: string;
  readonly version: string;
  readonly network: string;
  readonly uptimeMs: number;
  /** How many nodes are connected; who they are is not told to everyone. */
  readonly peers: number;
}

/**
 * What `macula node` has to offer by itself, so that there is something to call and to subscribe to:
 * {@linkcode INFO_PROCEDURE} and {@linkcode PEERS_TOPIC}.
 */
export class NodeServices {
  readonly #node: MaculaNode;
  #published = 0;

  private constructor(node: MaculaNode) {
    this.#node = node;
  }

  /**
   * Begins to serve, until the node stops.
   *
   * @param about what does not change
   * @param now a clock that never goes back, in milliseconds
   */
  static async start(
    node: MaculaNode,
    about: Pick<NodeInfo, "version" | "network">,
    now: () => number,
  ): Promise<NodeServices> {
    const services = new NodeServices(node);
    const started = now();
    await node.serve(INFO_PROCEDURE, async (): Promise<NodeInfo> => ({
      nodeId: node.id,
      ...about,
      uptimeMs: Math.round(now() - started),
      peers: await services.#peers(),
    }));
    return services;
  }

  /** Peers have come or gone. */
  async peersChanged(): Promise<void> {
    try {
      const connected = await this.#peers();
      if (connected === this.#published) return;
      this.#published = connected;
      await this.#node.publish(PEERS_TOPIC, { nodeId: this.#node.id, connected });
    } catch {
      // The node is stopping: its peers leave, and there is nobody to tell.
    }
  }

  async #peers(): Promise<number> {
    const peers = await this.#node.peers();
    return new Set(peers.filter(({ synced }) => synced).map(({ peer }) => peer)).size;
  }
}
