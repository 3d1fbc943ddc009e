/**
 * The native quiche binding, typed: the parts of `@matrixai/quic` that the endpoint drives, and
 * nothing of its JavaScript layer, which is some 80 times slower.
 *
 * The binding is a native addon. It has builds for x86-64 Linux and Windows and for macOS, and
 * loading it takes the permission `--allow-ffi`. Where it cannot be loaded this module still loads,
 * {@linkcode quicheAvailable} is false, and {@linkcode quiche} throws an error that says why. In a
 * Worker it is not loaded at all.
 *
 * @module
 */

import type { HostPort } from "./datagram_socket.ts";

/** TLS and QUIC settings that connections are made with. It can serve any number of them. */
export interface QuicheConfig {
  setApplicationProtos(protocols: string[]): void;
  /** @param ms 0 for none; the lower of both sides' counts. */
  setMaxIdleTimeout(ms: number): void;
  setMaxRecvUdpPayloadSize(bytes: number): void;
  setMaxSendUdpPayloadSize(bytes: number): void;
  setInitialMaxData(bytes: number): void;
  setInitialMaxStreamDataBidiLocal(bytes: number): void;
  setInitialMaxStreamDataBidiRemote(bytes: number): void;
  setInitialMaxStreamDataUni(bytes: number): void;
  setInitialMaxStreamsBidi(count: number): void;
  setInitialMaxStreamsUni(count: number): void;
  setMaxStreamWindow(bytes: number): void;
  enablePacing(enabled: boolean): void;
  grease(enabled: boolean): void;
}

/** Why a connection ended, as told by one of its sides. */
export interface QuicheConnectionError {
  readonly isApp: boolean;
  readonly errorCode: number;
  readonly reason: Uint8Array;
}

/** Addresses of a datagram. quiche wants IP literals: a name would be looked up, blocking. */
export interface QuicheRecvInfo {
  readonly from: HostPort;
  readonly to: HostPort;
}

/** Counts of a connection since it began. */
export interface QuicheStats {
  readonly recv: number;
  readonly sent: number;
  readonly lost: number;
  readonly sentBytes: number;
  readonly recvBytes: number;
  /** In ms; 0 for none, or not known yet. */
  readonly peerMaxIdleTimeout: number;
}

/** Counts of one path (pair of addresses) of a connection. */
export interface QuichePathStats {
  readonly active: boolean;
  /** Smoothed round-trip time in whole ms. */
  readonly rtt: number;
  /** Congestion window in bytes. */
  readonly cwnd: number;
}

/** What happened to the paths of a connection. */
export interface QuichePathEvent {
  readonly type: string;
  readonly new?: HostPort | readonly [HostPort, HostPort];
}

/**
 * One connection's state machine. Calls that quiche answers with "Done" return `null`; others that
 * fail throw, see {@linkcode quicheFailure}.
 */
export interface QuicheConnection {
  /** Takes a datagram, which it decrypts in place. */
  recv(datagram: Uint8Array, info: QuicheRecvInfo): number;
  /** Writes the next packet, if there is one. */
  send(into: Uint8Array): [length: number, info: { readonly to: HostPort }] | null;
  streamSend(stream: number, bytes: Uint8Array, fin: boolean): number | null;
  /** Bytes that a stream which was sent on takes now: flow control and congestion allow no more. */
  streamCapacity(stream: number): number;
  streamRecv(stream: number, into: Uint8Array): [length: number, fin: boolean] | null;
  streamShutdown(stream: number, direction: 0 | 1, code: number): void | null;
  streamReadable(stream: number): boolean;
  /** Streams that the peer lets us open now, with two directions and with one. */
  peerStreamsLeftBidi(): number;
  peerStreamsLeftUni(): number;
  isReadable(): boolean;
  /** The streams with something to read. An iterator costs 10 µs: ask for known streams by id. */
  readable(): Iterable<number>;
  /** Whole ms to the next timer, rounded down, so 0 may mean "not quite yet"; `null` for none. */
  timeout(): number | null;
  onTimeout(): void;
  close(app: boolean, code: number, reason: Uint8Array): void | null;
  applicationProto(): Uint8Array;
  peerCertChain(): Uint8Array[] | null;
  isEstablished(): boolean;
  isResumed(): boolean;
  isDraining(): boolean;
  isClosed(): boolean;
  isTimedOut(): boolean;
  peerError(): QuicheConnectionError | null;
  localError(): QuicheConnectionError | null;
  pathEventNext(): QuichePathEvent | null;
  sendAckEliciting(): void;
  stats(): QuicheStats;
  pathStats(): QuichePathStats[];
}

/** A packet's header, as far as it is not encrypted. */
export interface QuicheHeader {
  /** 0 is Initial. */
  readonly ty: number;
  readonly version: number;
}

