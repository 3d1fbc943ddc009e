import { REF, type RefAddress } from "../values/mod.ts";
import type { CallOptions } from "./context.ts";
import type { Handlers } from "./definition.ts";

type Fn = (...args: never[]) => unknown;

/** The handlers of `H`, called without waiting: no result, and no failure that the caller sees. */
export type Tell<H> = {
  readonly [K in keyof H]: H[K] extends Fn ? (...args: Parameters<H[K]>) => void : never;
};

/** The handlers of `H`, called until the message is in the target's mailbox. */
export type Send<H> = {
  readonly [K in keyof H]: H[K] extends Fn ? (...args: Parameters<H[K]>) => Promise<void> : never;
};

/** The handlers of `H`, called for their reply. */
export type Ask<H> = {
  readonly [K in keyof H]: H[K] extends Fn
    ? (...args: Parameters<H[K]>) => Promise<Awaited<ReturnType<H[K]>>>
    : never;
};

/**
 * A ref to an actor's slot: a small value that can be sent to other actors and stays valid across
 * restarts.
 */
export interface Ref<H = Handlers> {
  /** Fire and forget. Throws only a `ValueError`, for an argument outside the domain of values. */
  readonly tell: Tell<H>;
  /** Settles when the message is in the mailbox; rejects when it cannot get there. */
  readonly send: Send<H>;
  /** Settles exactly once: the reply, the handler's error, the deadline, or the target's end. */
  readonly ask: Ask<H>;
  /** The same ref with options for its asks. */
  with(options: RefOptions): Ref<H>;
  readonly [REF]: RefAddress;
}

/** A ref of which only the identity matters. */
export interface AnyRef {
  readonly [REF]: RefAddress;
}

/** Options that a ref adds to what is sent through it. */
export interface RefOptions extends CallOptions {
  /** The node id on whose behalf the message is sent; for the node's own actors. */
  readonly caller?: string;
}

/** Where a ref's messages go: the kernel for actors of this node, the mesh for others. */
export interface Target {
  readonly address: RefAddress;
  /** What people see of a ref that names no slot of this node. */
  readonly label?: string;
  tell(handler: string, args: unknown[], options: RefOptions): void;
  send(handler: string, args: unknown[], options: RefOptions): Promise<void>;
  ask(handler: string, args: unknown[], options: RefOptions): Promise<unknown>;
}

const NO_OPTIONS: RefOptions = {};

/** Makes the typed ref over a target. */
export function makeRef<H>(target: Target, options: RefOptions = NO_OPTIONS): Ref<H> {
  return new TargetRef<H>(target, options);
}

class TargetRef<H> implements Ref<H> {
  readonly #target: Target;
  readonly #options: RefOptions;
  #tell: Tell<H> | undefined;
  #send: Send<H> | undefined;
  #ask: Ask<H> | undefined;

  constructor(target: Target, options: RefOptions) {
    this.#target = target;
    this.#options = options;
  }

  get tell(): Tell<H> {
    return this.#tell ??= lane((handler) => (...args: unknown[]) =>
      this.#target.tell(handler, args, this.#options)
    ) as Tell<H>;
  }

  get send(): Send<H> {
    return this.#send ??= lane((handler) => (...args: unknown[]) =>
      this.#target.send(handler, args, this.#options)
    ) as Send<H>;
  }

  get ask(): Ask<H> {
    return this.#ask ??= lane((handler) => (...args: unknown[]) =>
      this.#target.ask(handler, args, this.#options)
    ) as Ask<H>;
  }

  with(options: RefOptions): Ref<H> {
    return new TargetRef<H>(this.#target, { ...this.#options, ...options });
  }

  get [REF](): RefAddress {
    return this.#target.address;
  }

  toString(): string {
    if (this.#target.label !== undefined) return `ref ${this.#target.label}`;
    const { node, shard, slot } = this.#target.address;
    return node === undefined ? `ref ${shard}.${slot}` : `ref ${node}/${shard}.${slot}`;
  }

  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }
}

/**
 * An object whose every string property is a function made by `make`, once per name. `then` is
 * none, so that a lane that is awaited by mistake is not taken for a promise.
 */
function lane(make: (handler: string) => (...args: unknown[]) => unknown): unknown {
  const made = new Map<string, unknown>();
  return new Proxy(Object.freeze(Object.create(null)), {
    get(_target, handler) {
      if (typeof handler !== "string" || handler === "then") return undefined;
      let fn = made.get(handler);
      if (!fn) made.set(handler, fn = make(handler));
      return fn;
    },
  });
}

/** Whether two refs name the same slot. */
export function sameRef(a: AnyRef, b: AnyRef): boolean {
  const x = a[REF], y = b[REF];
  return x.shard === y.shard && x.slot === y.slot && x.node === y.node;
}

/** A string that is equal for refs to the same slot: a key for maps. */
export function refKey(ref: AnyRef): string {
  const { node, shard, slot } = ref[REF];
  return node === undefined ? `${shard}.${slot}` : `${node}/${shard}.${slot}`;
}
