import type { CrashReport, DeadLetterSummary, SpawnOptions } from "../actors/mod.ts";
import type { EndpointCounters } from "../transport/mod.ts";
import type { NodeConfig } from "./config.ts";
import type { NodeEvent, PeerCounts } from "./mesh_protocol.ts";

/** How to start a node. What is given here counts before what the configuration file says. */
export interface NodeOptions extends NodeConfig {
  /** Path of a configuration file (YAML). */
  readonly config?: string;
  /** Gets every crash report; they are written to stderr unless named. */
  readonly onCrash?: (report: CrashReport) => void;
  /** Gets what happens on the node, as it happens. */
  readonly onEvent?: (event: NodeEvent) => void;
  /**
   * `client` for a node that soon leaves again: it asks the DHT, and neither holds records for others
   * nor is found as a node. `server` unless named.
   */
  readonly dht?: "server" | "client";
}

/** Options of {@link MaculaNode.spawn}. */
export type NodeSpawnOptions<A extends unknown[]> = SpawnOptions<A> & {
  /** Makes the actor reachable from other nodes, as `macula://<node>/<realm>/<name>`. */
  readonly expose?: string;
};

/** Counts of a node since it started. */
export interface NodeStats {
  readonly transport: EndpointCounters;
  readonly peers: PeerCounts;
  readonly deadLetters: DeadLetterSummary;
}
