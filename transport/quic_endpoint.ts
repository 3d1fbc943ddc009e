import { isIP } from "node:net";
import { clearImmediate, setImmediate } from "node:timers";
import {
  ADMISSION_TIMEOUT_MS,
  CLOSE_CODES,
  CLOSE_DRAIN_MS,
  CONNECTION_ID_BYTES,
  DEFAULT_DATAGRAM_BYTES,
  HANDSHAKE_TIMEOUT_MS,
  IDLE_TIMEOUT_MS,
  LOOPBACK_DATAGRAM_BYTES,
  MAX_CONNECTIONS,
  MAX_UNVERIFIED,
  MAX_UNVERIFIED_BYTES,
  MIN_CLIENT_ID_BYTES,
  MIN_INITIAL_BYTES,
  MIN_SHORT_BYTES,
  TURN_CONNECTIONS,
} from "./constants.ts";
import { type DatagramSocket, formatHostPort, type HostPort } from "./datagram_socket.ts";
import {
  type ConnectionDriver,
  type ConnectionLimits,
  DrivenConnection,
} from "./driven_connection.ts";
import { type ConfigOptions, type Credentials, QuicConfigs } from "./quic_config.ts";
import type { QuicConnection } from "./quic_connection.ts";
import type {
  DropReason,
  QuicEndpointCounters,
  QuicEndpointOptions,
} from "./quic_endpoint_options.ts";
import {
  connectionIdKey,
  foreignIdKey,
  hasLongHeader,
  isOwnLength,
  type LongHeader,
  readLongHeader,
} from "./quic_packet.ts";
import { INITIAL_PACKET, quiche, type QuicheConnection } from "./quiche.ts";
import { WakeQueue } from "./wake_queue.ts";

/**
 * A QUIC endpoint: one UDP socket that both dials and accepts. Both sides of every connection show
 * a certificate and prove its key; whether it is the right one, the owner judges before anything
 * that the peer sent on a stream is handed up.
 *
 * It works in turns: the socket is drained, then each connection that got something is processed
 * once, then its packets are sent. A turn is bounded, so that other work in the isolate is not held
 * up. One timer serves all connections.
 *
 * It does not ask new peers to prove their address by a Retry: until an address is proven, QUIC
 * answers with at most three times the bytes it got, and `maxUnverified` bounds the state. It sends
 * no stateless resets: a peer of a node that crashed finds out by its idle time-out.
 */
