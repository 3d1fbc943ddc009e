import type { ActorContext } from "../context.ts";
import { ActorError, toWire } from "../errors.ts";
import { type AnyRef, callHandler, type Ref, type RefOptions } from "../ref.ts";
import { ValueError } from "../../values/mod.ts";
import {
  MAX_FRAME_BYTES,
  MAX_LISTENERS,
  MAX_REQUEST_BYTES,
  MAX_REQUESTS,
  MAX_STREAMS,
} from "./constants.ts";
import { Deeds } from "./deeds.ts";
import { ProtocolError } from "./fields.ts";
import type { HandleTable } from "./handles.ts";
import { pack, type Parcel, unpack } from "./parcel.ts";
import type { Reach } from "./reach.ts";
import { EXITS, type FromBox, type Sent, type ToBox } from "./protocol.ts";

/** What requests need of their box. */
export interface RequestsOwner {
  readonly handles: HandleTable<AnyRef>;
  /** What of its node the box may use. */
  readonly reach: readonly Reach[];
  send(frame: ToBox): void;
  /** Runs a listener in the box as the one thing that its actor does. */
  hook(listener: number, args: unknown[]): Promise<unknown>;
}

/** A request that is not settled. */
interface Open {
  readonly controller: AbortController;
  readonly bytes: number;
}

/**
 * What a box has asked its owner to do: messages to others, the bus, monitors. Everything is done on
 * the context of its own incarnation, so that a box can do what any actor can and nothing else, and
 * is settled exactly once. All tables are bounded.
 */
export class Requests {
  readonly #ctx: ActorContext;
  readonly #owner: RequestsOwner;
  readonly #open = new Map<number, Open>();
  /** Bytes of all that is open. */
  #bytes = 0;
  readonly #deeds: Deeds;
  readonly #listeners = new Map<number, Disposable>();
  readonly #streams = new Map<number, AsyncIterator<unknown>>();

  constructor(ctx: ActorContext, owner: RequestsOwner) {
    this.#ctx = ctx;
    this.#owner = owner;
    this.#deeds = new Deeds(ctx, owner.reach, (exit) => owner.hook(EXITS, exit));
  }

  /**
   * Takes a frame if it is a request.
   *
   * @param bytes of its encoding
   * @returns whether it was
   * @throws {ProtocolError} {ForgedHandleError} {ParcelError} when the box may not ask for that
   */
  receive(frame: FromBox, bytes: number): boolean {
    switch (frame.op) {
      case "tell":
        this.#tell(frame, bytes);
        return true;
      case "send":
      case "ask":
        this.#begin(frame.request, bytes, this.#message(frame, frame.op, bytes));
        return true;
      case "perform": {
        const args = frame.args.map((arg) => this.#unpack(arg));
        this.#begin(
          frame.request,
          bytes,
          (signal) => this.#deeds.perform(frame.what, args, signal),
        );
        return true;
      }
      case "read":
        this.#read(frame, bytes);
        return true;
      case "pull": {
        const stream = this.#streams.get(frame.stream);
        if (!stream) throw new ProtocolError("a frame that pulls on what is no stream");
        this.#begin(frame.request, bytes, () => this.#pull(frame.stream, stream));
        return true;
      }
      case "leave":
        void this.#streams.get(frame.stream)?.return?.();
        this.#streams.delete(frame.stream);
        return true;
      case "named":
        this.#owner.handles.adopt(frame.handle, this.#deeds.named(frame.name));
        return true;
      case "do":
        this.#deeds.act(frame.what, frame.args.map((arg) => this.#unpack(arg)));
        return true;
      case "cancel":
        this.#open.get(frame.request)?.controller.abort();
        return true;
      case "listen":
        this.#listen(frame.listener, frame.what, frame.args.map((arg) => this.#unpack(arg)));
        return true;
      case "unlisten":
        this.#listeners.get(frame.listener)?.[Symbol.dispose]();
        this.#listeners.delete(frame.listener);
        return true;
      case "forget":
        this.#owner.handles.forget(frame.handle, frame.times);
        return true;
      default:
        return false;
    }
  }

