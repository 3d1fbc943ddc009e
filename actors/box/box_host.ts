import type { ActorContext, MessageInfo } from "../context.ts";
import { isActorDefinition } from "../definition.ts";
import type { AnyRef, Ref } from "../ref.ts";
import { encodeValue, ValueError } from "../../values/mod.ts";
import { BoxContext, type ContextBox, type InHand, type Listener } from "./box_context.ts";
import { BoxPort } from "./box_port.ts";
import { BoxRefs } from "./box_refs.ts";
import { MAX_HANDLERS, MAX_LISTENERS, MAX_NAME_UNITS } from "./constants.ts";
import { faultOf, wireOf } from "./faults.ts";
import type { Parcel } from "./parcel.ts";
import { type Call, EXITS, type Frame, type StartInfo, type ToBox } from "./protocol.ts";

/** Names that an own property may have without being a handler that can be called. */
const UNCALLABLE: readonly string[] = ["then", "constructor", "__proto__"];

type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>;
type Handler = (...args: unknown[]) => unknown;

/** Inside of a box: one incarnation of one actor, driven by the frames of its owner. */
export class BoxHost implements ContextBox {
  readonly port: BoxPort;
  readonly refs: BoxRefs;
  readonly context: ActorContext = new BoxContext(this);
  path = "";
  reach: readonly string[] = [];
  queued = 0;
  inHand: InHand | undefined;
  alive = true;
  readonly #load: (info: StartInfo) => Promise<unknown>;
  readonly #handlers = new Map<string, Handler>();
  readonly #aborts = new Map<number, AbortController>();
  readonly #listeners = new Map<number, Listener>();
  readonly #streams = new Map<number, { stream: AnyIterator; info: MessageInfo }>();
  readonly #stopHooks: (() => void | Promise<void>)[] = [];
  readonly #endHooks: (() => void)[] = [];
  #self: Ref | undefined;
  #kept: unknown;
  #keep: (() => unknown) | undefined;
  #toldKept: string | undefined;
  /** Why what is to be kept at this moment is not: it matters when the incarnation ends. */
  #notKept: { readonly error: unknown } | undefined;
  #nextListener = EXITS + 1;

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
      case "next":
      case "leave":
        return void this.#step(frame[0], frame[1], frame[2]);
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

