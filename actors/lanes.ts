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

/** One lane of one ref. */
export type Lane = { readonly [handler: string]: (...args: unknown[]) => unknown };

/** Makes the lane of a ref. */
type LaneClass = new (target: Target, options: RefOptions) => Lane;

/** What a lane does with a message. */
type Send = (target: Target, handler: string, args: unknown[], options: RefOptions) => unknown;

/** Fire and forget. */
export const TellLane: LaneClass = laneOf("tell", (target, handler, args, options) => {
  target.tell(handler, args, options);
});

/** Until the message is in the mailbox. */
export const SendLane: LaneClass = laneOf("send", (target, handler, args, options) => {
  return target.send(handler, args, options);
});

/** For the reply. */
export const AskLane: LaneClass = laneOf("ask", (target, handler, args, options) => {
  return target.ask(handler, args, options);
});

/** For the items of a reply that is a stream. */
export const StreamLane: LaneClass = laneOf("stream", (target, handler, args, options) => {
  return target.stream(handler, args, options);
});

function laneOf(way: string, send: Send): LaneClass {
  class RefLane {
    readonly #target: Target;
    readonly #options: RefOptions;

    constructor(target: Target, options: RefOptions) {
      this.#target = target;
      this.#options = options;
    }

    static methodOf(handler: string): (this: unknown, ...args: unknown[]) => unknown {
      return function (...args) {
        if (typeof this !== "object" || this === null || !(#target in this)) {
          throw new TypeError(
            `${way}.${handler} was taken off its ref: call ref.${way}.${handler}(…), or pass a ` +
              `function that does`,
          );
        }
        return send(this.#target, handler, args, this.#options);
      };
    }
  }
  openMethods(RefLane.prototype, RefLane.methodOf);
  return RefLane as unknown as LaneClass;
}

/** Has every name that is asked for become a method on this prototype. */
function openMethods(
  methods: object,
  methodOf: (handler: string) => (this: unknown, ...args: unknown[]) => unknown,
): void {
  let count = 0;
  Reflect.deleteProperty(methods, "constructor"); // a name like any other
  Object.setPrototypeOf(
    methods,
    new Proxy(Object.freeze(Object.create(null)), {
      get(_target, handler, lane) {
        // A lane that is awaited by mistake is no promise.
        if (typeof handler !== "string" || handler === "then") return undefined;
        const method = methodOf(handler);
        if (count++ >= MAX_METHODS) return method.bind(lane);
        Object.defineProperty(methods, handler, { value: method });
        return method;
      },
      set: () => false,
    }),
  );
}
