/**
 * The QUIC endpoint alone, without an actor between it and the measurement: what a handshake, a
 * round trip and bytes cost inside the endpoint's isolate.
 *
 * @module
 */
import {
  createIdentity,
  issueCertificate,
  systemRandom,
  verifyCertificate,
} from "../../security/mod.ts";
import { QUEUE_HIGH_WATER_BYTES } from "../../transport/constants.ts";
import type { HostPort } from "../../transport/datagram_socket.ts";
import { openDatagramSocket } from "../../transport/open_datagram_socket.ts";
import type { QuicConnection } from "../../transport/quic_connection.ts";
import { QuicEndpoint } from "../../transport/quic_endpoint.ts";
import { SecondProcess } from "../second_process.ts";
import type { Dialler, Link } from "../workload.ts";
import { ByteInbox, COUNT, decodeCount, ECHO } from "./streams.ts";

/** Bytes given to the endpoint in one write. */
const WRITE_BYTES = 65_536;

/**
 * Opens an endpoint on loopback with an identity of its own.
 *
 * @param loopbackDatagramBytes Largest datagram sent, in bytes; the endpoint's default if left out.
 */
export function openEndpoint(
  accept: (connection: QuicConnection) => void,
  loopbackDatagramBytes?: number,
): QuicEndpoint {
  return QuicEndpoint.open({
    socket: openDatagramSocket({ host: "127.0.0.1", port: 0 }),
    credentials: issueCertificate(createIdentity(), { now: Date.now() }),
    random: systemRandom,
    accept,
    ...(loopbackDatagramBytes !== undefined && { maxLoopbackDatagramSize: loopbackDatagramBytes }),
  });
}

/**
 * Judges the peer's certificate as a node does, and admits it.
 *
 * @throws {CertificateError} When it proves no node id.
 */
export function judge(connection: QuicConnection): void {
  const [certificate = new Uint8Array(0)] = connection.peerCertificates();
  verifyCertificate(certificate, { now: Date.now() });
  connection.admit();
}

/** An endpoint here, and one in a second process that echoes and counts. */
export class MaculaEndpoint implements Dialler, AsyncDisposable {
  readonly #far: SecondProcess;
  readonly #remote: HostPort;
  readonly #endpoint: QuicEndpoint;
  readonly #opened: AsyncDisposableStack;

  private constructor(
    far: SecondProcess,
    remote: HostPort,
    endpoint: QuicEndpoint,
    opened: AsyncDisposableStack,
  ) {
    this.#far = far;
    this.#remote = remote;
    this.#endpoint = endpoint;
    this.#opened = opened;
  }

  /** @param loopbackDatagramBytes Largest datagram that either side sends, in bytes. */
  static async open(loopbackDatagramBytes?: number): Promise<MaculaEndpoint> {
    await using opened = new AsyncDisposableStack();
    const module = new URL("./macula_endpoint_far.ts", import.meta.url);
    const args = loopbackDatagramBytes === undefined ? [] : [String(loopbackDatagramBytes)];
    const { process, ready } = await SecondProcess.start<HostPort>(module, args);
    opened.use(process);
    const refuse = (connection: QuicConnection) => connection.close(0, "this side only dials");
    const endpoint = opened.use(openEndpoint(refuse, loopbackDatagramBytes));
    return new MaculaEndpoint(process, ready, endpoint, opened.move());
  }

  /** Both sides have judged the other's certificate when it settles. */
  async connect(): Promise<Link> {
    const link = new EndpointLink(this.#endpoint.dial(this.#remote));
    await link.up;
    return link;
  }

  async digest(): Promise<string> {
    const { digest } = await this.#far.ask<{ digest: string }>("digest");
    return digest;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened.disposeAsync();
  }
}

/** The dialling side of a connection. */
class EndpointLink implements Link {
  /** Settles when the far side's word that we are admitted has come. */
  readonly up: Promise<void>;
  readonly #connection: QuicConnection;
  readonly #up = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #echoes = new ByteInbox();
  readonly #counts = new ByteInbox();
  readonly #inboxes = new Map<number, ByteInbox>();
  #echoStream: number | undefined;
  #room: PromiseWithResolvers<void> | undefined;

  constructor(connection: QuicConnection) {
    this.#connection = connection;
    this.up = this.#up.promise;
    connection.listener = {
      established: () => judge(connection),
      readable: () => this.#readAll(),
      writable: () => this.#room?.resolve(),
      closed: ({ reason }) => this.#end(reason),
    };
  }

  echo(bytes: Uint8Array): Promise<Uint8Array> {
    if (this.#echoStream === undefined) {
      this.#echoStream = this.#open(ECHO, this.#echoes);
    }
    const echo = this.#echoes.next(bytes.length);
    this.#connection.write(this.#echoStream, bytes);
    return echo;
  }

  async send(bytes: Uint8Array): Promise<number> {
    const stream = this.#open(COUNT, this.#counts);
    const count = this.#counts.next(8);
    const written = this.#write(stream, bytes);
    const [answer] = await Promise.all([count, written]);
    return decodeCount(answer);
  }

  lostPackets(): number {
    return this.#connection.stats().lostPackets;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.close(0, "done");
    await this.#ended.promise;
  }

  #open(kind: number, inbox: ByteInbox): number {
    const stream = this.#connection.openBidi();
    this.#inboxes.set(stream, inbox);
    this.#connection.write(stream, Uint8Array.of(kind));
    return stream;
  }

  async #write(stream: number, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += WRITE_BYTES) {
      const last = at + WRITE_BYTES >= bytes.length;
      this.#connection.write(stream, bytes.subarray(at, at + WRITE_BYTES), last);
      if (this.#connection.queuedBytes < QUEUE_HIGH_WATER_BYTES) continue;
      this.#room = Promise.withResolvers();
      await this.#room.promise;
    }
  }

  #readAll(): void {
    for (const stream of this.#connection.readableStreams()) {
      const inbox = this.#inboxes.get(stream);
      for (let read; (read = this.#connection.read(stream)) !== undefined;) {
        if (inbox) inbox.push(read.bytes);
        else this.#up.resolve(); // the one stream that the far side opens
        if (read.fin) break;
      }
    }
  }

  #end(reason: string): void {
    const error = new Error(`the connection ended: ${reason}`);
    this.#up.reject(error);
    this.#echoes.fail(error);
    this.#counts.fail(error);
    this.#room?.reject(error);
    this.#ended.resolve();
  }
}
