import type { DeadLetterSummary } from "../actors/mod.ts";
import type { DhtStats } from "../dht/mod.ts";
import type { EndpointCounters } from "../transport/mod.ts";

/** A realm that a node takes part in. */
export interface RealmStatus {
  /** What the node calls it. */
  readonly name: string;
  /** Its id in hex. */
  readonly id: string;
  /** Hash of everything in the node's policies that bears on it, in hex. */
  readonly policyHash: string;
}

/** What a node is, and how it does. */
export interface NodeStatus {
  readonly nodeId: string;
  /** Grows with every start. */
  readonly incarnation: number;
  readonly network: string;
  readonly uptimeMs: number;
  /** `<host>:<port>` of its socket. */
  readonly listen: string;
  /** `macula://…` where another node has reached it. */
  readonly addresses: readonly string[];
  readonly realms: readonly RealmStatus[];
  /** Connected peers. */
  readonly peers: number;
  readonly policies: { readonly version: number; readonly files: readonly string[] };
  readonly dht: DhtStats;
  readonly transport: EndpointCounters;
  /** Publications sent to peers, and those of which it is not known whether they arrived. */
  readonly publications: { readonly sent: number; readonly unknown: number };
  /** Frames of peers that were not taken, by code. */
  readonly refusedFrames: { readonly [code: string]: number };
  readonly deadLetters: DeadLetterSummary;
}
