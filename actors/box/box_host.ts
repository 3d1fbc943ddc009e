import type { ActorContext, MessageInfo } from "../context.ts";
import { isActorDefinition } from "../definition.ts";
import { describe, toWire } from "../errors.ts";
import type { AnyRef, Ref } from "../ref.ts";
import { encodeValue, ValueError } from "../../values/mod.ts";
import { BoxContext, type ContextBox, type InHand } from "./box_context.ts";
import { BoxPort } from "./box_port.ts";
import { BoxRefs } from "./box_refs.ts";
import { MAX_NAME_UNITS, MAX_STACK_UNITS, MAX_WORDS_UNITS } from "./constants.ts";
import type { Parcel } from "./parcel.ts";
import type { Call, Fault, Frame, Kept, StartInfo, ToBox } from "./protocol.ts";

type Handler = (...args: unknown[]) => unknown;

/** Inside of a box: one incarnation of one actor, driven by the frames of its owner. */
export class BoxHost implements ContextBox {
  readonly port: BoxPort;
  readonly refs: BoxRefs;
  readonly context: ActorContext = new BoxContext(this);
  path = "";
  queued = 0;
  inHand: InHand | undefined;
  alive = true;
  readonly #load: (info: StartInfo) => Promise<unknown>;
  readonly #handlers = new Map<string, Handler>();
  readonly #aborts = new Map<number, AbortController>();
  readonly #listeners = new Map<number, (...args: unknown[]) => unknown>();
  readonly #stopHooks: (() => void | Promise<void>)[] = [];
  readonly #endHooks: (() => void)[] = [];
  #self: Ref | undefined;
  #kept: unknown;
  #keep: (() => unknown) | undefined;
  #toldKept: string | undefined;
  #nextListener = 1;

  /**
   * @param send hands a frame to the owner; see {@link BoxPort}
   * @param load loads the agent's module and gives its default export
   */
  constructor(send: (frame: Frame) => number, load: (info: StartInfo) => Promise<unknown>) {
    this.port = new BoxPort(send);
    this.refs = new BoxRefs(this.port);
    this.#load = load;
  }

  get self(): Ref {
    return this.#self ??= this.refs.take(0);
  }

  /** Takes a frame of the owner's, which is trusted. */
  receive(frame: ToBox): void {
    switch (frame[0]) {
      case "start":
        return void this.#start(frame[1]);
      case "call":
        return void this.#call(frame[1], frame[2]);
      case "abort":
        return this.#aborts.get(frame[1])?.abort();
      case "hook":
        return void this.#hook(frame[1], frame[2], frame[3]);
      case "stop":
        return void this.#stop(frame[1]);
      case "settled":
        return this.port.settled(frame[1], this.refs.unpack(frame[2]));
      case "failed":
        return this.port.failed(frame[1], frame[2], frame[3]);
    }
  }

  /** Takes an error that no handler threw: the box has one actor, and it is its. */
  uncaught(error: unknown): void {
    if (!this.alive) return;
    this.port.send(["uncaught", faultOf(error)]);
    this.#end();
  }

  // ---- what the context asks for -----------------------------------------------------------

