/**
 * A UDP socket as the QUIC endpoint wants it: received datagrams come in batches, so that a
 * connection is processed once for many of them, and datagrams are written straight into buffers
 * that the socket lends, so that it can send many in one call.
 *
 * @module
 */

import { MAX_RECEIVE_FAILURES } from "./constants.ts";

/** One end of a datagram's way. */
export interface HostPort {
  /** An IP address: `127.0.0.1` or `::1`; IPv4 is never written as an IPv6 address. */
  readonly host: string;
  /** 0 to 65,535. */
  readonly port: number;
}

/** Who wants the datagrams of a socket. Nothing here may throw. */
export interface DatagramListener {
  /**
   * A datagram came.
   *
   * @param bytes Its payload, which the listener may change; valid until it returns.
   * @param from Who sent it, if UDP can be believed; may be kept.
   */
  datagram(bytes: Uint8Array, from: HostPort): void;
  /** The batch is over: the socket was empty, or others want their turn. */
  drained(): void;
  /** {@linkcode DatagramSocket.lend} has a buffer again after it had none. */
  writable(): void;
  /** The socket can no longer receive; it should be closed. */
  failed(error: Error): void;
}

/** Counts of a socket since it was opened. */
export interface DatagramCounters {
  /** Datagrams handed to the listener. */
  received: number;
  /** Datagrams given to the system, or about to be. */
  sent: number;
  /** Datagrams that the system refused to send (no route, forbidden, too large). */
  sendErrors: number;
  /** Receives that failed; an ICMP answer does that on some systems. */
  receiveErrors: number;
}

/**
 * A bound UDP socket. Sending is a loan: {@linkcode lend} gives a buffer, {@linkcode send} sends
 * what was written into it, {@linkcode flush} ends the batch.
 */
export interface DatagramSocket extends AsyncDisposable {
  /** Where it is bound: never port 0, but the host may be a wildcard. */
  readonly address: HostPort;
  /** See {@linkcode DatagramCounters}. */
  readonly counters: Readonly<DatagramCounters>;
  /**
   * Begins to receive.
   *
   * @throws {TypeError} When the socket has a listener already.
   */
  listen(listener: DatagramListener): void;
  /**
   * A buffer of `MAX_DATAGRAM_BYTES` for the next datagram.
   *
   * @returns The same buffer until {@linkcode send} is called; `undefined` when too many datagrams
   * are on their way (wait for `writable`), or the socket is closed.
   */
  lend(): Uint8Array | undefined;
  /**
   * Sends what was written into the lent buffer. A datagram that the system refuses is counted, as
   * the network might as well have lost it.
   *
   * @param length Its first so many bytes.
   * @param to An IP address and a port other than 0.
   * @throws {TypeError} When no buffer was lent.
   */
  send(length: number, to: HostPort): void;
  /** Gives what was sent to the system, if that has not happened yet. */
  flush(): void;
  /** Waits for what is on its way to the system, stops receiving and frees the port. */
  close(): Promise<void>;
}

/** Thrown when a socket cannot be opened; `cause` is the system's error. */
export class DatagramSocketError extends Error {
  override readonly name = "DatagramSocketError";
  /** Where it was to be bound. */
  readonly address: HostPort;

  /**
   * @param address Where it was to be bound.
   * @param cause The system's error, which decides on the advice in the message.
   */
  constructor(address: HostPort, cause: unknown) {
    super(`cannot listen on UDP ${formatHostPort(address)}: ${advice(cause)}`, { cause });
    this.address = address;
  }
}

function advice(cause: unknown): string {
  const { AddrInUse, AddrNotAvailable, NotCapable, PermissionDenied } = Deno.errors;
  if (cause instanceof AddrInUse) {
    return "the port is in use. Stop the program that has it, or choose another (0 picks a free one)";
  }
  if (cause instanceof AddrNotAvailable) {
    return "this machine has no such address. Choose one of its own, or 0.0.0.0 for all";
  }
  if (cause instanceof NotCapable) {
    return "Deno was not allowed to use it. Run again with --allow-net";
  }
  if (cause instanceof PermissionDenied) {
    return "the system refused. Ports below 1024 take privileges: choose a higher one";
  }
  return cause instanceof Error ? cause.message : String(cause);
}

/** `127.0.0.1:4433`, `[::1]:4433`. */
export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The address as an IPv4 address where an IPv6 socket reports one (RFC 4291, section 2.5.5.2). */
export function unmapped(host: string): string {
  return host.startsWith("::ffff:") && host.includes(".") ? host.slice(7) : host;
}

/** Whether a socket that failed to receive so many times in a row should be given up. */
export function isHopeless(consecutiveFailures: number): boolean {
  return consecutiveFailures >= MAX_RECEIVE_FAILURES;
}
