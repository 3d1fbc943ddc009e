import type { ActorContext } from "../context.ts";
import { ActorError, toWire } from "../errors.ts";
import type { AnyRef, Ref, RefOptions } from "../ref.ts";
import { ValueError } from "../../values/mod.ts";
import type { Subscribing } from "../bus.ts";
import {
  MAX_FRAME_BYTES,
  MAX_LISTENERS,
  MAX_REQUEST_BYTES,
  MAX_REQUESTS,
  MAX_SUBSCRIPTIONS,
} from "./constants.ts";
import type { HandleTable } from "./handles.ts";
import { pack, type Parcel, unpack } from "./parcel.ts";
import { type FromBox, type Kept, ProtocolError, type Sent, type ToBox } from "./protocol.ts";

/** What requests need of their box. */
export interface RequestsOwner {
  readonly handles: HandleTable<AnyRef>;
  send(frame: ToBox): void;
  /** Takes what the box keeps at this moment. */
  keep(kept: Kept): void;
  /** Runs a listener of the box' as the one thing that its actor does. */
  hook(listener: number, args: unknown[]): Promise<unknown>;
}

/** A request that is not settled. */
interface Open {
  readonly controller: AbortController;
  readonly bytes: number;
}

type Lane = Record<string, (...args: unknown[]) => unknown>;

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
  /** What was subscribed to and served. */
  readonly #subscribed = new Set<string>();
  readonly #listeners = new Map<number, Disposable>();

  constructor(ctx: ActorContext, owner: RequestsOwner) {
    this.#ctx = ctx;
    this.#owner = owner;
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
        this.#owner.keep(frame.kept);
        this.#begin(frame.request, bytes, (signal) => this.#perform(frame.what, args, signal));
        return true;
      }
      case "cancel":
        this.#open.get(frame.request)?.controller.abort();
        return true;
      case "listen":
        this.#listen(frame.listener, frame.handle);
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
  }

  #tell(frame: Sent, bytes: number): void {
    const args = frame.args.map((arg) => this.#unpack(arg));
    const { tell } = this.#ref(frame, bytes);
    (tell as unknown as Lane)[frame.handler]?.(...args);
  }

  #message(frame: Sent, lane: "send" | "ask", bytes: number): (signal: AbortSignal) => unknown {
    const args = frame.args.map((arg) => this.#unpack(arg));
    return (signal) => {
      const ref = this.#ref(frame, bytes, lane === "ask" ? signal : undefined);
      return (ref[lane] as unknown as Lane)[frame.handler]?.(...args);
    };
  }

  #ref({ handle, options }: Sent, bytes: number, signal?: AbortSignal): Ref {
    const ref = this.#owner.handles.get(handle) as Ref;
    const { deadlineMs } = options;
    const chosen: RefOptions = {
      ...(deadlineMs === null ? {} : { deadlineMs }),
      ...(signal ? { signal } : {}),
      ...{ bytes },
    };
    return ref.with(chosen);
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

  #perform(what: string, args: unknown[], signal: AbortSignal): unknown {
    const ctx = this.#ctx;
    switch (what) {
      case "publish":
        return ctx.publish(text(args[0]), args[1]);
      case "subscribe":
        this.#count(what, args);
        return ctx.subscribe(text(args[0]), text(args[1]), record(args[2]) as Subscribing);
      case "serve":
        this.#count(what, args);
        return ctx.serve(text(args[0]), text(args[1]));
      case "call": {
        const { deadlineMs } = record(args[2]);
        const options = typeof deadlineMs === "number" ? { deadlineMs, signal } : { signal };
        return ctx.call(text(args[0]), list(args[1]), options);
      }
      case "lookup":
        return ctx.lookup(text(args[0]));
      case "save":
        return ctx.save();
      default:
        throw new TypeError(`a box asked for "${what}", which nobody performs`);
    }
  }

  /** What belongs to the slot outlives the box: it is bounded by itself. */
  #count(what: string, args: readonly unknown[]): void {
    const key = JSON.stringify([what, text(args[0]), text(args[1])]);
    if (this.#subscribed.size >= MAX_SUBSCRIPTIONS && !this.#subscribed.has(key)) {
      throw new RangeError(`an actor in a box subscribes and serves ${MAX_SUBSCRIPTIONS} at most`);
    }
    this.#subscribed.add(key);
  }

  #listen(listener: number, handle: number): void {
    if (this.#listeners.has(listener) || this.#listeners.size >= MAX_LISTENERS) {
      throw new ProtocolError(`a frame with a listener that is one too many`);
    }
    const monitor = this.#ctx.monitor(this.#owner.handles.get(handle), ({ reason }) => {
      this.#listeners.delete(listener);
      return this.#owner.hook(listener, [reason.kind, reason.message]);
    });
    this.#listeners.set(listener, monitor);
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

function text(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("a request out of a box lacks a text");
  return value;
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new TypeError("a request out of a box lacks a list");
  return value;
}

function record(value: unknown): Record<string, unknown> {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null) {
    throw new TypeError("a request out of a box lacks a record");
  }
  return value as Record<string, unknown>;
}