export class QuicEndpoint implements AsyncDisposable {
  /** Where its socket is bound. */
  readonly address: HostPort;
  readonly #dropped: Record<DropReason, number> = {
    malformed: 0,
    unknownConnection: 0,
    version: 0,
    rejected: 0,
    flood: 0,
    tooManyConnections: 0,
    tooManyUnverified: 0,
    closing: 0,
  };
  readonly #options: QuicEndpointOptions;
  readonly #driver: ConnectionDriver = {
    now: () => this.#now(),
    touch: (connection) => this.#touch(connection),
    established: (connection) => {
      if (!connection.dialled) this.#options.accept(connection);
    },
    admitted: (connection) => {
      if (!connection.dialled) this.#unverified--;
    },
    closed: (connection) => this.#ended(connection),
  };
  readonly #configOptions: ConfigOptions;
  readonly #limits: ConnectionLimits;
  readonly #maxConnections: number;
  readonly #maxUnverified: number;
  readonly #socket: DatagramSocket;
  readonly #now: () => number;
  #configs: QuicConfigs;
  /** By the ids that we chose. */
  readonly #own = new Map<number, DrivenConnection>();
  /** By the ids that dialling peers chose for us, until they learn ours. */
  readonly #foreign = new Map<string, DrivenConnection>();
  readonly #live = new Set<DrivenConnection>();
  readonly #wakes = new WakeQueue<DrivenConnection>();
  #touched: DrivenConnection[] = [];
  /** Connections with packets for which the socket had no buffer. */
  #starved: DrivenConnection[] = [];
  #unverified = 0;
  #nextId = 1;
  #receiving = false;
  #immediate: NodeJS.Immediate | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #armedFor = Infinity;
  #closing: Promise<void> | undefined;

  private constructor(options: QuicEndpointOptions) {
    this.#options = options;
    this.#socket = options.socket;
    this.#now = options.now ?? (() => performance.now());
    this.address = options.socket.address;
    this.#maxConnections = options.maxConnections ?? MAX_CONNECTIONS;
    this.#maxUnverified = options.maxUnverified ?? MAX_UNVERIFIED;
    this.#limits = {
      handshakeTimeoutMs: options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS,
      admissionTimeoutMs: options.admissionTimeoutMs ?? ADMISSION_TIMEOUT_MS,
      idleTimeoutMs: options.idleTimeoutMs ?? IDLE_TIMEOUT_MS,
      maxUnverifiedBytes: options.maxUnverifiedBytes ?? MAX_UNVERIFIED_BYTES,
    };
    this.#configOptions = {
      credentials: options.credentials,
      idleTimeoutMs: this.#limits.idleTimeoutMs,
      flow: options.flow ?? {},
      datagramBytes: options.maxDatagramSize ?? DEFAULT_DATAGRAM_BYTES,
      loopbackDatagramBytes: options.maxLoopbackDatagramSize ?? LOOPBACK_DATAGRAM_BYTES,
    };
    this.#configs = new QuicConfigs(this.#configOptions);
  }

  /**
   * Opens an endpoint on a bound socket, and begins to accept.
   *
   * @returns The endpoint.
   * @throws {QuicheUnavailableError} When the native binding could not be loaded.
   * @throws {TypeError} When the credentials cannot be read, or the socket is in use.
   * @throws {RangeError} When a datagram size is out of bounds.
   */
  static open(options: QuicEndpointOptions): QuicEndpoint {
    const endpoint = new QuicEndpoint(options);
    options.socket.listen({
      datagram: (bytes, from) => endpoint.#receive(bytes, from),
      drained: () => endpoint.#drained(),
      writable: () => endpoint.#writable(),
      failed: (error) => endpoint.#options.onFailed?.(error),
    });
    return endpoint;
  }

  /** Connections that have not ended, of both directions. */
  get connections(): number {
    return this.#live.size;
  }

  /** Counts so far. */
  get counters(): QuicEndpointCounters {
    const { received, sent } = this.#socket.counters;
    return { datagramsIn: received, datagramsOut: sent, dropped: { ...this.#dropped } };
  }

  /** Accepted connections among them that are not admitted. */
  get unverified(): number {
    return this.#unverified;
  }

  /**
   * Dials a peer. The first packet leaves in this turn of the event loop; the connection's listener
   * hears of the rest.
   *
   * @param remote An IP address, and a port from 1 to 65,535.
   * @returns The connection, not established yet.
   * @throws {TypeError} When the endpoint is closed, or the host is no IP address.
   * @throws {RangeError} When the port is out of bounds, the address is of another family than the
   * socket's, or there are `maxConnections`.
   */
  dial(remote: HostPort): QuicConnection {
    if (this.#closing) throw new TypeError("dial() on a closed endpoint");
    this.#checkRemote(remote);
    if (this.#live.size >= this.#maxConnections) {
      throw new RangeError(
        `the endpoint has ${this.#maxConnections} connections, its limit: close some, or raise maxConnections`,
      );
    }
    const [scid, key] = this.#mintId();
    const { Connection } = quiche();
    const config = this.#configs.for(remote.host);
    const quic = Connection.connect(null, scid, this.address, remote, config);
    const connection = this.#add(true, quic, remote, key);
    this.#touch(connection);
    return connection;
  }

  /**
   * Shows other credentials from now on. Connections that exist keep what they showed.
   *
   * @throws {TypeError} When they cannot be read; the former stay.
   */
  replaceCredentials(credentials: Credentials): void {
    this.#configs = new QuicConfigs({ ...this.#configOptions, credentials });
  }

  /**
   * Closes every connection, answers stragglers for a moment, and closes the socket.
   *
   * @returns Settles when nothing is left; the same promise on each call.
   */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #touch(connection: DrivenConnection): void {
    if (connection.touched) return;
    connection.touched = true;
    this.#touched.push(connection);
    if (!this.#receiving) this.#schedule(); // else the turn follows when the socket is drained
  }

  #ended(connection: DrivenConnection): void {
    this.#live.delete(connection);
    if (!connection.dialled && !connection.admitted) this.#unverified--;
  }

  // Datagrams.

  #receive(bytes: Uint8Array, from: HostPort): void {
    this.#receiving = true;
    if (hasLongHeader(bytes)) return this.#receiveLong(bytes, from);
    if (bytes.length < MIN_SHORT_BYTES) return this.#drop("malformed");
    const connection = this.#own.get(connectionIdKey(bytes, 1));
    if (!connection) return this.#drop("unknownConnection");
    this.#pass(connection, bytes, from);
  }

  #receiveLong(bytes: Uint8Array, from: HostPort): void {
    const header = readLongHeader(bytes);
    if (!header) return this.#drop("malformed");
    const { dcid } = header;
    const known = (isOwnLength(dcid) && this.#own.get(connectionIdKey(dcid))) ||
      this.#foreign.get(foreignIdKey(dcid));
    if (known) return this.#pass(known, bytes, from);
    if (header.version === 0) return this.#drop("unknownConnection");
    if (!quiche().versionIsSupported(header.version)) {
      return this.#negotiateVersion(header, bytes, from);
    }
    this.#accept(header, bytes, from);
  }

  #pass(connection: DrivenConnection, bytes: Uint8Array, from: HostPort): void {
    const refusal = connection.receive(bytes, from);
    if (refusal) this.#drop(refusal);
    this.#touch(connection);
  }

  #negotiateVersion({ scid, dcid }: LongHeader, bytes: Uint8Array, from: HostPort): void {
    this.#drop("version");
    if (bytes.length < MIN_INITIAL_BYTES) return; // an answer would amplify (RFC 9000, 5.2.2)
    if (scid.length > CONNECTION_ID_BYTES || dcid.length > CONNECTION_ID_BYTES) return;
    const buffer = this.#socket.lend();
    if (!buffer) return;
    this.#socket.send(quiche().negotiateVersion(scid, dcid, buffer), from);
  }

  #accept({ dcid, scid }: LongHeader, bytes: Uint8Array, from: HostPort): void {
    if (
      bytes.length < MIN_INITIAL_BYTES || dcid.length < MIN_CLIENT_ID_BYTES ||
      dcid.length > CONNECTION_ID_BYTES || scid.length > CONNECTION_ID_BYTES
    ) return this.#drop("malformed");
    const type = packetType(bytes);
    if (type !== INITIAL_PACKET) {
      return this.#drop(type === undefined ? "malformed" : "unknownConnection");
    }
    const refusal = this.#refusal();
    if (refusal) {
      this.#drop(refusal);
      this.#options.onRefused?.(`${formatHostPort(from)} was turned away: ${refusal}`);
      return;
    }
    const [ownId, key] = this.#mintId();
    const foreignKey = foreignIdKey(dcid); // before the packet is decrypted in place
    const config = this.#configs.for(from.host);
    const quic = quiche().Connection.accept(ownId, null, this.address, from, config);
    const connection = this.#add(false, quic, from, key);
    connection.foreignKey = foreignKey;
    this.#foreign.set(foreignKey, connection);
    connection.receive(bytes, from);
    if (connection.begun) return this.#touch(connection);
    this.#drop("malformed");
    this.#forget(connection);
    this.#ended(connection);
  }

  #refusal(): DropReason | undefined {
    if (this.#closing) return "closing";
    if (this.#live.size >= this.#maxConnections) return "tooManyConnections";
    if (this.#unverified >= this.#maxUnverified) return "tooManyUnverified";
    return undefined;
  }

  #drop(reason: DropReason): void {
    this.#dropped[reason]++;
  }

  // Connections.

  #add(dialled: boolean, quic: QuicheConnection, remote: HostPort, key: number): DrivenConnection {
    const connection = new DrivenConnection({
      id: this.#nextId++,
      dialled,
      quic,
      local: this.address,
      remote: { host: remote.host, port: remote.port },
      driver: this.#driver,
      limits: this.#limits,
    }, key);
    this.#own.set(key, connection);
    this.#live.add(connection);
    if (!dialled) this.#unverified++;
    return connection;
  }

  #forget(connection: DrivenConnection): void {
    this.#own.delete(connection.ownKey);
    if (connection.foreignKey !== undefined) this.#foreign.delete(connection.foreignKey);
    this.#wakes.remove(connection);
  }

  #mintId(): [id: Uint8Array, key: number] {
    while (true) {
      const id = this.#options.random(CONNECTION_ID_BYTES);
      const key = connectionIdKey(id);
      if (!this.#own.has(key)) return [id, key];
    }
  }

  #checkRemote({ host, port }: HostPort): void {
    const family = isIP(host);
    if (family === 0) {
      throw new TypeError(`dial: "${host}" is no IP address: resolve the name first`);
    }
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      throw new RangeError(`dial: port ${port} of ${host} is not from 1 to 65,535`);
    }
    if (family === 6 && isIP(this.address.host) === 4) {
      throw new RangeError(
        `dial: ${host} is an IPv6 address, and the endpoint listens on ${this.address.host}: listen on ::`,
      );
    }
  }

  // Turns.

  #drained(): void {
    this.#receiving = false;
    this.#turn();
  }

  #writable(): void {
    const starved = this.#starved;
    this.#starved = [];
    for (const connection of starved) this.#touch(connection);
  }

  #schedule(): void {
    this.#immediate ??= setImmediate(() => {
      this.#immediate = undefined;
      this.#turn();
    });
  }

  /** Processes and flushes what was touched, a bounded number of connections. */
  #turn(): void {
    const turn = this.#touched.splice(0, TURN_CONNECTIONS);
    if (this.#touched.length > 0) this.#schedule();
    const now = this.#now();
    for (const connection of turn) {
      connection.process();
      connection.touched = false; // what it asks for from here on needs a turn of its own
      const outcome = connection.flush(this.#socket);
      if (outcome === "more") this.#touch(connection);
      else if (outcome === "starved") this.#starved.push(connection);
      if (connection.over) this.#forget(connection);
      else this.#wakes.set(connection, connection.nextWake(now));
    }
    this.#socket.flush();
    this.#arm(now);
  }

  #arm(now: number): void {
    const { earliest } = this.#wakes;
    // A timer that is early costs one idle wake; moving it with every packet would cost 7 µs each.
    if (earliest >= this.#armedFor) return;
    clearTimeout(this.#timer);
    this.#armedFor = earliest;
    this.#timer = setTimeout(() => this.#wake(), Math.max(1, Math.ceil(earliest - now)));
  }

  #wake(): void {
    this.#armedFor = Infinity;
    const now = this.#now();
    while (true) {
      const connection = this.#wakes.due(now);
      if (!connection) break;
      connection.wake(now);
      this.#touch(connection);
    }
    this.#arm(now);
  }

  async #close(): Promise<void> {
    const reason = "the endpoint was closed";
    const hadConnections = this.#live.size > 0;
    for (const connection of this.#live) {
      connection.end({ by: "local", app: true, code: CLOSE_CODES.shutdown, reason });
    }
    while (this.#touched.length > 0) this.#turn();
    if (hadConnections) await new Promise((done) => setTimeout(done, CLOSE_DRAIN_MS));
    await this.#socket.close();
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#own.clear();
    this.#foreign.clear();
  }
}

/** The type of a packet with a long header; `undefined` when the header makes no sense. */
function packetType(datagram: Uint8Array): number | undefined {
  try {
    return quiche().Header.fromSlice(datagram, CONNECTION_ID_BYTES).ty;
  } catch {
    return undefined;
  }
}
