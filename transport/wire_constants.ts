/** The numbers of the protocol above QUIC, with their units. @module */

/** Bytes of the length before each frame. */
export const FRAME_PREFIX_BYTES = 4;

/** Largest frame unless the node is configured otherwise, in bytes. */
export const DEFAULT_MAX_FRAME_BYTES = 1_048_576;

/** First wait before a peer is dialled again, in milliseconds. */
export const BACKOFF_FIRST_MS = 200;

/** Longest wait before a peer is dialled again, in milliseconds. */
export const BACKOFF_CAP_MS = 30_000;

/** How long a connection must have stood for its next failure to count as the first, in ms. */
export const BACKOFF_FORGIVEN_MS = 10_000;

/** How long the peer may take from the handshake to its hello, in milliseconds. */
export const HELLO_DEADLINE_MS = 5_000;

/** Turns of the event loop that a closing connection gives to what is still queued. */
export const GOODBYE_TURNS = 20;

/** How often a connection that carries nothing is kept alive, in milliseconds. */
export const KEEP_ALIVE_MS = 3_000;

/**
 * Bytes on the control stream that a peer may leave unread before it is cut off: it asks more than
 * it listens.
 */
export const CONTROL_QUEUE_BYTES = 64 * 1_048_576;

/** Largest hello, in bytes. */
export const MAX_HELLO_BYTES = 4_096;

/**
 * How long a peer may take nothing of what is published to it, in milliseconds: until then its
 * publishers here wait for it.
 */
export const STALLED_MS = 30_000;

/** Chunks of frames that wait for the mesh before a stream is left unread (QUIC then stops it). */
export const UNHANDLED_CHUNKS = 64;

/** Length of a network's name, in characters. */
export const MAX_NETWORK_LENGTH = 64;
