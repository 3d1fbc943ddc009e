import type { Ref } from "../actors/mod.ts";
import type { HostPort } from "../transport/mod.ts";
import type { DhtHop } from "./lookup.ts";

/** A way to one connected peer; whoever owns the connection provides it. */
export type DhtLink = {
  /** Takes a message of the DHT's to the peer, in order with the others, at most once. */
  dhtMessage(message: Uint8Array): void;
};

/** A peer that is connected. */
export type DhtPeer = {
  readonly peer: string;
  /** Which connection of this node it is: tells a late word of a former one. */
  readonly connectionNumber: number;
  readonly link: Ref<DhtLink>;
  /** Whether this node dialled it: then `remote` is an address that works. */
  readonly dialled: boolean;
  /** Where the peer is. */
  readonly remote: HostPort;
  /** Where the peer says that it sees this node: its word, in any form. */
  readonly observed: HostPort;
};

/** The part of a node's endpoint that the DHT needs. */
export type DhtDialler = {
  /** Connects to a peer, or finds the connection that there is; rejects with a code. */
  dial(peer: string, host: string, port: number): unknown;
  /**
   * Whether a node of that id answers there, tried from another socket than the endpoint's own, and
   * closed at once: rejects with a code when not.
   */
  probe(peer: string, host: string, port: number): void;
};

/** A record as it was found or stored. */
export type DhtRecord = {
  readonly key: string;
  /** `null` for an immutable one. */
  readonly owner: string | null;
  /** `null` for an immutable one. */
  readonly name: string | null;
  /** 0 for an immutable one. */
  readonly sequence: number;
  readonly value: Uint8Array;
  /** Ms since 1970, the owner's word; `Infinity` for an immutable one. */
  readonly validUntil: number;
};

/** What became of a store. */
export type DhtStored = {
  readonly key: string;
  readonly sequence: number;
  /** Nodes that hold it now, this one included. */
  readonly holders: number;
  /** Nodes that refused it, by code. */
  readonly refused: { readonly [code: string]: number };
};

/** A node that takes part in something. */
export type DhtProvider = {
  readonly peer: string;
  /** `<host>:<port>`, confirmed by somebody who dialled them. */
  readonly addresses: readonly string[];
};

/** What a lookup found. */
export type DhtLookup = {
  readonly target: string;
  /** The nodes that answered and are closest to the target, closest first, this one not included. */
  readonly closest: readonly { readonly peer: string; readonly addresses: readonly string[] }[];
  readonly hops: readonly DhtHop[];
  readonly ms: number;
};

/** What the DHT tells of itself. */
export type DhtStats = {
  readonly mode: "server" | "client";
  /** Whether its first look-up of itself is done. */
  readonly joined: boolean;
  /** Where this node can be dialled, as others have tried: `<host>:<port>`. */
  readonly addresses: readonly string[];
  readonly contacts: number;
  readonly buckets: number;
  readonly records: number;
  readonly providers: number;
  readonly lookups: number;
  readonly requestsSent: number;
  readonly requestsReceived: number;
  readonly timeouts: number;
  /** What others sent and was refused, by code. */
  readonly rejected: { readonly [code: string]: number };
};

/** The protocol of the DHT's face. */
export type Dht = {
  // From whoever owns the connections:
  peerUp(peer: DhtPeer): void;
  /** @param left whether the peer said goodbye: then it is no contact any longer */
  peerDown(peer: string, connectionNumber: number, left?: boolean): void;
  /** A peer's message to the DHT. */
  message(peer: string, connectionNumber: number, message: Uint8Array): void;

  // For users:
  /** Settles when the first look-up of this node's own id is done, or takes too long; at once for a node alone. */
  joined(): Promise<void>;
  /** Makes sure that there is a connection to a node: finds it and dials it if there is none. */
  reach(peer: string, hints: readonly string[]): Promise<void>;
  findNode(target: string): Promise<DhtLookup>;
  /** The newest valid record of an owner under a name; `null` if there is none. */
  get(owner: string, name: string): Promise<DhtRecord | null>;
  getImmutable(key: string): Promise<DhtRecord | null>;
  /** Puts under this node's own key. `expected` is the sequence that it replaces, `null` for any. */
  put(name: string, value: Uint8Array, expected: number | null): Promise<DhtStored>;
  putImmutable(value: Uint8Array): Promise<DhtStored>;
  /** Keeps saying that this node takes part in `name`, from now until withdrawn. */
  provide(name: string): Promise<DhtStored>;
  withdraw(name: string): void;
  /** Withdraws everything that is provided; settles when the network has been told, or not. */
  withdrawAll(): Promise<void>;
  providers(name: string): Promise<readonly DhtProvider[]>;
  /** The routing table: buckets by the length of the prefix that they share with this node's id. */
  table(): Promise<readonly DhtBucket[]>;
  stats(): Promise<DhtStats>;
};

/** One bucket of the routing table. */
export type DhtBucket = {
  readonly prefix: number;
  readonly contacts: readonly { readonly peer: string; readonly addresses: readonly string[] }[];
  readonly replacements: number;
};
