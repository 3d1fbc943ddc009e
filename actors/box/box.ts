import { Context } from "../actor_context.ts";
import type { Clock, TimerId } from "../clock.ts";
import type { ActorContext, DeferredReply } from "../context.ts";
import { ActorError, describe, fromWire } from "../errors.ts";
import { type ExitKind, type ExitReason, exitReason } from "../exit_reason.ts";
import { STREAM } from "../message.ts";
import type { AnyRef } from "../ref.ts";
import type { Carrier, CarrierEvents } from "./carrier.ts";
import { MAX_DEFERRED, MAX_REPORTS, READY_MS } from "./constants.ts";
import { ProtocolError } from "./fields.ts";
import { HandleTable } from "./handles.ts";
import { pack, type Parcel, unpack } from "./parcel.ts";
import { type Fault, type FromBox, parseFromBox, type StartInfo, type ToBox } from "./protocol.ts";
import type { Reach } from "./reach.ts";
import { Requests } from "./requests.ts";
import { printable } from "./printable.ts";

/** What a box needs of the runtime beside the context of its incarnation. */
export interface BoxInside {
  readonly clock: Clock;
  /** Fails the incarnation of `ctx` at once, whatever it is doing. */
  fail(ctx: ActorContext, reason: ExitReason, error: unknown): void;
  /** Reports an error that fails nobody: of a hook, or of what was to be kept. */
  report(ctx: ActorContext, handler: string, error: unknown): void;
  /** A box is being cleared away: the system has not stopped before that is done. */
  closing(done: Promise<void>): void;
}

/** Starts a carrier that tells `events`. */
export type Launch = (events: CarrierEvents) => Carrier;

type Handler = (...args: unknown[]) => Promise<unknown>;
type ItemOf = { readonly value: unknown };
type Settle = { resolve(value: unknown): void; reject(error: unknown): void };

/**
 * The owner's half of a box, for one incarnation: it forwards messages and hooks one at a time, does
 * on the actor's own context what the box asks for, and takes every frame for hostile.
 */
export class Box {
  readonly #ctx: ActorContext;
  readonly #inside: BoxInside;
  readonly #lostKind: ExitKind;
  readonly #handles = new HandleTable<AnyRef>();
  readonly #requests: Requests;
  readonly #carrier: Carrier;
  readonly #started = Promise.withResolvers<readonly string[]>();
  /** Messages and hooks that were forwarded and not answered; nearly always one. */
  readonly #forwarded = new Map<number, Settle>();
  readonly #deferred = new Map<number, DeferredReply>();
  #nextId = 1;
  #reports = 0;
  #keeps = false;
  #kept: unknown;
  #running = false;
  #failure: Error | undefined;
  #over = false;
  /** Ends a box that is not ready in time. */
  #late: TimerId | undefined;
  /** The handler that the box has in hand. */
  #handling: string | undefined;

  readonly #reach: readonly Reach[];

