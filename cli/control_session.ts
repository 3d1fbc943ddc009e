import type { Value } from "../mod.ts";
import {
  errorOf,
  faultOf,
  isMessage,
  lineOf,
  MAX_OPEN_CALLS,
  MAX_OPEN_REQUESTS,
  type Message,
} from "./control_protocol.ts";
import { EXIT } from "./exit_codes.ts";
import { Failure, wrongUse } from "./failure.ts";
import { valueFromJson } from "./json_form.ts";

/** What a request may do besides returning its result. */
export interface Exchange {
  /** Aborted when the client gives up or is gone. */
  readonly signal: AbortSignal;
  /** Makes the request a stream: it has begun. */
  begin(): Promise<void>;
  /** Sends the next item; settles when there is room for another. */
  item(item: Message): Promise<void>;
  /**
   * Has the client answer a call.
   *
   * @param item what it is sent, besides the call's number
   * @param signal aborted when nobody waits for the answer any longer; the client is told so
   * @throws {Error} (rejects) what the client answers instead of a result, or that it is gone
   */
  ask(item: Message, signal: AbortSignal): Promise<Value>;
}

/** Does what one request asks for. */
export type Perform = (request: Message, exchange: Exchange) => Promise<Value>;

/**
 * One client of a control socket: takes its lines, has done what they ask for, and writes the
 * replies. What it holds is bounded: so many requests at once, so many calls of each, and no item
 * of a stream before the one ahead of it was written.
 */
export class ControlSession {
  readonly #perform: Perform;
  readonly #write: (line: string) => Promise<void>;
  readonly #open = new Map<number, OpenRequest>();
  readonly #running = new Set<Promise<void>>();
  readonly #onRefused: () => void;

  /**
   * @param perform does what a request asks for
   * @param write settles when there is room for the next line; never rejects
   * @param onRefused told of every line that is no message of the protocol
   */
  constructor(
    perform: Perform,
    write: (line: string) => Promise<void>,
    onRefused: () => void,
  ) {
    this.#perform = perform;
    this.#write = write;
    this.#onRefused = onRefused;
  }

  /**
   * Takes one line. Requests begin in the order of their lines.
   *
   * @returns settles when the next may be read
   */
  async take(line: string): Promise<void> {
    try {
      this.#dispatch(line);
    } catch (error) {
      await this.refuse(error);
    }
  }

  /**
   * Answers what is no message. Waited for: a client that writes nonsense and reads nothing is not
   * read any further.
   */
  async refuse(error: unknown): Promise<void> {
    this.#onRefused();
    await this.#write(lineOf({ error: faultOf(error) }));
  }

  /** The client is gone: everything it asked for ends. Settles when it has. */
  async close(): Promise<void> {
    const gone = new Failure(EXIT.failed, "gone", "the command that was asked is gone");
    for (const request of this.#open.values()) request.cancel(gone);
    await Promise.all(this.#running);
  }

  #dispatch(line: string): void {
    const message = readMessage(line);
    const { id } = message;
    if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 0) {
      throw wrongUse(`"id" is to be a whole number, 0 or more`);
    }
    const open = this.#open.get(id);
    if ("do" in message) {
      if (open) throw wrongUse(`request ${id} is under way: choose another "id"`);
      if (this.#open.size >= MAX_OPEN_REQUESTS) {
        throw busy(`${MAX_OPEN_REQUESTS} requests are under way`);
      }
      this.#start(new OpenRequest(id, this.#write), message);
    } else if ("cancel" in message) {
      // One that is over is no error: its end and the cancel may have crossed.
      open?.cancel(new Failure(EXIT.failed, "cancelled", "given up"));
    } else if (typeof message.call === "number") {
      open?.answered(message.call, message);
    } else {
      throw wrongUse(`a message has one of "do", "cancel" and "call"`);
    }
  }

  #start(request: OpenRequest, message: Message): void {
    this.#open.set(request.id, request);
    const running = this.#run(request, message);
    this.#running.add(running);
    void running.then(() => this.#running.delete(running));
  }

  async #run(request: OpenRequest, message: Message): Promise<void> {
    let last: string;
    try {
      last = request.done(await this.#perform(message, request));
    } catch (error) {
      last = request.failed(error);
    }
    await this.#write(last);
    this.#open.delete(request.id);
  }
}

/** A request that is under way. */
class OpenRequest implements Exchange {
  readonly id: number;
  readonly #write: (line: string) => Promise<void>;
  readonly #abort = new AbortController();
  readonly #asked = new Map<number, PromiseWithResolvers<Value>>();
  #streaming = false;
  #calls = 0;

  constructor(id: number, write: (line: string) => Promise<void>) {
    this.id = id;
    this.#write = write;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  async begin(): Promise<void> {
    this.#streaming = true;
    await this.#write(lineOf({ id: this.id, ok: {} }));
  }

  async item(item: Message): Promise<void> {
    await this.#write(lineOf({ id: this.id, item }));
  }

  async ask(item: Message, signal: AbortSignal): Promise<Value> {
    this.signal.throwIfAborted();
    signal.throwIfAborted();
    if (this.#asked.size >= MAX_OPEN_CALLS) {
      throw busy(`${MAX_OPEN_CALLS} calls are not answered yet`);
    }
    const call = ++this.#calls;
    const answer = Promise.withResolvers<Value>();
    const giveUp = () => {
      answer.reject(signal.reason);
      void this.item({ call, cancel: true });
    };
    this.#asked.set(call, answer);
    signal.addEventListener("abort", giveUp);
    try {
      // Not waited for: the answer may be there before there is room for the next item.
      this.item({ ...item, call }).catch(answer.reject);
      return await answer.promise;
    } finally {
      signal.removeEventListener("abort", giveUp);
      this.#asked.delete(call);
    }
  }

  /** The client's answer to a call; one that nobody waits for any longer is dropped. */
  answered(call: number, { result, error }: Message): void {
    const answer = this.#asked.get(call);
    if (error === undefined) answer?.resolve(result);
    else answer?.reject(errorOf(error));
  }

  cancel(reason: Error): void {
    this.#abort.abort(reason);
    for (const answer of this.#asked.values()) answer.reject(reason);
  }

  /** The last line of a request that has ended well. */
  done(result: Value): string {
    const { id } = this;
    return lineOf(this.#streaming ? { id, end: true } : { id, ok: result ?? {} });
  }

  /** The last line of one that has failed; a stream that was cancelled has not. */
  failed(error: unknown): string {
    const { id } = this;
    if (this.#streaming && this.signal.aborted) return lineOf({ id, end: true });
    return lineOf({ id, error: faultOf(error) });
  }
}

/**
 * Reads a line of the protocol.
 *
 * @throws {Failure} wrong use, when it is no message
 */
export function readMessage(line: string): Message {
  let value: Value;
  try {
    value = valueFromJson(line);
  } catch (error) {
    throw wrongUse(`the line is no message: ${(error as Error).message}`);
  }
  if (!isMessage(value)) throw wrongUse("the line is no message: a message is an object");
  return value;
}

function busy(why: string): Failure {
  return new Failure(EXIT.failed, "busy", `${why}: wait for some to end`);
}
