/**
 * The peer `nats`: nats-server, with a client of its makers on either side.
 *
 * @module
 */
import type { NatsConnection } from "@nats-io/transport-node";
import { UnavailableError } from "../harness.ts";
import { SecondProcess } from "../second_process.ts";
import type { PubSub } from "../workload.ts";

/** What the far side subscribes to. */
export const SUBJECTS = { publications: "bench.publications", sum: "bench.sum" } as const;

/** Publications after which the client waits until the server has taken those before: its window. */
const FLUSH_EVERY = 1_000;
/** What a request may take, in ms. */
const REQUEST_TIMEOUT_MS = 5_000;

/** A server in a process of its own, a client here and one in a second process. */
export class Nats implements PubSub, AsyncDisposable {
  readonly #far: SecondProcess;
  readonly #client: NatsConnection;
  readonly #opened: AsyncDisposableStack;
  #published = 0;
  #flushed: Promise<void> | undefined;

  private constructor(far: SecondProcess, client: NatsConnection, opened: AsyncDisposableStack) {
    this.#far = far;
    this.#client = client;
    this.#opened = opened;
  }

  /** @throws {UnavailableError} When nats-server is not on PATH. */
  static async open(): Promise<Nats> {
    await using opened = new AsyncDisposableStack();
    const { url } = opened.use(await NatsServer.start());
    const module = new URL("./nats_far.ts", import.meta.url);
    const { process } = await SecondProcess.start(module, [url]);
    opened.use(process);
    const client = opened.adopt(await connect(url), (client) => client.close());
    return new Nats(process, client, opened.move());
  }

  async expect(count: number): Promise<void> {
    await this.#far.ask({ expect: count });
  }

  publish(bytes: Uint8Array): Promise<void> | undefined {
    this.#client.publish(SUBJECTS.publications, bytes);
    if (++this.#published % FLUSH_EVERY !== 0) return undefined;
    const former = this.#flushed;
    this.#flushed = this.#client.flush();
    return former;
  }

  async arrived(): Promise<void> {
    await this.#far.answer();
  }

  async sum(a: number, b: number): Promise<number> {
    const payload = new Uint8Array(16);
    const view = new DataView(payload.buffer);
    view.setFloat64(0, a);
    view.setFloat64(8, b);
    const { data } = await this.#client.request(SUBJECTS.sum, payload, {
      timeout: REQUEST_TIMEOUT_MS,
    });
    return new DataView(data.buffer, data.byteOffset).getFloat64(0);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened.disposeAsync();
  }
}

/** A client. The package is loaded here, so that it is needed only where there is a server. */
export async function connect(url: string): Promise<NatsConnection> {
  const { connect } = await import("@nats-io/transport-node");
  return await connect({ servers: url, reconnect: false });
}

/** A nats-server on a free port of loopback. */
class NatsServer implements AsyncDisposable {
  readonly url: string;
  readonly #child: Deno.ChildProcess;
  /** Reads the rest of its log, so that its pipe never fills. */
  readonly #log: Promise<void>;

  private constructor(url: string, child: Deno.ChildProcess, log: Promise<void>) {
    this.url = url;
    this.#child = child;
    this.#log = log;
  }

  static async start(): Promise<NatsServer> {
    const child = spawn();
    const log = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (true) {
      const { done, value } = await log.read();
      if (done) throw new Error(`nats-server ended: ${text}`);
      text += value;
      const [, at] = /client connections on (127\.0\.0\.1:\d+)\n/.exec(text) ?? [];
      if (at === undefined) continue;
      return new NatsServer(`nats://${at}`, child, drain(log));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
    await this.#log;
  }
}

function spawn(): Deno.ChildProcess {
  try {
    return new Deno.Command("nats-server", {
      args: ["--addr", "127.0.0.1", "--port", "-1"],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new UnavailableError("nats-server is not on PATH");
    }
    throw error;
  }
}

async function drain(log: ReadableStreamDefaultReader<string>): Promise<void> {
  while (!(await log.read()).done);
}