  /**
   * @param reach what of its node the actor may use
   * @param lostKind how an incarnation ends whose box is gone
   */
  constructor(
    ctx: ActorContext,
    inside: BoxInside,
    reach: readonly Reach[],
    lostKind: ExitKind,
    launch: Launch,
  ) {
    this.#ctx = ctx;
    this.#reach = reach;
    this.#inside = inside;
    this.#lostKind = lostKind;
    this.#started.promise.catch(() => {/* start() waits for it, unless the actor ended before */});
    this.#requests = new Requests(ctx, {
      handles: this.#handles,
      reach,
      send: (frame) => this.#send(frame),
      hook: (listener, args) => this.#hook(listener, args),
    });
    this.#carrier = launch({
      frame: (frame, bytes) => this.#receive(frame, bytes),
      lost: (what, killed) => this.#lost(what, killed),
    });
    ctx.onEnd(() => this.#close());
  }

  /** Starts the agent in it; settles with the handlers, each of which forwards its message. */
  async start(info: Omit<StartInfo, "args" | "kept" | "reach">, args: unknown[]): Promise<unknown> {
    this.#handles.give(this.#ctx.self as AnyRef); // handle 0
    const packed = args.map((arg) => this.#pack(arg));
    this.#send(["start", {
      ...{ ...info, args: packed, reach: this.#reach },
      kept: this.#pack(this.#ctx.kept()),
    }]);
    // It may answer pings, and yet never come to its end.
    this.#late = this.#inside.clock.setTimer(
      () => this.#lost(`was not ready within ${READY_MS} ms`, true),
      READY_MS,
    );
    const names = await this.#started.promise.finally(() => this.#inTime());
    if (this.#failure) throw this.#failure; // it was ready, and lost before anybody could notice
    this.#running = true;
    this.#ctx.onStop(() => this.#forward((id) => ["stop", id]) as Promise<void>);
    const handlers: Record<string, Handler> = Object.create(null);
    if (names.includes("then")) {
      throw new TypeError(`${this.#ctx.path} has a handler "then": choose another name`);
    }
    for (const name of names) handlers[name] = (...given) => this.#call(name, given);
    return handlers;
  }

  // ---- into the box ------------------------------------------------------------------------

  async #call(handler: string, args: unknown[]): Promise<unknown> {
    const { message } = this.#ctx;
    const asked = message !== undefined && message.remainingMs !== Infinity;
    this.#handling = handler;
    try {
      const call = {
        ...{ handler, args: args.map((arg) => this.#pack(arg)), queued: this.#ctx.queued },
        sender: message?.sender ? this.#handles.give(message.sender) : null,
        caller: message?.caller ?? null,
        remainingMs: asked ? message.remainingMs : null,
        streamed: Context.incarnationOf(this.#ctx).current?.kind === STREAM,
      };
      return await this.#forward((id) => {
        if (asked || call.streamed) this.#watchAbort(id);
        return ["call", id, call];
      });
    } catch (error) {
      // What the carrier cannot carry is the sender's fault.
      if (!(error instanceof RangeError) || this.#over) throw error;
      this.#ctx.refuse(error);
      return undefined;
    } finally {
      this.#handling = undefined;
    }
  }

  /** Tells the box when who waits for the message in hand gives up. */
  #watchAbort(id: number): void {
    const signal = this.#ctx.message?.signal;
    signal?.addEventListener("abort", () => this.#send(["abort", id]), { once: true });
  }

  #hook(listener: number, args: unknown[]): Promise<unknown> {
    return this.#forward((id) => ["hook", id, listener, args.map((arg) => this.#pack(arg))]);
  }

  #forward(frame: (id: number) => ToBox): Promise<unknown> {
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const built = frame(id);
    if (this.#over) return promise; // the incarnation has ended: nobody waits
    this.#carrier.send(built);
    this.#forwarded.set(id, { resolve, reject });
    return promise;
  }

  #send(frame: ToBox): void {
    if (!this.#over) this.#carrier.send(frame);
  }

  #pack(value: unknown): Parcel {
    return pack(value, (ref) => this.#handles.give(ref));
  }

  #unpack(parcel: Parcel): unknown {
    return unpack(parcel, (handle) => this.#handles.get(handle));
  }

  // ---- out of the box ----------------------------------------------------------------------

  #receive(frame: unknown, bytes: number): void {
    if (this.#over) return;
    const parsed = parseFromBox(frame);
    try {
      if (!this.#requests.receive(parsed, bytes)) this.#take(parsed);
    } catch (error) {
      if (!(error instanceof ActorError)) throw error;
      // What would have been thrown at the actor, had it been here: a link to nobody's name, say.
      this.#fail(exitReason("error", describe(error)), error);
    }
  }

  #take(frame: FromBox): void {
    switch (frame.op) {
      case "ready":
        return this.#started.resolve(frame.handlers);
      case "unstarted":
        return this.#started.reject(errorOf(frame.fault));
      case "done":
        return this.#answered(frame.id).resolve(this.#unpack(frame.result));
      case "threw":
        return this.#answered(frame.id).reject(errorOf(frame.fault));
      case "invalid": {
        const forwarded = this.#answered(frame.id);
        // The asker's error alone: a result outside of the domain does not fail its actor.
        this.#ctx.deferReply().fail(fromWire(frame.error));
        return forwarded.resolve(undefined);
      }
      case "streams":
        return this.#answered(frame.id).resolve(this.#streamOf(frame.id));
      case "item":
        return this.#answered(frame.id).resolve({ value: this.#unpack(frame.value) });
      case "kept":
        this.#kept = this.#unpack(frame.state);
        if (!this.#keeps) this.#ctx.keep(() => this.#kept);
        this.#keeps = true;
        return;
      case "defer":
        if (!this.#forwarded.has(frame.id) || this.#deferred.size >= MAX_DEFERRED) {
          throw new ProtocolError("a frame that defers what it cannot defer");
        }
        if (!this.#deferred.has(frame.id)) this.#deferred.set(frame.id, this.#ctx.deferReply());
        return;
      case "reply": {
        const result = this.#unpack(frame.result);
        return this.#takeDeferred(frame.id).ok(result);
      }
      case "fail":
        return this.#takeDeferred(frame.id).fail(fromWire(frame.error));
      case "refuse":
        if (!this.#forwarded.has(frame.id)) {
          throw new ProtocolError("a frame that refuses what is not in hand");
        }
        return this.#ctx.refuse(fromWire(frame.error));
      case "uncaught": {
        const error = errorOf(frame.fault);
        return this.#fail(exitReason("error", describe(error)), error);
      }
      case "report":
        if (this.#reports++ < MAX_REPORTS) {
          this.#inside.report(this.#ctx, frame.where, errorOf(frame.fault));
        }
        return;
    }
  }

  /** A stream that the box answers with: its items are taken one by one, as the slot has turns. */
  #streamOf(stream: number): AsyncIterator<unknown> & AsyncIterable<unknown> {
    const step = async (op: "next" | "leave"): Promise<IteratorResult<unknown>> => {
      this.#watchAbort(stream);
      const item = await this.#forward((id) => [op, id, stream]) as ItemOf | undefined;
      return item ? { done: false, value: item.value } : { done: true, value: undefined };
    };
    return {
      next: () => step("next"),
      return: () => step("leave"),
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  #answered(id: number): Settle {
    const forwarded = this.#forwarded.get(id);
    if (!forwarded) throw new ProtocolError("a frame that answers what was not asked");
    this.#forwarded.delete(id);
    return forwarded;
  }

  #takeDeferred(id: number): DeferredReply {
    const reply = this.#deferred.get(id);
    if (!reply) throw new ProtocolError("a frame that replies to what was not deferred");
    this.#deferred.delete(id);
    return reply;
  }

  // ---- the end -----------------------------------------------------------------------------

  #lost(what: string, killed: boolean): void {
    const doing = this.#handling === undefined ? "" : ` while handling "${this.#handling}"`;
    const text = `${this.#ctx.path} ${what}${doing}${killed ? " and was killed" : ""}`;
    this.#fail(exitReason(this.#lostKind, text), new ActorError(this.#lostKind, text));
  }

  #fail(reason: ExitReason, error: Error): void {
    if (this.#over) return;
    this.#failure = error;
    if (this.#running) this.#inside.fail(this.#ctx, reason, error);
    else this.#started.reject(error); // the start fails, and with it the incarnation
    this.#close();
  }

  #inTime(): void {
    if (this.#late !== undefined) this.#inside.clock.clearTimer(this.#late);
    this.#late = undefined;
  }

  #close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#inTime(); // an actor that ends while it starts is waited for by nobody
    this.#carrier.kill();
    this.#inside.closing(this.#carrier.closed);
    this.#requests.close();
  }
}

/** The error that the actor's supervisor and reports see: of the name, words and stack it had inside. */
function errorOf(fault: Fault): Error {
  const error = new Error(printable(fault.wire.message));
  error.name = printable(fault.name);
  error.stack = printable(fault.stack);
  return error;
}
