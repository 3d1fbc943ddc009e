import type { DatagramSocket } from "./datagram_socket.ts";
import type { Credentials, FlowLimits } from "./quic_config.ts";
import type { QuicConnection } from "./quic_connection.ts";

/** Why a datagram was dropped; the keys of {@linkcode QuicEndpointCounters.dropped}. */
export type DropReason =
  /** It is no QUIC packet, or a first packet that cannot be read. */
  | "malformed"
  /** It is for a connection that does not exist, or no longer. */
  | "unknownConnection"
  /** It speaks a version of QUIC that we do not; the sender is told which we do. */
  | "version"
  /** A connection refused it: forged, replayed, or against the protocol. */
  | "rejected"
  /** It is for a connection that is not admitted, and sent `maxUnverifiedBytes` already. */
  | "flood"
  /** It would begin a connection, and there are `maxConnections`. */
  | "tooManyConnections"
  /** It would begin a connection, and `maxUnverified` wait to be admitted. */
  | "tooManyUnverified"
  /** It would begin a connection, and the endpoint is closing. */
  | "closing";

/** Counts since the endpoint was opened. */
export interface QuicEndpointCounters {
  readonly datagramsIn: number;
  readonly datagramsOut: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
}

/** What an endpoint is opened with. */
export interface QuicEndpointOptions {
  /** Its socket, which it closes. */
  readonly socket: DatagramSocket;
  /** What it shows to every peer, dialled or accepted. */
  readonly credentials: Credentials;
  /** Random bytes, for connection ids: they must not be guessable. */
  readonly random: (length: number) => Uint8Array;
  /**
   * A peer's handshake is done. Set the connection's listener here; judge its certificates, and
   * `admit` or `close` it, here or later.
   */
  readonly accept: (connection: QuicConnection) => void;
  /** A peer was turned away at a limit. */
  readonly onRefused?: (reason: string) => void;
  /** The socket can no longer receive: close the endpoint. */
  readonly onFailed?: (error: Error) => void;
  /** Silence after which a connection ends, in ms; default 10,000. The peer's counts if lower. */
  readonly idleTimeoutMs?: number;
  /** What a handshake may take, in ms; default 5,000. */
  readonly handshakeTimeoutMs?: number;
  /** What the owner may take to admit an established connection, in ms; default 5,000. */
  readonly admissionTimeoutMs?: number;
  /** Connections of both directions; default 4,096. */
  readonly maxConnections?: number;
  /** Accepted connections that are not admitted; default 256. */
  readonly maxUnverified?: number;
  /** Bytes of datagrams taken from a peer before it is admitted, 8,192 or more; default 327,680. */
  readonly maxUnverifiedBytes?: number;
  /** How much may flow on each connection. */
  readonly flow?: FlowLimits;
  /** Largest datagram to other hosts, in bytes, 1,200 to 16,384; default 1,350. */
  readonly maxDatagramSize?: number;
  /** Largest datagram to loopback addresses, in bytes, 1,200 to 16,384; default 16,384. */
  readonly maxLoopbackDatagramSize?: number;
  /** A clock in ms that never goes back; default `performance.now`. */
  readonly now?: () => number;
}
