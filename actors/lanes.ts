/**
 * The lanes of a ref: `ref.tell`, `ref.send`, `ref.ask` and `ref.stream`, on each of which every name
 * is a method that sends to the handler of that name.
 *
 * The methods of all refs are the same, on the prototype of their lane: the first access to a name
 * goes on to a proxy behind it, which makes the method, and from then on it is an ordinary one. A
 * proxy in front of each ref took six times as long, and functions of each ref's own are memory that
 * a thousand refs do not have in the cache.
 *
 * @module
 */
import type { RefOptions, Target } from "./ref.ts";

/** Names that are kept as methods: more than protocols have, fewer than a guesser tries. */
const MAX_METHODS = 512;

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Has every name that an instance is asked for become a method of its class. */
function open(lane: { prototype: object }, methodOf: (handler: string) => Method): void {
  const methods = lane.prototype;
  let count = 0;
  Reflect.deleteProperty(methods, "constructor"); // a name like any other
  Object.setPrototypeOf(
    methods,
    new Proxy(Object.freeze(Object.create(null)), {
      get(_target, handler, instance) {
        // A lane that is awaited by mistake is no promise.
        if (typeof handler !== "string" || handler === "then") return undefined;
        const method = methodOf(handler);
        if (count++ >= MAX_METHODS) return method.bind(instance);
        Object.defineProperty(methods, handler, { value: method });
        return method;
      },
      set: () => false,
    }),
  );
}

function detached(way: string, handler: string): TypeError {
  return new TypeError(
    `${way}.${handler} was taken off its ref: call ref.${way}.${handler}(…), or pass a function ` +
      `that does`,
  );
}

/** Fire and forget. */
export class TellLane {
  readonly #target: Target;
  readonly #options: RefOptions;

  constructor(target: Target, options: RefOptions) {
    this.#target = target;
    this.#options = options;
  }

  static {
    open(TellLane, (handler) =>
      function (...args) {
        const lane = this as TellLane;
        if (!isObject(lane) || !(#target in lane)) throw detached("tell", handler);
        lane.#target.tell(handler, args, lane.#options);
      });
  }
}

/** Until the message is in the mailbox. */
export class SendLane {
  readonly #target: Target;
  readonly #options: RefOptions;

  constructor(target: Target, options: RefOptions) {
    this.#target = target;
    this.#options = options;
  }

  static {
    open(SendLane, (handler) =>
      function (...args) {
        const lane = this as SendLane;
        if (!isObject(lane) || !(#target in lane)) throw detached("send", handler);
        return lane.#target.send(handler, args, lane.#options);
      });
  }
}

/** For the reply. */
export class AskLane {
  readonly #target: Target;
  readonly #options: RefOptions;

  constructor(target: Target, options: RefOptions) {
    this.#target = target;
    this.#options = options;
  }

  static {
    open(AskLane, (handler) =>
      function (...args) {
        const lane = this as AskLane;
        if (!isObject(lane) || !(#target in lane)) throw detached("ask", handler);
        return lane.#target.ask(handler, args, lane.#options);
      });
  }
}

/** For the items of a reply that is a stream. */
export class StreamLane {
  readonly #target: Target;
  readonly #options: RefOptions;

  constructor(target: Target, options: RefOptions) {
    this.#target = target;
    this.#options = options;
  }

  static {
    open(StreamLane, (handler) =>
      function (...args) {
        const lane = this as StreamLane;
        if (!isObject(lane) || !(#target in lane)) throw detached("stream", handler);
        return lane.#target.stream(handler, args, lane.#options);
      });
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
