import type { AnyRef, Ref } from "../ref.ts";
import { MAX_DELAY_MS } from "../constants.ts";
import type { Subscribing } from "../bus.ts";
import type { ActorContext, CallOptions, DeferredReply, Down, MessageInfo } from "../context.ts";
import type { HandlersOf } from "../definition.ts";
import { ActorError, EndedError, toWire } from "../errors.ts";
import type { ExitReason } from "../exit_reason.ts";
import type { BoxPort } from "./box_port.ts";
import type { BoxRefs } from "./box_refs.ts";
import type { Kept } from "./protocol.ts";

/** The message in hand, as the context needs to know it. */
export interface InHand {
  readonly id: number;
  readonly info: MessageInfo;
  readonly isCall: boolean;
}

/** What a context needs of the box that it is in. */
export interface ContextBox {
  readonly port: BoxPort;
  readonly refs: BoxRefs;
  readonly self: Ref;
  readonly path: string;
  readonly queued: number;
  readonly inHand: InHand | undefined;
  /** Whether the incarnation lives; after its end the context does nothing. */
  readonly alive: boolean;
  /** A fresh copy of what the last incarnation kept. */
  kept(): unknown;
  keep(state: () => unknown): void;
  /** What is kept at this moment, if that has changed since it was told last. */
  changed(): Kept;
  onStop(hook: () => void | Promise<void>): void;
  onEnd(hook: () => void): void;
  listen(listener: (...args: unknown[]) => unknown): number;
  unlisten(id: number): void;
}

const INERT: Disposable = { [Symbol.dispose]() {} };

/** The context of an actor in a box: what leaves the box is forwarded, and done by its owner. */
export class BoxContext implements ActorContext {
  readonly #box: ContextBox;

  constructor(box: ContextBox) {
    this.#box = box;
  }

  get self(): AnyRef {
    return this.#box.self;
  }

  get path(): string {
    return this.#box.path;
  }

  get queued(): number {
    return this.#box.queued;
  }

  get message(): MessageInfo | undefined {
    return this.#box.inHand?.info;
  }

  keep(state: () => unknown): void {
    this.#box.keep(state);
  }

  kept<T>(): T | undefined {
    return this.#box.kept() as T | undefined;
  }

  save(): Promise<void> {
    return this.#perform("save", []) as Promise<void>;
  }

  term<T>(): T | undefined {
    throw unavailable("term");
  }

  spawn<H>(): Promise<Ref<H>> {
    return Promise.reject(unavailable("spawn"));
  }

  supervise(): void {
    throw unavailable("supervise");
  }

  stopChild(): Promise<void> {
    return Promise.reject(unavailable("stopChild"));
  }

  stop(): void {
    if (this.#box.alive) this.#box.port.send(["stop"]);
  }

  monitor(ref: AnyRef, listener: (down: Down) => void): Disposable {
    const box = this.#box;
    if (!box.alive) return INERT;
    const handle = box.refs.pack(ref, "ref")[1]?.[0]?.[1];
    const id = box.listen((kind, message) => {
      box.unlisten(id);
      return listener({ ref, reason: { kind, message } as ExitReason });
    });
    box.port.send(["listen", id, handle]);
    return {
      [Symbol.dispose]: () => {
        box.unlisten(id);
        box.port.send(["unlisten", id]);
      },
    };
  }

  onStop(hook: () => void | Promise<void>): void {
    this.#box.onStop(hook);
  }

  onEnd(hook: () => void): void {
    this.#box.onEnd(hook);
  }

  lookup<D = unknown>(name: string): Promise<Ref<HandlersOf<D>> | undefined> {
    return this.#perform("lookup", [name]) as Promise<Ref<HandlersOf<D>> | undefined>;
  }

  after(delayMs: number, handler: string, ...args: unknown[]): Disposable {
    if (!(delayMs >= 0 && delayMs <= MAX_DELAY_MS)) {
      throw new RangeError(`delayMs is ${delayMs}: give 0 to ${MAX_DELAY_MS} ms`);
    }
    const { refs } = this.#box;
    // Copied now: what the agent does to its arguments later is not sent.
    const copies = args.map((arg, i) => refs.copy(arg, `args[${i}]`));
    if (!this.#box.alive) return INERT;
    // Through the mailbox, like any other message.
    const id = setTimeout(() => {
      if (this.#box.alive) this.#box.self.tell[handler]?.(...copies as never[]);
    }, delayMs);
    return { [Symbol.dispose]: () => clearTimeout(id) };
  }

  deferReply(): DeferredReply {
    const { port, refs, inHand, alive } = this.#box;
    if (!inHand?.isCall || !alive) return { ok() {}, fail() {} };
    const { id, info } = inHand;
    port.send(["defer", id]);
    let owed = true;
    const settle = (frame: () => readonly [string, ...unknown[]]) => {
      if (!owed) return;
      owed = false;
      port.send(frame());
    };
    return {
      ok(value?: unknown): void {
        settle(() => {
          try {
            return ["reply", id, refs.pack(value, `result of ${info.handler}`)];
          } catch (error) {
            return ["fail", id, toWire(error)];
          }
        });
      },
      fail: (error: unknown) => settle(() => ["fail", id, toWire(error)]),
    };
  }

  refuse(error: unknown): void {
    const { port, inHand, alive } = this.#box;
    if (inHand?.isCall && alive) port.send(["refuse", inHand.id, toWire(error)]);
  }

  publish(topic: string, payload: unknown): Promise<void> {
    return this.#perform("publish", [topic, payload], ["topic", "payload"]) as Promise<void>;
  }

  subscribe(pattern: string, handler: string, options: Subscribing = {}): Promise<void> {
    return this.#perform("subscribe", [pattern, handler, options]) as Promise<void>;
  }

  serve(procedure: string, handler: string): Promise<void> {
    return this.#perform("serve", [procedure, handler]) as Promise<void>;
  }

  call(
    procedure: string,
    args: readonly unknown[] = [],
    { deadlineMs, signal }: CallOptions = {},
  ): Promise<unknown> {
    const options = deadlineMs === undefined ? {} : { deadlineMs };
    return this.#perform("call", [procedure, [...args], options], undefined, signal);
  }

  /** Has something done on the owner's own context. */
  #perform(
    what: string,
    args: readonly unknown[],
    names?: readonly string[],
    signal?: AbortSignal,
  ): Promise<unknown> {
    const { port, refs, alive, path } = this.#box;
    if (!alive) return silently(new EndedError(`this incarnation of ${path} has ended`));
    try {
      const packed = args.map((arg, i) => refs.pack(arg, names?.[i] ?? `args[${i}]`));
      const kept = what === "save" ? this.#box.changed() : null;
      return port.request((request) => ["perform", request, what, packed, kept], signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

/** A rejection that dead code need not wait for. */
function silently(error: Error): Promise<never> {
  const refused = Promise.reject(error);
  refused.catch(() => {/* dead code may well not wait for it */});
  return refused;
}

function unavailable(what: string): ActorError {
  return new ActorError(
    "boxed",
    `ctx.${what} is not there in a worker or process of its own: leave it to the actor that ` +
      `spawned this one, and ask that`,
  );
}
