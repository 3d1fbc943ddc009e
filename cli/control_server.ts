import { createHash, timingSafeEqual } from "node:crypto";
import { bytesOf } from "./connection_bytes.ts";
import type { ControlListener } from "./control_listener.ts";
import { performOn } from "./control_operations.ts";
import { lineOf, MAX_LINE_BYTES, type Message } from "./control_protocol.ts";
import { ControlSession, readMessage } from "./control_session.ts";
import { EXIT } from "./exit_codes.ts";
import { Failure, wrongUse } from "./failure.ts";
import { linesOf } from "./lines.ts";
import type { NodeFace } from "./node_face.ts";
import { TextSink } from "./text_sink.ts";
import { VERSION } from "./version.ts";

/** Connections at once; one more is closed as soon as it is there. */
export const MAX_CONNECTIONS = 64;

/** How long a client over TCP has to say the token, in milliseconds. */
const TOKEN_MS = 5_000;

/** Longest line before the token is there, in characters: who is not known gets no room. */
const TOKEN_LINE_CHARS = 256;

/** How long the server waits when the system lets nobody in, in milliseconds. */
const ACCEPT_PAUSE_MS = 100;

/**
 * A node's control socket: takes commands from whoever may connect to it. Disposed, it takes no more,
 * and ends what is under way.
 */
export class ControlServer implements AsyncDisposable {
  readonly #node: NodeFace;
  readonly #listener: ControlListener;
  readonly #connections = new Map<Deno.Conn, Promise<void>>();
  readonly #accepting: Promise<void>;
  #ended: Promise<void> | undefined;
  #closed = false;
  #refused = 0;

  /** Begins to accept. The listener is the server's from then on. */
  constructor(node: NodeFace, listener: ControlListener) {
    this.#node = node;
    this.#listener = listener;
    this.#accepting = this.#accept();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#ended ??= this.#end();
  }

  async #end(): Promise<void> {
    this.#closed = true;
    await this.#listener[Symbol.asyncDispose]();
    await this.#accepting;
    for (const connection of this.#connections.keys()) close(connection);
    await Promise.all(this.#connections.values());
  }

  async #accept(): Promise<void> {
    for (;;) {
      let connection: Deno.Conn;
      try {
        connection = await this.#listener.accept();
      } catch {
        if (this.#closed) return;
        // Out of file descriptors, for one: there may be some again.
        await new Promise((resolve) => setTimeout(resolve, ACCEPT_PAUSE_MS));
        continue;
      }
      if (this.#closed || this.#connections.size >= MAX_CONNECTIONS) {
        this.#refused++;
        close(connection);
        continue;
      }
      const served = this.#serve(connection);
      this.#connections.set(connection, served);
      void served.then(() => this.#connections.delete(connection));
    }
  }

  async #serve(connection: Deno.Conn): Promise<void> {
    const sink = new TextSink(connection, () => close(connection));
    const counts = () => ({ connections: this.#connections.size, refused: this.#refused });
    const session = new ControlSession(
      performOn(this.#node, counts),
      (line) => sink.write(line),
      () => this.#refused++,
    );
    try {
      await this.#read(connection, session, sink);
    } catch (error) {
      // Otherwise the client is gone, and there is nobody to tell.
      if (error instanceof RangeError) await session.refuse(wrongUse(error.message));
      if (error instanceof Failure) await session.refuse(error);
    }
    await session.close();
    await sink.flush();
    close(connection);
  }

  async #read(connection: Deno.Conn, session: ControlSession, sink: TextSink): Promise<void> {
    const { place } = this.#listener;
    const greet = () => sink.write(lineOf({ macula: VERSION, nodeId: this.#node.id }));
    let trusted = place.kind === "unix";
    if (trusted) await greet();
    const impatience = trusted ? undefined : setTimeout(() => close(connection), TOKEN_MS);
    const limit = () => trusted ? MAX_LINE_BYTES : TOKEN_LINE_CHARS;
    try {
      for await (const line of linesOf(bytesOf(connection), limit)) {
        if (trusted) {
          await session.take(line);
          continue;
        }
        checkToken(readMessage(line), place.kind === "tcp" ? place.token : "");
        trusted = true;
        clearTimeout(impatience);
        await greet();
      }
    } finally {
      clearTimeout(impatience);
    }
  }
}

/** By their hashes, in constant time: how long it takes says nothing of where they differ. */
function checkToken({ token }: Message, right: string): void {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  if (typeof token === "string" && timingSafeEqual(hash(token), hash(right))) return;
  throw new Failure(EXIT.refused, "token", "the first line is to be the token of the control file");
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // Closed already, by the other side of this server or by its end.
  }
}
