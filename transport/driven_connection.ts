import { ConnectionStreams } from "./connection_streams.ts";
import {
  ALPN,
  APPLICATION_ERROR,
  CLOSE_CODES,
  FLUSH_BATCH,
  MAX_REASON_BYTES,
} from "./constants.ts";
import { type DatagramSocket, formatHostPort, type HostPort } from "./datagram_socket.ts";
import {
  type CloseReason,
  closeReasonOf,
  type QuicConnection,
  type QuicConnectionListener,
  type QuicConnectionStats,
  type StreamRead,
} from "./quic_connection.ts";
import { hasLongHeader } from "./quic_packet.ts";
import type { QuicheConnection, QuicheRecvInfo } from "./quiche.ts";
import type { Sleeper } from "./wake_queue.ts";

/** What a connection tells the endpoint that drives it. */
export interface ConnectionDriver {
  /** The connection has something to do: process and flush it soon. */
  touch(connection: DrivenConnection): void;
  /** The handshake is done and sound. */
  established(connection: DrivenConnection): void;
  /** The owner admitted it. */
  admitted(connection: DrivenConnection): void;
  /** It ended; its owner has been told. */
  closed(connection: DrivenConnection): void;
  /** The time in ms, of a clock that never goes back. */
  now(): number;
}

/** What a connection is allowed, and how long. */
export interface ConnectionLimits {
  readonly handshakeTimeoutMs: number;
  readonly admissionTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** Bytes of datagrams that are taken before the connection is admitted. */
  readonly maxUnverifiedBytes: number;
}

/** What a new connection is made of. */
export interface ConnectionParts {
  readonly id: number;
  readonly dialled: boolean;
  readonly quic: QuicheConnection;
  readonly local: HostPort;
  readonly remote: HostPort;
  readonly driver: ConnectionDriver;
  readonly limits: ConnectionLimits;
}

function sameAddress(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.host === b.host;
}

/** Path events handled for one datagram: quiche keeps them until asked. */
const PATH_EVENTS_A_DATAGRAM = 16;

/**
 * A connection with the handles by which the endpoint drives it: datagrams in, then
 * {@linkcode process} for the events, then {@linkcode flush} for the packets, then
 * {@linkcode nextWake} for the timer.
 */
export class DrivenConnection implements QuicConnection, Sleeper {
  readonly id: number;
  readonly dialled: boolean;
  listener: QuicConnectionListener | undefined;
  /** Keys under which the endpoint finds it. */
  readonly ownKey: number;
  foreignKey: string | undefined;
  /** Whether it waits for its turn in the endpoint. */
  touched = false;
  wakeAt = Infinity;
  wakeIndex = -1;

  readonly #quic: QuicheConnection;
  readonly #driver: ConnectionDriver;
  readonly #limits: ConnectionLimits;
  readonly #streams: ConnectionStreams;
  readonly #local: HostPort;
  #info: QuicheRecvInfo;
  #established = false;
  #admitted = false;
  #unverifiedBytes = 0;
  /** Whether a datagram was refused: quiche may be about to close. */
  #suspect = false;
  /** Whether streams that were blocked should be tried again. */
  #unblocked = false;
  /** When the handshake, and then the admission, must be done. */
  #deadline: number;
  /** Why we close it, before the owner was told. */
  #closing: CloseReason | undefined;
  #closed: CloseReason | undefined;
  /**
   * Whether the peer is known to have our last handshake packet. Until then quiche 0.18 says an
   * application's close to nobody, and neither does it send that packet once it was told to close.
   */
  #confirmed: boolean;
  /** An application's close that waits for that. */
  #unsaid: CloseReason | undefined;
  /** Whether quiche was told of an application's close. */
  #said = false;