  kept(): unknown {
    return this.refs.copy(this.#kept, "kept");
  }

  keep(state: () => unknown): void {
    this.#keep = state;
  }

  changed(): Kept {
    if (!this.#keep) return null;
    try {
      const kept = this.refs.pack(this.#keep(), "kept");
      // The encoding and not the value: it is equal exactly for equal values.
      const told = encodeValue(kept, "kept").toBase64();
      if (told === this.#toldKept) return null;
      this.#toldKept = told;
      return kept;
    } catch (error) {
      this.port.send(["report", "(keep)", faultOf(error)]);
      return null;
    }
  }

  onStop(hook: () => void | Promise<void>): void {
    this.#stopHooks.push(hook);
  }

  onEnd(hook: () => void): void {
    this.#endHooks.push(hook);
  }

  listen(listener: (...args: unknown[]) => unknown): number {
    this.#listeners.set(this.#nextListener, listener);
    return this.#nextListener++;
  }

  unlisten(id: number): void {
    this.#listeners.delete(id);
  }

  // ---- what the owner asks for -------------------------------------------------------------

  async #start(info: StartInfo): Promise<void> {
    this.path = info.path;
    this.#kept = this.refs.unpack(info.kept);
    try {
      const definition = await this.#load(info);
      if (!isActorDefinition(definition) || definition.url !== info.url) {
        throw new TypeError(
          `the default export of ${info.url} is no actor definition: give the actor a module of ` +
            `its own with "export default defineActor(import.meta, …)"`,
        );
      }
      const args = info.args.map((arg) => this.refs.unpack(arg));
      this.#setHandlers(await definition.factory(this.context, ...args));
      this.port.send(["ready", [...this.#handlers.keys()], this.changed()]);
    } catch (error) {
      this.port.send(["unstarted", faultOf(error)]);
    }
  }

  #setHandlers(made: unknown): void {
    if (typeof made !== "object" || made === null) {
      throw new TypeError(
        `the factory of ${this.path} returned ${made === null ? "null" : typeof made}: ` +
          `return an object of handlers, { name(…) { … } }`,
      );
    }
    for (const [name, handler] of Object.entries(made)) {
      if (typeof handler !== "function") {
        throw new TypeError(
          `"${name}" of ${this.path} is ${typeof handler}: handlers are functions, state is closure`,
        );
      }
      this.#handlers.set(name, handler.bind(made) as Handler);
    }
  }

  #call(id: number, call: Call): Promise<void> {
    this.queued = call.queued;
    const controller = new AbortController();
    this.#aborts.set(id, controller);
    const handler = this.#handlers.get(call.handler)!;
    const args = call.args.map((arg) => this.refs.unpack(arg));
    const info = this.#infoOf(call, controller.signal);
    return this.#perform({ id, info, isCall: true }, () => handler(...args));
  }

  #hook(id: number, listener: number, args: readonly Parcel[]): Promise<void> {
    const unpacked = args.map((arg) => this.refs.unpack(arg));
    return this.#perform({ id, isCall: false }, () => this.#listeners.get(listener)?.(...unpacked));
  }

  /** Does the one thing that the actor does, and tells how it went and what is kept now. */
  async #perform(
    thing: { readonly id: number; readonly info?: MessageInfo; readonly isCall: boolean },
    action: () => unknown,
  ): Promise<void> {
    const { id, info } = thing;
    this.inHand = info && { id, info, isCall: thing.isCall };
    try {
      const result = await action();
      this.inHand = undefined;
      this.#done(id, thing.isCall ? result : undefined, info?.handler ?? "hook");
    } catch (error) {
      this.inHand = undefined;
      this.port.send(["threw", id, faultOf(error), this.changed()]);
      this.#end(); // a handler that throws has failed its actor
    }
  }

  #done(id: number, result: unknown, handler: string): void {
    try {
      this.port.send(["done", id, this.refs.pack(result, `result of ${handler}`), this.changed()]);
    } catch (error) {
      if (!(error instanceof ValueError || error instanceof RangeError)) throw error;
      this.port.send(["invalid", id, toWire(error), null]);
    }
  }

  async #stop(id: number): Promise<void> {
    const failures: unknown[] = [];
    for (const hook of this.#stopHooks.reverse()) {
      try {
        await hook();
      } catch (error) {
        failures.push(error);
      }
    }
    for (const failure of failures) this.port.send(["report", "(onStop)", faultOf(failure)]);
    const kept = this.changed();
    this.#end();
    this.port.send(["done", id, [], kept]);
  }

  /** The incarnation is over, but for what its owner does with its process. */
  #end(): void {
    this.alive = false;
    for (const hook of this.#endHooks.splice(0)) {
      try {
        hook();
      } catch (error) {
        this.port.send(["report", "(onEnd)", faultOf(error)]);
      }
    }
  }

  #infoOf(call: Call, signal: AbortSignal): MessageInfo {
    const arrived = performance.now();
    const { handler, caller, sender, remainingMs } = call;
    const from: AnyRef | undefined = sender === null ? undefined : this.refs.take(sender);
    return {
      ...{ handler, signal, sender: from, caller: caller ?? undefined },
      get remainingMs() {
        return remainingMs === null ? Infinity : remainingMs - (performance.now() - arrived);
      },
    };
  }
}

/** An error as it leaves the box. */
export function faultOf(error: unknown): Fault {
  const wire = toWire(error);
  const name = error instanceof Error ? String(error.name) : typeof error;
  const stack = error instanceof Error ? String(error.stack ?? "") : describe(error);
  return {
    name: cut(name, MAX_NAME_UNITS),
    stack: cut(stack, MAX_STACK_UNITS),
    wire: { ...wire, message: cut(wire.message, MAX_WORDS_UNITS) },
  };
}

function cut(text: string, units: number): string {
  return (text.length > units ? `${text.slice(0, units - 1)}…` : text).toWellFormed();
}
