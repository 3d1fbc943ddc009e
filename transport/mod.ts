/**
 * The transport: one QUIC endpoint a node, an actor for each connection, frames on its streams.
 *
 * A connection begins as mutual TLS 1.3 in which each side shows a short-lived certificate that
 * carries its node key. After the handshake each side judges the other's certificate, before it
 * reads a byte of any stream; then the dialler says hello and the acceptor answers with its own
 * hello, which is its verdict. Only then is the connection *up*, and its listener told. Between two
 * nodes there is one connection, whoever dialled (see `arbitration.ts`); a dialler keeps an address
 * connected with backoff and jitter.
 *
 * Two streams carry frames, length-prefixed deterministic CBOR: the *control* stream, for
 * everything that must not wait, and one stream in each direction for *publications*. A reader that
 * is behind leaves its stream unread, QUIC's flow control stops the sender, whose writer's mailbox
 * fills, and `send` to it waits: back-pressure reaches from the subscriber to the publisher.
 *
 * What this floor does not know: realms, topics, procedures. It hands whole frames to whoever
 * attaches to a connection. It refuses what it cannot take, with a code from `refusal.ts`, counts
 * it, and lives on. Not here yet: Retry tokens, migration, admission by realm.
 *
 * @example
 * ```ts
 * import { formatNodeAddress, parseNodeAddress } from "./mod.ts";
 *
 * const text = "macula://b" + "a".repeat(52) + "@127.0.0.1:4433";
 * console.assert(formatNodeAddress(parseNodeAddress(text)) === text);
 * ```
 *
 * @module
 */
export {
  type ActorAddress,
  formatActorAddress,
  formatNodeAddress,
  isLoopback,
  type NodeAddress,
  parseActorAddress,
  parseListen,
  parseNodeAddress,
} from "./address.ts";
export { concat } from "./concat.ts";
export { formatHostPort, type HostPort } from "./datagram_socket.ts";
export { type DialFailure, type Dialler, type DialListener } from "./dialler_actor.ts";
export { default as diallerActor } from "./dialler_actor.ts";
export { default as endpointActor } from "./endpoint_actor.ts";
export {
  type FieldKind,
  type FieldsOf,
  type FieldSpec,
  FrameCodec,
  FrameError,
  type FrameOf,
  type FrameSpec,
} from "./frames.ts";
export { framesOf, FrameSplitter, frameTooLarge, prefixed } from "./frame_splitter.ts";
export { type RefusalCode } from "./refusal.ts";
export type {
  Connection,
  ConnectionListener,
  ConnectionRefusal,
  ConnectionStats,
  Endpoint,
  EndpointConfig,
  EndpointCounters,
  EndpointInfo,
  FrameSink,
  PeerConnection,
  Writer,
} from "./transport_protocol.ts";
export {
  DEFAULT_MAX_FRAME_BYTES,
  FRAME_PREFIX_BYTES,
  MAX_NETWORK_LENGTH,
} from "./wire_constants.ts";
