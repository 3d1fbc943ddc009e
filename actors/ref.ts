import { REF, type RefAddress } from "../values/mod.ts";
import type { CallOptions } from "./context.ts";
import type { Handlers } from "./definition.ts";
import { AskLane, SendLane, StreamLane, TellLane } from "./lanes.ts";

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

/** The handlers of `H` that answer with a stream, called for its items. */
export type Stream<H> = {
  readonly [K in keyof H]: H[K] extends Fn
    ? (...args: Parameters<H[K]>) => AsyncIterableIterator<ItemOf<Awaited<ReturnType<H[K]>>>>
    : never;
};

type ItemOf<R> = R extends AsyncIterable<infer T> ? T : R extends Iterable<infer T> ? T : never;

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
  /**
   * Reads the items of a handler that is a generator, or returns an iterable. Items are taken from
   * it one by one between the actor's other messages, as many ahead as there is `credit`. Leaving
   * the loop ends the generator. `deadlineMs` is how long each item may take to come.
   */
  readonly stream: Stream<H>;
  /** The same ref with options for what is sent through it. */
  with(options: RefOptions): Ref<H>;
  readonly [REF]: RefAddress;
}

/** A ref of which only the identity matters. */
export interface AnyRef {
  readonly [REF]: RefAddress;
}

/** Options that a ref adds to what is sent through it. */
export interface RefOptions extends CallOptions {
  /** Whether messages go before those in the mailbox that have no priority; false unless named. */
  readonly priority?: boolean;
  /**
   * Buffers that are given away: byte arrays on them are handed over in place of being copied, and
   * the sender's own are detached.
   */
  readonly transfer?: readonly ArrayBufferLike[];
  /** Items of a stream that may be on their way unread; 32 unless named. */
  readonly credit?: number;
  /** The node id on whose behalf the message is sent; for the node's own actors. */
  readonly caller?: string;
  /**
   * Bytes that the message counts for in the target's mailbox, which holds 16 MiB of such messages;
   * for the node's own actors, which pass on what others sent.
   */
  readonly bytes?: number;
}

/** Where a ref's messages go: the kernel for actors of this node, the mesh for others. */
export interface Target {
  readonly address: RefAddress;
  /** What people see of a ref that names no slot of this node. */
  readonly label?: string;
  tell(handler: string, args: unknown[], options: RefOptions): void;
  send(handler: string, args: unknown[], options: RefOptions): Promise<void>;
  ask(handler: string, args: unknown[], options: RefOptions): Promise<unknown>;
  stream(
    handler: string,
    args: unknown[],
    options: RefOptions,
  ): AsyncIterableIterator<unknown>;
}

/** The options of a ref that has none. */
export const NO_OPTIONS: RefOptions = Object.freeze({});

/** Makes the typed ref over a target. */
export function makeRef<H>(target: Target, options: RefOptions = NO_OPTIONS): Ref<H> {
  return new TargetRef<H>(target, options);
}

class TargetRef<H> implements Ref<H> {
  readonly #target: Target;
  readonly #options: RefOptions;
  #tell: Tell<H> | undefined = undefined;
  #send: Send<H> | undefined = undefined;
  #ask: Ask<H> | undefined = undefined;
  #stream: Stream<H> | undefined = undefined;

  constructor(target: Target, options: RefOptions) {
    this.#target = target;
    this.#options = options;
  }

  get tell(): Tell<H> {
    return this.#tell ??= new TellLane(this.#target, this.#options) as unknown as Tell<H>;
  }

  get send(): Send<H> {
    return this.#send ??= new SendLane(this.#target, this.#options) as unknown as Send<H>;
  }

  get ask(): Ask<H> {
    return this.#ask ??= new AskLane(this.#target, this.#options) as unknown as Ask<H>;
  }

  get stream(): Stream<H> {
    return this.#stream ??= new StreamLane(this.#target, this.#options) as unknown as Stream<H>;
  }

  with(options: RefOptions): Ref<H> {
    return new TargetRef<H>(this.#target, { ...this.#options, ...options });
  }

  /** Sends to a handler whose name is known at run time only; see {@link callHandler}. */
  static call(ref: Ref<never>, way: Way, handler: string, args: unknown[]): unknown {
    if (!(#target in ref)) throw new TypeError("callHandler got no ref of the runtime's making");
    const own = ref as unknown as TargetRef<never>;
    return own.#target[way](handler, args, own.#options);
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

/** How a handler is called through a ref. */
export type Way = "tell" | "send" | "ask" | "stream";

/**
 * Calls a handler by a name that somebody else chose: `ref.ask[name](…)` would keep a method for it,
 * and there is no end to the names that a peer may try.
 *
 * @param args taken over
 * @returns what the lane returns: nothing, a promise, or a stream
 */
export function callHandler(ref: AnyRef, way: Way, handler: string, args: unknown[]): unknown {
  return TargetRef.call(ref as Ref<never>, way, handler, args);
}

/** Whether two refs name the same slot. */
export function sameRef(a: AnyRef, b: AnyRef): boolean {
  const x = a[REF], y = b[REF];
  return x.shard === y.shard && x.slot === y.slot && x.node === y.node && sameRun(x, y);
}

/** Actors of the runtime itself have an address in every run. */
function sameRun(x: RefAddress, y: RefAddress): boolean {
  return x.run === undefined || y.run === undefined || x.run === y.run;
}

/** A string that is equal for refs to the same slot: a key for maps. */
export function refKey(ref: AnyRef): string {
  const { run, node, shard, slot } = ref[REF];
  const place = node === undefined ? `${shard}.${slot}` : `${node}/${shard}.${slot}`;
  return run === undefined ? place : `${place}@${run}`;
}