  /** Gives up whatever is open. */
  close(): void {
    for (const { controller } of this.#open.values()) controller.abort();
    this.#open.clear();
    this.#listeners.clear(); // they ended with their incarnation
    for (const stream of this.#streams.values()) void stream.return?.();
    this.#streams.clear();
  }

  #tell(frame: Sent, bytes: number): void {
    const args = frame.args.map((arg) => this.#unpack(arg));
    callHandler(this.#ref(frame, bytes), "tell", frame.handler, args);
  }

  #message(frame: Sent, lane: "send" | "ask", bytes: number): (signal: AbortSignal) => unknown {
    const args = frame.args.map((arg) => this.#unpack(arg));
    return (signal) => {
      const ref = this.#ref(frame, bytes, lane === "ask" ? signal : undefined);
      return callHandler(ref, lane, frame.handler, args);
    };
  }

  #ref({ handle, options }: Sent, bytes: number, signal?: AbortSignal): Ref {
    const ref = this.#owner.handles.get(handle) as Ref;
    const { deadlineMs, credit, priority } = options;
    const chosen: RefOptions = {
      ...(deadlineMs === null ? {} : { deadlineMs }),
      ...(credit === null ? {} : { credit }),
      ...(signal ? { signal } : {}),
      ...{ bytes, priority },
    };
    return ref.with(chosen);
  }

  #read(frame: Sent & { readonly stream: number }, bytes: number): void {
    if (this.#streams.has(frame.stream) || this.#streams.size >= MAX_STREAMS) {
      throw new ProtocolError("a frame with a stream that is one too many");
    }
    const args = frame.args.map((arg) => this.#unpack(arg));
    const ref = this.#ref(frame, bytes);
    const items = callHandler(ref, "stream", frame.handler, args) as AsyncIterator<unknown>;
    this.#streams.set(frame.stream, items);
  }

  /** The next item in a list of its own; nothing at the end. */
  async #pull(id: number, stream: AsyncIterator<unknown>): Promise<unknown> {
    try {
      const { done, value } = await stream.next();
      if (!done) return value === undefined ? [] : [value];
    } catch (error) {
      this.#streams.delete(id);
      throw error;
    }
    this.#streams.delete(id);
    return undefined;
  }

  #begin(request: number, bytes: number, action: (signal: AbortSignal) => unknown): void {
    if (this.#open.has(request)) throw new ProtocolError("a frame that repeats a request's number");
    if (this.#open.size >= MAX_REQUESTS || this.#bytes >= MAX_REQUEST_BYTES + MAX_FRAME_BYTES) {
      throw new ProtocolError(`a frame with one request more than may be open`);
    }
    const controller = new AbortController();
    this.#open.set(request, { controller, bytes });
    this.#bytes += bytes;
    this.#run(request, action, controller.signal);
  }

  /** Closes a request; false when it was closed already. */
  #end(request: number): boolean {
    const open = this.#open.get(request);
    if (!open) return false;
    this.#bytes -= open.bytes;
    return this.#open.delete(request);
  }

  async #run(
    request: number,
    action: (signal: AbortSignal) => unknown,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      const result = await action(signal);
      const packed = this.#pack(result);
      if (this.#end(request)) this.#owner.send(["settled", request, packed]);
    } catch (error) {
      this.#end(request);
      this.#owner.send(["failed", request, toWire(error), builtIn(error)]);
    }
  }

  #listen(listener: number, what: string, args: readonly unknown[]): void {
    if (this.#listeners.has(listener) || this.#listeners.size >= MAX_LISTENERS) {
      throw new ProtocolError("a frame with a listener that is one too many");
    }
    const fired = (values: unknown[], last: boolean) => {
      if (last) this.#listeners.delete(listener);
      return this.#owner.hook(listener, values);
    };
    this.#listeners.set(listener, this.#deeds.listen(what, args, fired));
  }

  #pack(value: unknown): Parcel {
    return pack(value, (ref) => this.#owner.handles.give(ref));
  }

  #unpack(parcel: Parcel): unknown {
    return unpack(parcel, (handle) => this.#owner.handles.get(handle));
  }
}

/** Built-in classes that a caller tells apart keep their class on the way into the box. */
function builtIn(error: unknown): string | null {
  if (error instanceof ActorError || error instanceof ValueError) return null;
  if (error instanceof RangeError) return "RangeError";
  return error instanceof TypeError ? "TypeError" : null;
}
