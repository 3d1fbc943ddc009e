/**
 * What tests of QUIC share: endpoints on loopback with identities of their own, and connections
 * whose events can be awaited.
 *
 * @module
 */

import { createIdentity, issueCertificate, type IssuedCertificate } from "../security/mod.ts";
import type { HostPort } from "./datagram_socket.ts";
import { DenoDatagramSocket } from "./deno_datagram_socket.ts";
import type { CloseReason, QuicConnection, StreamRead } from "./quic_connection.ts";
import { QuicEndpoint } from "./quic_endpoint.ts";
import type { QuicEndpointOptions } from "./quic_endpoint_options.ts";

/** A certificate of a node of its own, with its key. */
export function testCertificate(): IssuedCertificate {
  return issueCertificate(createIdentity(), { now: Date.now() });
}

/** What a stream brought in the end. */
export interface Received {
  readonly bytes: Uint8Array;
  /** The code, when the peer reset it. */
  readonly reset: number | undefined;
}

/** A connection whose events can be awaited, and whose streams are read to their ends. */
export class Watched {
  readonly connection: QuicConnection;
  readonly established: Promise<void>;
  readonly closed: Promise<CloseReason>;
  /** Ends of the connection that were told; more than one is a bug. */
  closes = 0;
  readonly stopped: [streamId: number, code: number][] = [];
  readonly #streams = new Map<
    number,
    { chunks: Uint8Array[]; end: PromiseWithResolvers<Received> }
  >();
  #writable: PromiseWithResolvers<void> | undefined;

  /** @param read What to do when there is something to read; by default it is collected. */
  constructor(connection: QuicConnection, read?: () => void) {
    this.connection = connection;
    const established = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<CloseReason>();
    this.established = established.promise;
    this.closed = closed.promise;
    connection.listener = {
      established: () => established.resolve(),
      readable: read ?? (() => this.#collect()),
      writable: () => this.#writable?.resolve(),
      stopped: (...what) => this.stopped.push(what),
      closed: (reason) => {
        this.closes++;
        closed.resolve(reason);
      },
    };
  }

  /** All that a stream brings, once it has ended. */
  stream(id: number): Promise<Received> {
    return this.#stream(id).end.promise;
  }

  /** How much a stream has brought so far. */
  bytesOf(id: number): number {
    return this.#stream(id).chunks.reduce((sum, { length }) => sum + length, 0);
  }

  /** Writes as the queue allows, and ends the stream. */
  async writeAll(id: number, bytes: Uint8Array, chunk = 65_536): Promise<void> {
    for (let at = 0; at < bytes.length; at += chunk) {
      this.connection.write(id, bytes.subarray(at, at + chunk));
      if (this.connection.queuedBytes > 500_000) {
        this.#writable = Promise.withResolvers();
        await this.#writable.promise;
      }
    }
    this.connection.write(id, new Uint8Array(0), true);
  }

  #collect(): void {
    for (const id of this.connection.readableStreams()) {
      let read: StreamRead | undefined;
      while ((read = this.connection.read(id)) !== undefined) {
        const stream = this.#stream(id);
        stream.chunks.push(read.bytes);
        if (!read.fin) continue;
        stream.end.resolve({ bytes: concat(stream.chunks), reset: read.reset });
        break;
      }
    }
  }

  #stream(id: number): { chunks: Uint8Array[]; end: PromiseWithResolvers<Received> } {
    let stream = this.#streams.get(id);
    if (!stream) {
      stream = { chunks: [], end: Promise.withResolvers<Received>() };
      this.#streams.set(id, stream);
    }
    return stream;
  }
}

/** An endpoint on loopback; it admits whoever comes, unless told otherwise. */
export class TestEndpoint implements AsyncDisposable {
  readonly endpoint: QuicEndpoint;
  readonly certificate: IssuedCertificate;
  readonly #accepted: Watched[] = [];
  #next: PromiseWithResolvers<Watched> | undefined;

  constructor(options: Partial<QuicEndpointOptions> & { host?: string; admit?: boolean } = {}) {
    this.certificate = testCertificate();
    const { host = "127.0.0.1", admit = true, ...rest } = options;
    this.endpoint = QuicEndpoint.open({
      socket: DenoDatagramSocket.open({ host, port: 0 }),
      credentials: this.certificate,
      random: (length) => crypto.getRandomValues(new Uint8Array(length)),
      accept: (connection) => {
        const watched = new Watched(connection);
        if (admit) connection.admit();
        if (this.#next) this.#next.resolve(watched);
        else this.#accepted.push(watched);
        this.#next = undefined;
      },
      ...rest,
    });
  }

  get address(): HostPort {
    return this.endpoint.address;
  }

  /** The next connection that was accepted. */
  accepted(): Promise<Watched> {
    const first = this.#accepted.shift();
    if (first) return Promise.resolve(first);
    this.#next ??= Promise.withResolvers();
    return this.#next.promise;
  }

  /** Dials, and does no more. */
  dial(to: HostPort): Watched {
    return new Watched(this.endpoint.dial(to));
  }

  /** Dials, and admits the peer. */
  async connect(to: HostPort): Promise<Watched> {
    const watched = this.dial(to);
    await Promise.race([
      watched.established,
      watched.closed.then(({ reason }) => Promise.reject(new Error(reason))),
    ]);
    watched.connection.admit();
    return watched;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.endpoint.close();
  }
}

/** Two endpoints, and both ends of a connection between them, admitted. */
export async function connectedPair(
  a: TestEndpoint,
  b: TestEndpoint,
): Promise<{ dialled: Watched; accepted: Watched }> {
  const [dialled, accepted] = await Promise.all([a.connect(b.address), b.accepted()]);
  return { dialled, accepted };
}

/** The arrays, one after the other. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** Bytes that differ from place to place, so that nothing can be missing, doubled or swapped. */
export function patternBytes(length: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 0x9e3779b1);
  return new Uint8Array(words.buffer, 0, length);
}

/** Waits until something holds, a turn of the event loop at a time. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((next) => setTimeout(next));
}
