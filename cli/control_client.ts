import { bytesOf } from "./connection_bytes.ts";
import { errorOf, isMessage, lineOf, MAX_LINE_BYTES, type Message } from "./control_protocol.ts";
import { readMessage } from "./control_session.ts";
import { EXIT } from "./exit_codes.ts";
import { Failure } from "./failure.ts";
import { linesOf } from "./lines.ts";
import { TextSink } from "./text_sink.ts";

/** Items of a stream that may wait for their reader before the connection does. */
const ITEMS_AHEAD = 64;

/** A command's connection to the control socket of a running node. */
export class ControlClient implements AsyncDisposable {
  /** Id of the node. */
  readonly nodeId: string;
  /** Rejects when the connection ends, unless it was closed from here. Nobody need listen. */
  readonly lost: Promise<never>;
  readonly #lost = Promise.withResolvers<never>();
  readonly #connection: Deno.Conn;
  readonly #sink: TextSink;
  readonly #replies = new Map<number, PromiseWithResolvers<Message>>();
  readonly #streams = new Map<number, ControlStream>();
  readonly #reading: Promise<void>;
  #lastId = 0;
  #closed = false;
  #failure: Error | undefined;

  private constructor(
    connection: Deno.Conn,
    sink: TextSink,
    lines: AsyncIterable<string>,
    nodeId: string,
  ) {
    this.nodeId = nodeId;
    this.lost = this.#lost.promise;
    this.lost.catch(() => {});
    this.#connection = connection;
    this.#sink = sink;
    this.#reading = this.#read(lines);
  }

  /**
   * Begins to speak with a node. The connection is the client's from then on.
   *
   * @param token what to say first; nothing over a Unix socket
   * @throws {Failure} when the other side is no control socket, or does not let this one in
   */
  static async open(connection: Deno.Conn, token?: string): Promise<ControlClient> {
    try {
      const sink = new TextSink(
        connection,
        () => {/* the reader finds the connection ended, too */},
      );
      if (token !== undefined) await sink.write(lineOf({ token }));
      const lines = linesOf(bytesOf(connection), () => MAX_LINE_BYTES);
      const { done, value } = await lines.next();
      if (done) throw gone();
      const { macula, nodeId, error } = readMessage(value);
      if (error !== undefined) throw errorOf(error);
      if (typeof macula !== "string" || typeof nodeId !== "string") {
        throw new Failure(EXIT.failed, "control", "what answers there is no node's control socket");
      }
      return new ControlClient(connection, sink, lines, nodeId);
    } catch (error) {
      close(connection);
      throw error;
    }
  }

  /**
   * Asks the node for something.
   *
   * @param request with its word under `do`
   * @param signal gives up when aborted
   * @returns what it answers
   * @throws {Error} what the node answers instead, or that it is gone
   */
  async request(request: Message, signal?: AbortSignal): Promise<Message> {
    const id = ++this.#lastId;
    const giveUp = () => void this.#send({ id, cancel: true });
    signal?.addEventListener("abort", giveUp);
    try {
      return await this.#ask(id, request);
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
  }

  /**
   * Asks the node for a stream; it has begun when the promise settles.
   *
   * @throws {Error} as {@link ControlClient.request} does
   */
  async stream(request: Message): Promise<ControlStream> {
    const id = ++this.#lastId;
    const stream = new ControlStream((message) => this.#send({ id, ...message }));
    this.#streams.set(id, stream);
    try {
      await this.#ask(id, request);
    } catch (error) {
      this.#streams.delete(id);
      throw error;
    }
    return stream;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#sink.flush();
    close(this.#connection);
    await this.#reading;
  }

  async #ask(id: number, request: Message): Promise<Message> {
    if (this.#failure) throw this.#failure;
    const line = lineOf({ id, ...request });
    const reply = Promise.withResolvers<Message>();
    this.#replies.set(id, reply);
    await this.#sink.write(line);
    return await reply.promise;
  }

  async #send(message: Message): Promise<void> {
    await this.#sink.write(lineOf(message));
  }

  async #read(lines: AsyncIterable<string>): Promise<void> {
    try {
      for await (const line of lines) await this.#take(readMessage(line));
      this.#end(gone());
    } catch (error) {
      this.#end(error instanceof Failure ? error : gone());
    }
    close(this.#connection);
  }

  async #take({ id, ok, error, item, end }: Message): Promise<void> {
    // Without an id: the node could not make anything of a line, and a later one will not do better.
    if (typeof id !== "number") throw errorOf(error);
    const reply = this.#replies.get(id);
    const stream = this.#streams.get(id);
    if (isMessage(item)) return await stream?.push(item);
    this.#replies.delete(id);
    if (isMessage(ok)) return reply?.resolve(ok);
    this.#streams.delete(id);
    const failure = end === true ? undefined : errorOf(error);
    stream?.finish(failure);
    reply?.reject(failure ?? gone());
  }

  #end(failure: Error): void {
    this.#failure = failure;
    for (const reply of this.#replies.values()) reply.reject(failure);
    for (const stream of this.#streams.values()) stream.finish(this.#closed ? undefined : failure);
    if (!this.#closed) this.#lost.reject(failure);
  }
}

/** What comes of a request for a stream; reads must not overlap. */
export class ControlStream implements AsyncDisposable {
  readonly #send: (message: Message) => Promise<void>;
  readonly #over = Promise.withResolvers<void>();
  #items: Message[] = [];
  #ended = false;
  #failure: Error | undefined;
  #news = Promise.withResolvers<void>();
  #room = Promise.withResolvers<void>();

  /** @param send writes a message with the stream's id */
  constructor(send: (message: Message) => Promise<void>) {
    this.#send = send;
  }

  /** The items as they come; ends when the stream does, and throws what it ended with. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Message> {
    try {
      for (;;) {
        const items = this.#items;
        this.#items = [];
        this.#room.resolve();
        this.#room = Promise.withResolvers();
        yield* items;
        if (this.#items.length > 0) continue;
        if (this.#failure) throw this.#failure;
        if (this.#ended) return;
        await this.#news.promise;
        this.#news = Promise.withResolvers();
      }
    } finally {
      await this[Symbol.asyncDispose]();
    }
  }

  /** Answers a call that came as an item. */
  answer(call: number, answer: Message): Promise<void> {
    return this.#send({ call, ...answer });
  }

  /** Takes an item from the connection; settles when the next may be read. */
  async push(item: Message): Promise<void> {
    if (this.#ended) return;
    this.#items.push(item);
    this.#news.resolve();
    if (this.#items.length >= ITEMS_AHEAD) {
      await Promise.race([this.#room.promise, this.#over.promise]);
    }
  }

  /** The stream is over. */
  finish(failure: Error | undefined): void {
    this.#ended = true;
    this.#failure = failure;
    this.#news.resolve();
    this.#over.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended) return;
    this.finish(undefined);
    await this.#send({ cancel: true });
  }
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // Closed already: by its reader, or by who has waited long enough.
  }
}

function gone(): Failure {
  return new Failure(EXIT.failed, "node-gone", "the node has stopped, or was killed");
}