  tellKept(): { readonly error: unknown } | undefined {
    if (!this.#keep) return undefined;
    try {
      const state = this.refs.pack(this.#keep(), "kept");
      // The encoding and not the value: it is equal exactly for equal values.
      const told = encodeValue(state, "kept").toBase64();
      this.#notKept = undefined;
      if (told !== this.#toldKept) this.port.send(["kept", state]);
      this.#toldKept = told;
    } catch (error) {
      this.#notKept = { error };
    }
    return this.#notKept;
  }

  onStop(hook: () => void | Promise<void>): void {
    this.#stopHooks.push(hook);
  }

  onEnd(hook: () => void): void {
    this.#endHooks.push(hook);
  }

  settledDeferred(id: number): void {
    this.#aborts.delete(id);
  }

  listen(listener: Listener): number {
    if (this.#listeners.size >= MAX_LISTENERS) {
      throw new RangeError(`${this.path} has ${MAX_LISTENERS} listeners: give some of them up`);
    }
    this.#listeners.set(this.#nextListener, listener);
    return this.#nextListener++;
  }

  listenAs(id: number, listener: Listener | undefined): void {
    if (listener) this.#listeners.set(id, listener);
    else this.#listeners.delete(id);
  }

  // ---- what the owner asks for -------------------------------------------------------------

  async #start(info: StartInfo): Promise<void> {
    this.path = info.path;
    this.reach = info.reach;
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
      const made = definition.factory(this.context, ...args);
      // An object with a handler "then" is no promise: it is refused, and not waited for.
      this.#setHandlers(made instanceof Promise ? await made : made);
      this.tellKept();
      this.port.send(["ready", [...this.#handlers.keys()]]);
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
    const entries = Object.entries(made);
    if (entries.length > MAX_HANDLERS) {
      throw new RangeError(`${this.path} has ${entries.length} handlers: ${MAX_HANDLERS} at most`);
    }
    for (const [name, handler] of entries) {
      if (UNCALLABLE.includes(name)) {
        throw new TypeError(`${this.path} has a handler "${name}": choose another name`);
      }
      if (name.length > MAX_NAME_UNITS) {
        const shown = `${name.slice(0, 40)}…`;
        throw new RangeError(`"${shown}" has ${name.length} characters: ${MAX_NAME_UNITS} at most`);
      }
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
    this.inHand = { id, info, deferred: false, refused: false };
    const done = call.streamed
      ? (result: unknown) => this.#answerReader(id, result, info, controller)
      : undefined;
    return this.#perform(id, call.handler, () => handler(...args), done);
  }

  #hook(id: number, listener: number, args: readonly Parcel[]): Promise<void> {
    const unpacked = args.map((arg) => this.refs.unpack(arg));
    return this.#perform(id, "(hook)", async () => {
      await this.#listeners.get(listener)?.(...unpacked);
    });
  }

  /** Does the one thing that the actor does, and tells what is kept then and how it went. */
  async #perform(
    id: number,
    handler: string,
    action: () => unknown,
    done: (result: unknown) => unknown = (result) =>
      this.#answer("done", id, result, `result of ${handler}`),
  ): Promise<void> {
    try {
      const result = await action();
      this.#over(id);
      await done(result);
    } catch (error) {
      this.#over(id);
      this.#reportNotKept();
      this.port.send(["threw", id, faultOf(error)]);
      this.#end(); // a handler that throws has failed its actor
    }
  }

  /** Answers with a value; false, and with an error, when that is none or too large. */
  #answer(op: "done" | "item", id: number, value: unknown, at: string): boolean {
    try {
      this.port.send([op, id, this.refs.pack(value, at)]);
      return true;
    } catch (error) {
      if (!(error instanceof ValueError || error instanceof RangeError)) throw error;
      this.port.send(["invalid", id, wireOf(error)]);
      return false;
    }
  }

  /** Answers a reader: with the first word that there is a stream, its items come later. */
  #answerReader(id: number, result: unknown, info: MessageInfo, abort: AbortController): void {
    const stream = streamOver(result);
    if (!stream) return void this.#answer("done", id, result, `result of ${info.handler}`);
    this.#streams.set(id, { stream, info });
    this.#aborts.set(id, abort);
    this.port.send(["streams", id]);
  }

  /** Takes the next item of a stream that a handler answered with, or ends it. */
  #step(op: "next" | "leave", id: number, of: number): Promise<void> {
    const { stream, info } = this.#streams.get(of) ?? {};
    this.inHand = info && { id, info, deferred: false, refused: false };
    let item: IteratorResult<unknown> | undefined;
    const action = async () => {
      item = await (op === "next" ? stream?.next() : stream?.return?.());
    };
    return this.#perform(id, info?.handler ?? "(stream)", action, () => {
      const given = op === "next" && item && !item.done;
      if (given && this.#answer("item", id, item!.value, `item of ${info!.handler}`)) return;
      this.#streams.delete(of);
      this.#aborts.delete(of);
      if (given) return stream?.return?.(); // what it gave was no value: its reader is told
      this.port.send(["done", id, []]);
    });
  }

  #over(id: number): void {
    if (!this.inHand?.deferred) this.#aborts.delete(id);
    this.inHand = undefined;
    this.tellKept();
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
    this.tellKept();
    this.#reportNotKept();
    this.#runEndHooks(); // it lives on until its owner has saved what it keeps
    await Promise.resolve(); // for what an async hook rejects with at once
    this.port.send(["done", id, []]);
  }

  #reportNotKept(): void {
    if (this.#notKept) this.port.send(["report", "(keep)", faultOf(this.#notKept.error)]);
  }

  /** The incarnation is over, but for what its owner does with its process. */
  #end(): void {
    this.alive = false;
    this.#runEndHooks();
  }

  #runEndHooks(): void {
    const failed = (error: unknown) => this.port.send(["report", "(onEnd)", faultOf(error)]);
    for (const hook of this.#endHooks.splice(0)) {
      try {
        // One that is async is not waited for; that it rejects must not fail what has ended.
        const done: unknown = hook();
        if (done instanceof Promise) done.catch(failed);
      } catch (error) {
        failed(error);
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

/** The iterator over what a handler answers a reader with; arrays pass as values. */
function streamOver(result: unknown): AnyIterator | undefined {
  if (typeof result !== "object" || result === null || Array.isArray(result)) return undefined;
  const source = result as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
  return source[Symbol.asyncIterator]?.() ?? source[Symbol.iterator]?.();
}
