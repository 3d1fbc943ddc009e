/**
 * A QUIC connection as its owner sees it, and the reasons for which one ends.
 *
 * @module
 */

import type { HostPort } from "./datagram_socket.ts";
import type { QuicheConnectionError } from "./quiche.ts";

/** Why a connection ended. */
export interface CloseReason {
  /**
   * `local`: we closed it. `peer`: the other side did. `idle`: nothing was heard for too long, or a
   * handshake got no answer. `error`: a broken protocol, found on our side.
   */
  readonly by: "local" | "peer" | "idle" | "error";
  /** Whether `code` is the application's; else it is QUIC's (RFC 9000, section 20.1). */
  readonly app: boolean;
  /** What the closing side gave as its reason; 0 for none. */
  readonly code: number;
  /** The reason in words. A peer's words are what the peer chose them to be. */
  readonly reason: string;
}

/** What a read found on a stream. */
export interface StreamRead {
  /** The next bytes in order; may be empty with `fin`. */
  readonly bytes: Uint8Array;
  /** Whether the stream ends here. */
  readonly fin: boolean;
  /** The peer's code when it gave the stream up; its unread bytes are lost. */
  readonly reset?: number;
}

/** Counts of a connection since it began. */
export interface QuicConnectionStats {
  /** Smoothed round-trip time in whole ms, 0 below one. */
  readonly rttMs: number;
  /** Congestion window in bytes: what may be on its way. */
  readonly windowBytes: number;
  /** Bytes of UDP payload. */
  readonly sentBytes: number;
  /** Bytes of UDP payload. */
  readonly receivedBytes: number;
  readonly sentPackets: number;
  readonly receivedPackets: number;
  /** Packets sent that QUIC took for lost; their contents were sent again. */
  readonly lostPackets: number;
}

/**
 * What an owner is told. A callback must not throw: one that does closes its connection, and the
 * error is reported as uncaught.
 */
export interface QuicConnectionListener {
  /** Of a dialled connection: the handshake is done. Now judge `peerCertificates()` and `admit()`. */
  established?(): void;
  /**
   * Some streams may have data: ask `readableStreams()` and read each until it has nothing more.
   * Told once for many datagrams. Data left unread is told again with the next that arrives, and
   * holds the peer back by flow control.
   */
  readable?(): void;
  /** `queuedBytes` fell to the low-water mark, from above it. */
  writable?(): void;
  /** The peer no longer wants a stream, or it cannot be sent on: what was queued on it is gone. */
  stopped?(streamId: number, code: number): void;
  /** The end, exactly once; nothing is told after it. */
  closed?(reason: CloseReason): void;
}

/**
 * One connection of an endpoint. After its end the calls do nothing: `write` returns false, `read`
 * finds nothing.
 */
export interface QuicConnection {
  /** A small integer, unique in the endpoint. */
  readonly id: number;
  /** Whether we dialled; else we accepted. */
  readonly dialled: boolean;
  /** Where the peer is; it changes when the peer's address does (a NAT that forgot, a new network). */
  readonly remote: HostPort;
  /** Who is told; set it at once: in `accept`, or after `dial` and before the next await. */
  listener: QuicConnectionListener | undefined;
  /** Whether the handshake is done. */
  readonly established: boolean;
  /** Whether {@linkcode admit} was called. */
  readonly admitted: boolean;
  /** Why it ended; `undefined` while it has not. */
  readonly closeReason: CloseReason | undefined;
  /**
   * What the peer proved to hold the key of.
   *
   * @returns Its certificates in DER, its own first; none before the handshake is done.
   */
  peerCertificates(): Uint8Array[];
  /**
   * Lets the peer's streams be read, once its certificate was judged. An established connection
   * that is not admitted before its deadline is closed.
   *
   * @throws {TypeError} When the handshake is not done.
   */
  admit(): void;
  /** The id of a new stream on which only we send. It costs nothing until written to. */
  openUni(): number;
  /** The id of a new stream on which both sides send. It costs nothing until written to. */
  openBidi(): number;
  /**
   * Queues bytes on a stream. They are sent in order, as the peer's flow control and limit of
   * streams allow; the writes of one turn of the event loop share packets.
   *
   * @param streamId One that we opened, or one with two directions that the peer opened.
   * @param bytes Any number; more than 2,048 are not copied and must not change until sent.
   * @param fin Whether they are the stream's last; default false.
   * @returns False when the stream takes no more: it was ended, reset or stopped, or the
   * connection is closed.
   * @throws {RangeError} When the id cannot be of a stream that we may send on.
   */
  write(streamId: number, bytes: Uint8Array, fin?: boolean): boolean;
  /** Bytes queued and not yet taken by QUIC. Above the high-water mark wait for `writable`. */
  readonly queuedBytes: number;
  /** The ids of the streams that have something to read, in no order; none before `admit`. */
  readableStreams(): number[];
  /**
   * Reads what is there on a stream.
   *
   * @param streamId A stream that the peer sends on.
   * @param into Where to; without it the bytes come in an array of their own.
   * @returns At most 64 KiB or what `into` holds; `undefined` when nothing is there for now, or
   * ever.
   */
  read(streamId: number, into?: Uint8Array): StreamRead | undefined;
  /** Tells the peer to stop sending on a stream that was met, and forgets what was not read. */
  stopReading(streamId: number, code: number): void;
  /**
   * Gives up sending on a stream: what is queued is dropped, and the peer is told the code, unless
   * nothing of the stream was sent yet.
   */
  resetStream(streamId: number, code: number): void;
  /** Sends a packet that the peer must answer, which keeps the connection from idling out. */
  ping(): void;
  /**
   * Closes the connection and drops what is queued.
   *
   * @param code The application's, 0 to 2⁶²−1.
   * @param reason For the peer's log, up to 512 bytes of UTF-8; more is cut.
   */
  close(code: number, reason: string): void;
  /** Counts so far. */
  stats(): QuicConnectionStats;
}

const TRANSPORT_ERRORS = [
  "no error",
  "internal error",
  "connection refused",
  "flow control error",
  "stream limit error",
  "stream state error",
  "final size error",
  "frame encoding error",
  "transport parameter error",
  "connection id limit error",
  "protocol violation",
  "invalid token",
  "application error",
  "crypto buffer exceeded",
  "key update error",
  "AEAD limit reached",
  "no viable path",
];

/** Alerts that the handshake can end with (RFC 8446, section 6), and what to do about them. */
const TLS_ALERTS: Readonly<Record<number, string>> = {
  40: "handshake failure: no common cipher or signature algorithm",
  42: "bad certificate",
  43: "unsupported certificate",
  45: "certificate expired",
  51: "decrypt error: a signature did not verify",
  116: "certificate required: the peer presented none",
  120: "no application protocol: the two sides speak different versions of the protocol",
};

/** A transport error code (RFC 9000, section 20.1) in words. */
export function transportErrorText(code: number): string {
  if (code >= 0x100 && code < 0x200) {
    const alert = code - 0x100;
    return `TLS alert ${alert}${TLS_ALERTS[alert] ? ` (${TLS_ALERTS[alert]})` : ""}`;
  }
  return TRANSPORT_ERRORS[code] ?? `transport error ${code}`;
}

/** What quiche tells about a close, as a reason. */
export function closeReasonOf(by: CloseReason["by"], error: QuicheConnectionError): CloseReason {
  const text = new TextDecoder().decode(error.reason);
  const reason = error.isApp || text !== "" ? text : transportErrorText(error.errorCode);
  return { by, app: error.isApp, code: error.errorCode, reason };
}
