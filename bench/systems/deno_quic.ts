/**
 * The peer `deno-quic`: the QUIC that is built into Deno (quinn, in Rust), through Deno's API.
 *
 * @module
 */
import { SecondProcess } from "../second_process.ts";
import type { Dialler, Link } from "../workload.ts";
import { COUNT, decodeCount, ECHO } from "./streams.ts";

/** What both sides name in the handshake. */
export const ALPN = "macula-bench";
/** The name in the far side's certificate. */
export const SERVER_NAME = "localhost";
/** Bytes given to a stream in one write. */
const WRITE_BYTES = 65_536;

/** What the far side says of itself. */
export interface FarQuic {
  readonly port: number;
  /** Its certificate in PEM. */
  readonly certificate: string;
}

/** An endpoint here, and one in a second process that echoes and counts. */
export class DenoQuic implements Dialler, AsyncDisposable {
  readonly #far: SecondProcess;
  readonly #ready: FarQuic;
  readonly #endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });

  private constructor(far: SecondProcess, ready: FarQuic) {
    this.#far = far;
    this.#ready = ready;
  }

  static async open(): Promise<DenoQuic> {
    const module = new URL("./deno_quic_far.ts", import.meta.url);
    const { process, ready } = await SecondProcess.start<FarQuic>(module);
    return new DenoQuic(process, ready);
  }

  /** The far side's certificate is verified when it settles; it asks for none of ours. */
  async connect(): Promise<Link> {
    return new DenoQuicLink(
      await Deno.connectQuic({
        hostname: "127.0.0.1",
        port: this.#ready.port,
        serverName: SERVER_NAME,
        caCerts: [this.#ready.certificate],
        alpnProtocols: [ALPN],
        endpoint: this.#endpoint,
      }),
    );
  }

  async digest(): Promise<string> {
    const { digest } = await this.#far.ask<{ digest: string }>("digest");
    return digest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#endpoint.close();
    await this.#far[Symbol.asyncDispose]();
  }
}

interface OpenStream {
  readonly writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
}

class DenoQuicLink implements Link {
  readonly #connection: Deno.QuicConn;
  #echo: OpenStream | undefined;

  constructor(connection: Deno.QuicConn) {
    this.#connection = connection;
  }

  async echo(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const stream = this.#echo ??= await this.#open(ECHO);
    await stream.writer.write(bytes);
    return await readBytes(stream, bytes.length);
  }

  async send(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
    const stream = await this.#open(COUNT);
    for (let at = 0; at < bytes.length; at += WRITE_BYTES) {
      await stream.writer.write(bytes.subarray(at, at + WRITE_BYTES));
    }
    await stream.writer.close();
    return decodeCount(await readBytes(stream, 8));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.close({ closeCode: 0, reason: "done" });
    await this.#connection.closed.catch(() => {/* the end that was asked for */});
  }

  async #open(kind: number): Promise<OpenStream> {
    const stream = await this.#connection.createBidirectionalStream();
    const writer = stream.writable.getWriter();
    await writer.write(Uint8Array.of(kind));
    return { writer, reader: stream.readable.getReader() };
  }
}

async function readBytes({ reader }: OpenStream, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`the stream ended after ${at} of ${length} bytes`);
    bytes.set(value, at);
    at += value.length;
  }
  return bytes;
}
