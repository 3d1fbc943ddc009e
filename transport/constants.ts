/**
 * The numbers of the QUIC endpoint and its UDP socket.
 *
 * @module
 */

/** What both sides must name in the TLS handshake (ALPN): the wire protocol and its major version. */
export const ALPN = "macula/1";

// Datagrams.

/** Smallest datagram that may carry a client's Initial, in bytes (RFC 9000, section 14.1). */
export const MIN_INITIAL_BYTES = 1_200;
/** Shortest short-header packet that can be one of ours: flags, connection id, the AEAD tag's 16. */
export const MIN_SHORT_BYTES = 1 + 20 + 16;
/** Largest UDP payload sent to hosts that are not this one, in bytes: what fits every path's MTU. */
export const DEFAULT_DATAGRAM_BYTES = 1_350;
/**
 * Largest UDP payload sent to a loopback address, in bytes: QUIC costs some 15 µs a packet whatever
 * its size, and loopback's MTU of 64 KiB lets it be twelve times larger.
 */
export const LOOPBACK_DATAGRAM_BYTES = 16_384;
/** Largest UDP payload that is ever sent or received, in bytes; advertised to every peer. */
export const MAX_DATAGRAM_BYTES = 16_384;
/** Length of the connection ids that we choose, in bytes: the most that QUIC v1 allows. */
export const CONNECTION_ID_BYTES = 20;
/** Shortest connection id that a client may choose for us, in bytes (RFC 9000, section 7.2). */
export const MIN_CLIENT_ID_BYTES = 8;

// Batches: how much is done before the rest of the isolate gets its turn.

/** Datagrams taken from the socket before they are processed: some 1 ms of work. */
export const RECEIVE_BATCH = 64;
/** Receives kept in flight on a portable socket. One drains it: see `deno_datagram_socket.ts`. */
export const RECEIVES_IN_FLIGHT = 1;
/** Datagrams lent out or on their way to the system at once; past it senders wait. */
export const SEND_SLOTS = 64;
/** Packets that one connection may send before the others get their turn. */
export const FLUSH_BATCH = 64;
/** Connections processed before the rest of the isolate gets its turn. */
export const TURN_CONNECTIONS = 256;
/** Bytes of one stream handed to QUIC before the connection's other streams get their turn. */
export const STREAM_QUANTUM_BYTES = 65_536;
/** Streams tried in vain before the other connections get their turn: some 30 µs of it. */
export const BLOCKED_STREAMS_A_PASS = 64;
/** Open streams up to which each is asked whether it is readable; past it one iterator asks all. */
export const PROBED_STREAMS = 32;
/** Consecutive failures to receive after which a socket is given up. */
export const MAX_RECEIVE_FAILURES = 100;

// Streams.

/** Writes up to this many bytes are copied together; longer ones are kept by reference. */
export const COALESCE_BYTES = 2_048;
/** Smallest and largest buffer in which small writes are gathered, in bytes. */
export const GATHER_MIN_BYTES = 512;
export const GATHER_MAX_BYTES = 16_384;
/** Bytes queued in a connection above which its owner should wait for `writable`. */
export const QUEUE_HIGH_WATER_BYTES = 1_048_576;
/** Bytes queued in a connection under which `writable` is told. */
export const QUEUE_LOW_WATER_BYTES = 262_144;
/** Most bytes that one read returns. */
export const READ_BYTES = 65_536;
/** Bytes that a peer may send on a stream before any of them are read. */
export const INITIAL_STREAM_WINDOW_BYTES = 65_536;
/** Where the window of a stream that is read quickly stops growing, in bytes. */
export const MAX_STREAM_WINDOW_BYTES = 4 * 1024 * 1024;
/**
 * Streams of each kind that a peer may have open at once: with the window, some 64 MiB that an
 * admitted peer can make us hold.
 */
export const MAX_STREAMS = 512;
/**
 * Bytes that a peer may send over all its streams: no limit, as quiche 0.18 never repeats a lost
 * MAX_DATA, upon which a connection that has reached its limit would stand still.
 */
export const CONNECTION_WINDOW_BYTES = Number.MAX_SAFE_INTEGER;

// Limits of the endpoint.

/** Time without a packet after which a connection is given up, in ms. */
export const IDLE_TIMEOUT_MS = 10_000;
/** Time that a handshake may take, in ms. */
export const HANDSHAKE_TIMEOUT_MS = 5_000;
/** Time that the owner has to admit an established connection, in ms. */
export const ADMISSION_TIMEOUT_MS = 5_000;
/** Connections of one endpoint, of either direction. */
export const MAX_CONNECTIONS = 4_096;
/** Accepted connections that are not admitted yet. */
export const MAX_UNVERIFIED = 256;
/**
 * Bytes of datagrams taken from a peer before it is admitted; the rest is dropped, and QUIC sends it
 * again. Times `MAX_UNVERIFIED` it bounds what unknown peers can make us hold, which quiche 0.18
 * does not: it keeps any number of path challenges (CVE-2023-6193), retired connection ids
 * (CVE-2024-1410) and CRYPTO frames (GHSA-78wx-jg4j-5j6g).
 */
export const MAX_UNVERIFIED_BYTES = 327_680;
/** Time for which a closing endpoint answers stragglers, in ms: a round trip or two. */
export const CLOSE_DRAIN_MS = 20;
/** Longest reason of a close, in bytes of UTF-8: it must fit one packet. */
export const MAX_REASON_BYTES = 512;

/** QUIC's code for a close by the application before the handshake is done (RFC 9000, 20.1). */
export const APPLICATION_ERROR = 0x0c;

/** Application error codes with which the endpoint itself closes a connection. */
export const CLOSE_CODES = {
  /** The endpoint is closed. */
  shutdown: 0x6d00,
  /** The owner did not admit the connection in time. */
  notAdmitted: 0x6d01,
  /** The peer resumed an old TLS session, which proves nothing about its certificate now. */
  resumed: 0x6d02,
  /** The owner's listener threw. */
  ownerFailed: 0x6d03,
} as const;