/** The binding. */
export interface Quiche {
  readonly Config: {
    /** Keys and certificates are PEM; of several only the first of each is used. */
    withBoringSslCtx(
      verifyPeer: boolean,
      verifyAllowFail: boolean,
      ca: Uint8Array | null,
      keys: Uint8Array[],
      certificates: Uint8Array[],
      signatureAlgorithms: string,
    ): QuicheConfig;
  };
  readonly Connection: {
    connect(
      serverName: string | null,
      scid: Uint8Array,
      local: HostPort,
      remote: HostPort,
      config: QuicheConfig,
    ): QuicheConnection;
    accept(
      scid: Uint8Array,
      odcid: Uint8Array | null,
      local: HostPort,
      remote: HostPort,
      config: QuicheConfig,
    ): QuicheConnection;
  };
  readonly Header: { fromSlice(datagram: Uint8Array, dcidLength: number): QuicheHeader };
  negotiateVersion(scid: Uint8Array, dcid: Uint8Array, into: Uint8Array): number;
  versionIsSupported(version: number): boolean;
}

/** `ty` of a {@linkcode QuicheHeader} that begins a connection. */
export const INITIAL_PACKET = 0;
/** Direction of {@linkcode QuicheConnection.streamShutdown}: ask the peer to stop sending. */
export const SHUTDOWN_READ = 0;
/** Direction of {@linkcode QuicheConnection.streamShutdown}: reset what we send. */
export const SHUTDOWN_WRITE = 1;

/** quiche's word for why a call failed, and the number that came with it. */
export interface QuicheFailure {
  /** As in quiche's `Error` enum: `StreamReset`, `StreamStopped`, `StreamLimit`, … */
  readonly kind: string;
  /** The peer's code, of `StreamReset` and `StreamStopped`; else 0. */
  readonly code: number;
}

/**
 * Reads an error thrown by the binding, which has no other place for quiche's error than its
 * message.
 *
 * @param error What was caught.
 * @returns The failure; of kind `Unknown` when it did not come from quiche.
 */
export function quicheFailure(error: unknown): QuicheFailure {
  const found = error instanceof Error ? /^(\w+)(?:\((\d+)\))?$/.exec(error.message) : null;
  return found
    ? { kind: found[1] ?? "Unknown", code: Number(found[2] ?? 0) }
    : { kind: "Unknown", code: 0 };
}

/** Thrown by {@linkcode quiche} where the native binding could not be loaded; `cause` says why. */
export class QuicheUnavailableError extends Error {
  override readonly name = "QuicheUnavailableError";
}

/** The module was loaded in a Worker. */
export class WorkerError extends Error {
  override readonly name = "WorkerError";
}

/**
 * Whether this is a Worker's isolate. There the binding corrupts memory (Deno 2.9.6: segmentation
 * faults and failed checks of V8's handles, under load and at times at loading), so it is not even
 * loaded: an agent's module that imports this package would be enough.
 */
function isWorker(): boolean {
  return typeof (globalThis as { WorkerGlobalScope?: unknown }).WorkerGlobalScope === "function";
}

/** What to tell a user whose system cannot load the binding. */
export function unavailableMessage(platform: string, cause: unknown): string {
  if (cause instanceof WorkerError) {
    return "QUIC's native library is not safe in a Worker: start the node in the main isolate";
  }
  if (cause instanceof Deno.errors.NotCapable) {
    return "QUIC needs a native library, and loading it was refused: run again with --allow-ffi";
  }
  return `QUIC's native library could not be loaded on ${platform}. It has builds for ` +
    "x86_64-linux, x86_64-windows, x86_64-darwin and aarch64-darwin; on another system run the " +
    "node in an x86-64 container or virtual machine";
}

let binding: Quiche | undefined;
let failure: unknown;
try {
  // A Worker that so much as loads it may bring the process down: see `unavailableMessage`.
  if (isWorker()) throw new WorkerError();
  // A dynamic import, as a static one that fails would take every importing module with it.
  const { default: module } = await import("@matrixai/quic/native") as unknown as {
    default: { default?: Quiche } & Quiche;
  };
  binding = module.default ?? module; // compiled CommonJS: one `default` of Deno's, one of its own
} catch (error) {
  failure = error;
}

/** Whether the native binding could be loaded. */
export const quicheAvailable: boolean = binding !== undefined;

/**
 * The native binding.
 *
 * @returns The binding, the same on each call.
 * @throws {QuicheUnavailableError} When it could not be loaded: no build for this platform, or no
 * permission.
 */
export function quiche(): Quiche {
  if (binding) return binding;
  const platform = `${Deno.build.arch}-${Deno.build.os}`;
  throw new QuicheUnavailableError(unavailableMessage(platform, failure), { cause: failure });
}
