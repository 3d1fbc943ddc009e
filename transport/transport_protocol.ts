import type { Ref } from "../actors/mod.ts";
import type { IdentitySource, NodeId, PairOffer, PairSecrets } from "../security/mod.ts";
import type { HostPort } from "./datagram_socket.ts";
import type { RefusalCode } from "./refusal.ts";

/** How a node's endpoint is started: plain data, as it crosses shards. */
export type EndpointConfig = {
  readonly identity: IdentitySource;
  readonly listen: HostPort;
  readonly network: string;
  /** Grows with every start of the node. */
  readonly incarnation: number;
  /** Ids of the only peers that are accepted; `null` for all that prove an id. */
  readonly allow: readonly string[] | null;
  /** Largest frame taken or sent, in bytes. */
  readonly maxFrameBytes: number;
};

/** What an endpoint is once it is open. */
export type EndpointInfo = {
  readonly nodeId: NodeId;
  readonly listen: HostPort;
};

/** A connection that both sides have accepted. */
export type PeerConnection = {
  readonly peer: NodeId;
  readonly incarnation: number;
  readonly dialled: boolean;
  /** Where the peer is. */
  readonly remote: HostPort;
  /** Where the peer sees this node. */
  readonly observed: HostPort;
  readonly connection: Ref<Connection>;
  readonly writer: Ref<Writer>;
  /** What only the two nodes know, and only for this connection. */
  readonly secrets: PairSecrets;
};

/** Whoever is told of the connections that come and go. */
export type ConnectionListener = {
  /** A connection is up. Until someone attaches, nothing is read from it. */
  connected(peer: PeerConnection): void | Promise<void>;
  /** A peer was refused, or refused this node, before the connection was up. */
  refused(refusal: ConnectionRefusal): void;
};

/** A connection that did not come up. */
export type ConnectionRefusal = {
  /** `here` when this node refused, `peer` when the other did, `network` when nobody answered. */
  readonly by: "here" | "peer" | "network";
  readonly code: RefusalCode | "unreachable";
  readonly message: string;
  readonly remote: HostPort;
};

/** Counts of an endpoint since it was opened. */
export type EndpointCounters = {
  readonly datagramsIn: number;
  readonly datagramsOut: number;
  readonly connections: number;
  /** Datagrams dropped, by reason. */
  readonly dropped: { readonly [reason: string]: number };
  /** Connections refused by this node, by code. */
  readonly refused: { readonly [code: string]: number };
};

/** The protocol of the endpoint actor. */
export type Endpoint = {
  info(): EndpointInfo;
  counters(): EndpointCounters;
  /** Names the listener; connections that are up already are told to it. */
  watch(listener: Ref<ConnectionListener>): void;
  /** Connects to a peer, or finds the connection that there is. */
  dial(peer: string, host: string, port: number): PeerConnection;
  /**
   * Whether the node of that id answers there: tried from a socket of its own, so that it does not
   * depend on what a connection that there is has opened in a NAT; closed at once.
   */
  probe(peer: string, host: string, port: number): void;
  // From its connection actors:
  claim(claim: Claim): boolean;
  /** Makes this node's half of the key exchange for one connection. */
  offer(peer: NodeId, dialled: boolean): PairOffer;
  up(connectionId: number, peer: PeerConnection): void;
  failed(connectionId: number, refusal: ConnectionRefusal, wasUp: boolean): void;
  // From the driver:
  accepted(connectionId: number): void;
  renewCertificate(): void;
  waitedEnough(peer: string): void;
};

/** A verified connection that asks to be the one to its peer. */
export type Claim = {
  readonly connectionId: number;
  readonly peer: NodeId;
  readonly incarnation: number;
  readonly dialled: boolean;
};

/** The protocol of a connection actor. */
export type Connection = {
  /** Names who takes whole frames: of the control stream, and of the peer's publications. */
  attach(control: Ref<FrameSink>, publications: Ref<FrameSink>): void;
  /** Writes frames to the control stream. */
  write(chunk: Uint8Array): void;
  /** Closes with a code and words for the peer's log, after what was written before. */
  close(code: RefusalCode, message: string): void;
  stats(): ConnectionStats;
  // From the driver and its timers:
  established(): void;
  readable(): void;
  closed(): void;
  keepAlive(): void;
  expired(): void;
  helloOverdue(): void;
  taken(stream: "control" | "publications"): void;
};

/** Takes chunks of whole frames, and learns of the connection's end. */
export type FrameSink = {
  frames(chunk: Uint8Array): unknown;
  /** The connection has ended; nothing follows. */
  disconnected(code: RefusalCode | "lost", message: string): unknown;
};

/** The protocol of a connection's writer of publications. */
export type Writer = {
  /** Queues frames; its mailbox fills, and `send` waits, while the peer is slow. */
  write(chunk: Uint8Array): Promise<void>;
};

/** What a connection tells of itself. */
export type ConnectionStats = {
  readonly rttMs: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly lostPackets: number;
  readonly queuedBytes: number;
};