  constructor(parts: ConnectionParts, ownKey: number) {
    this.id = parts.id;
    this.dialled = parts.dialled;
    this.ownKey = ownKey;
    this.#quic = parts.quic;
    this.#driver = parts.driver;
    this.#limits = parts.limits;
    this.#local = parts.local;
    this.#info = { from: parts.remote, to: parts.local };
    this.#confirmed = !parts.dialled; // the dialler's packet is the last
    this.#deadline = parts.driver.now() + parts.limits.handshakeTimeoutMs;
    this.#streams = new ConnectionStreams(
      parts.quic,
      parts.dialled,
      (streamId, code) => this.#tell((listener) => listener.stopped?.(streamId, code)),
    );
  }

  get remote(): HostPort {
    return this.#info.from;
  }

  get established(): boolean {
    return this.#established;
  }

  get admitted(): boolean {
    return this.#admitted;
  }

  get closeReason(): CloseReason | undefined {
    return this.#closed ?? this.#closing;
  }

  get queuedBytes(): number {
    return this.#streams.queuedBytes;
  }

  peerCertificates(): Uint8Array[] {
    return this.#established ? this.#quic.peerCertChain() ?? [] : [];
  }

  admit(): void {
    if (this.#admitted || this.closeReason) return;
    if (!this.#established) {
      throw new TypeError(
        `connection ${this.id} was admitted before its handshake was done: wait for established`,
      );
    }
    this.#admitted = true;
    this.#deadline = Infinity;
    this.#driver.admitted(this);
    this.#driver.touch(this); // streams may have come already
  }

  openUni(): number {
    return this.#streams.openUni();
  }

  openBidi(): number {
    return this.#streams.openBidi();
  }

  write(streamId: number, bytes: Uint8Array, fin = false): boolean {
    if (this.closeReason) return false;
    if (!this.#streams.write(streamId, bytes, fin)) return false;
    this.#driver.touch(this);
    return true;
  }

  readableStreams(): number[] {
    return this.#admitted && !this.#closed ? this.#streams.readable() : [];
  }

  read(streamId: number, into?: Uint8Array): StreamRead | undefined {
    if (!this.#admitted || this.#closed) return undefined;
    const got = this.#streams.read(streamId, into);
    this.#driver.touch(this); // the peer may have earned more window
    return got;
  }

  stopReading(streamId: number, code: number): void {
    if (this.closeReason) return;
    this.#streams.stopReading(streamId, code);
    this.#driver.touch(this);
  }

  resetStream(streamId: number, code: number): void {
    if (this.closeReason) return;
    this.#streams.reset(streamId, code);
    this.#driver.touch(this);
  }

  ping(): void {
    if (this.closeReason || !this.#established) return;
    this.#quic.sendAckEliciting();
    this.#driver.touch(this);
  }

  close(code: number, reason: string): void {
    this.end({ by: "local", app: true, code, reason });
  }

  stats(): QuicConnectionStats {
    const { sentBytes, recvBytes, sent, recv, lost } = this.#quic.stats();
    const path = this.#quic.pathStats().find(({ active }) => active);
    return {
      rttMs: path?.rtt ?? 0,
      windowBytes: path?.cwnd ?? 0,
      sentBytes,
      receivedBytes: recvBytes,
      sentPackets: sent,
      receivedPackets: recv,
      lostPackets: lost,
    };
  }

  /** Closes the connection for a reason; the owner is told in the endpoint's next turn. */
  end(reason: CloseReason): void {
    if (this.closeReason) return;
    this.#closing = reason;
    if (!reason.app) this.#closeQuic(false, reason.code, reason.reason);
    // The application's words are not for the handshake's packets (RFC 9000, section 10.2.3).
    else if (!this.#quic.isEstablished()) this.#closeQuic(false, APPLICATION_ERROR, "");
    else this.#unsaid = reason;
    this.#driver.touch(this);
  }

  /**
   * Takes a datagram.
   *
   * @param datagram Decrypted in place.
   * @returns Why it was not taken, if so: it was none of this connection's or broke the protocol, or
   * the peer sent too much before it was admitted.
   */
  receive(datagram: Uint8Array, from: HostPort): "rejected" | "flood" | undefined {
    if (!this.#admitted) {
      const bytes = this.#unverifiedBytes + datagram.length;
      if (bytes > this.#limits.maxUnverifiedBytes) return "flood";
      this.#unverifiedBytes = bytes;
    }
    this.#confirmed ||= this.#established && !hasLongHeader(datagram);
    const known = sameAddress(from, this.#info.from);
    try {
      this.#quic.recv(datagram, known ? this.#info : { from, to: this.#local });
    } catch {
      this.#suspect = true; // quiche has closed it, if it was that bad
      return "rejected";
    }
    this.#unblocked = true;
    if (!known) this.#followPeer();
    return undefined;
  }

  /** Whether quiche has taken any packet. */
  get heard(): boolean {
    return this.#quic.stats().recv > 0;
  }

  /** Whether the first datagram began something, even if only a refusal; garbage does not. */
  get begun(): boolean {
    return this.heard || (this.#quic.localError() !== null && !this.#quic.isClosed());
  }

  /** Tells the owner what the datagrams brought. */
  process(): void {
    if (this.#closed) return;
    if (!this.#established && !this.#closing && this.#quic.isEstablished()) this.#establish();
    if (this.#admitted && !this.#closing && this.#quic.isReadable()) this.#deliver();
    const broken = this.#suspect && this.#quic.localError() !== null;
    if (this.#closing || broken || this.#quic.isDraining() || this.#quic.isClosed()) this.#finish();
  }

  /**
   * Writes packets into the socket until there are no more.
   *
   * @returns `more` when others should have their turn first, `starved` when the socket has no
   * buffer.
   */
  flush(socket: DatagramSocket): "done" | "more" | "starved" {
    if (this.#established && !this.closeReason) this.#pump();
    if (this.#unsaid && this.#confirmed) this.#sayClose(this.#unsaid);
    for (let sent = 0; sent < FLUSH_BATCH; sent++) {
      const buffer = socket.lend();
      if (!buffer) return "starved";
      const packet = this.#nextPacket(buffer);
      if (!packet) return this.#streams.unfinished && this.#established ? "more" : "done";
      const [length, { to }] = packet;
      const inHandshake = hasLongHeader(buffer);
      socket.send(length, sameAddress(to, this.#info.from) ? this.#info.from : to);
      // quiche 0.18 makes such packets without an end when an application's close cannot be said yet.
      if (inHandshake && this.#said) return "done";
    }
    return this.#closed ? "done" : "more"; // the end takes a packet or two, never a batch
  }

  /** Whether nothing is left to do for it, not even to absorb its stragglers. */
  get over(): boolean {
    return this.#closed !== undefined && (!this.#established || this.#quic.isClosed());
  }

  /** When it wants {@linkcode wake}; `Infinity` for never. */
  nextWake(now: number): number {
    const timeout = this.#quic.timeout();
    // quiche rounds down: at 0 its timer may not have come yet, and asking again at once would spin.
    const wakeAt = timeout === null ? Infinity : now + Math.max(1, timeout);
    return Math.min(wakeAt, this.#closed ? Infinity : this.#deadline);
  }

  /** Its time has come: lets quiche's timers, and the deadlines here, take effect. */
  wake(now: number): void {
    this.#quic.onTimeout();
    this.#unblocked = true;
    if (now < this.#deadline || this.closeReason || this.#quic.isClosed()) return;
    if (this.#established) {
      const reason = `not admitted within ${this.#limits.admissionTimeoutMs} ms`;
      this.end({ by: "local", app: true, code: CLOSE_CODES.notAdmitted, reason });
    } else {
      const reason = this.#unanswered(this.#limits.handshakeTimeoutMs);
      this.end({ by: "idle", app: false, code: 0, reason });
    }
  }

  #sayClose({ code, reason }: CloseReason): void {
    this.#unsaid = undefined;
    this.#said = true;
    this.#closeQuic(true, code, reason);
  }

  #closeQuic(app: boolean, code: number, reason: string): void {
    const words = new Uint8Array(MAX_REASON_BYTES);
    const { written } = new TextEncoder().encodeInto(reason, words);
    try {
      this.#quic.close(app, code, words.subarray(0, written));
    } catch {
      // quiche closed it in the meantime, for a reason of its own; ours is told all the same.
    }
  }

  #unanswered(ms: number): string {
    const peer = formatHostPort(this.remote);
    return this.dialled && !this.heard
      ? `no answer from ${peer} within ${ms} ms`
      : `the handshake with ${peer} was not done within ${ms} ms`;
  }

  #pump(): void {
    if (this.#unblocked) this.#streams.unblock();
    this.#unblocked = false;
    if (this.#streams.pump()) this.#tell((listener) => listener.writable?.());
  }

  #nextPacket(buffer: Uint8Array): ReturnType<QuicheConnection["send"]> {
    try {
      return this.#quic.send(buffer);
    } catch {
      // What it wanted to send broke it: it must not try for ever.
      this.end({ by: "error", app: false, code: 1, reason: "QUIC could not write a packet" });
      return null;
    }
  }

  #establish(): void {
    if (this.#quic.isResumed()) {
      const reason = "TLS sessions are not resumed: each handshake must prove its certificate";
      return this.end({ by: "error", app: true, code: CLOSE_CODES.resumed, reason });
    }
    if (new TextDecoder().decode(this.#quic.applicationProto()) !== ALPN) {
      const reason = `the peer does not speak ${ALPN}`;
      return this.end({ by: "error", app: false, code: 0x178, reason }); // TLS alert 120
    }
    this.#established = true;
    this.#deadline = this.#driver.now() + this.#limits.admissionTimeoutMs;
    this.guard(() => this.#driver.established(this));
    if (this.dialled) this.#tell((listener) => listener.established?.());
  }

  #deliver(): void {
    this.#tell((listener) => listener.readable?.());
    // Streams that were read to the end are no longer readable, so this is rarely more than a check.
    if (!this.closeReason && this.#streams.discover()) {
      this.#tell((listener) => listener.readable?.());
    }
  }

  #finish(): void {
    this.#closed = this.#closing ?? this.#foundReason();
    this.#closing = undefined;
    this.#streams.clear();
    const { listener } = this;
    this.listener = undefined;
    this.guard(() => listener?.closed?.(this.#closed!));
    this.#driver.closed(this);
  }

  #foundReason(): CloseReason {
    const peerError = this.#quic.peerError();
    if (peerError) return closeReasonOf("peer", peerError);
    const localError = this.#quic.localError();
    if (localError) return closeReasonOf("error", localError);
    const ms = Math.min(
      this.#limits.idleTimeoutMs,
      this.#quic.stats().peerMaxIdleTimeout || Infinity, // 0 is none
    );
    const reason = this.#established
      ? `nothing was heard from ${formatHostPort(this.remote)} for ${ms} ms`
      : this.#unanswered(ms);
    return { by: "idle", app: false, code: 0, reason };
  }

  /** Sends to where the peer is now, if the datagram from elsewhere shows that it moved. */
  #followPeer(): void {
    for (let i = 0; i < PATH_EVENTS_A_DATAGRAM; i++) {
      const event = this.#quic.pathEventNext();
      if (event === null) return;
      if (event.type === "PeerMigrated" && event.new && "port" in event.new) {
        this.#info = { from: event.new, to: this.#local };
      }
    }
  }

  #tell(what: (listener: QuicConnectionListener) => void): void {
    const { listener } = this;
    if (listener) this.guard(() => what(listener));
  }

  /** Runs code of the owner's; if it throws, only this connection ends. */
  guard(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      const code = CLOSE_CODES.ownerFailed;
      this.end({ by: "error", app: true, code, reason: "an error in the program that owns it" });
      reportError(error);
    }
  }
}
