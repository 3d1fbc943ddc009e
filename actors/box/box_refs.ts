import { type RefAddress, ValueError } from "../../values/mod.ts";
import { MAX_DEADLINE_MS, MAX_STREAM_CREDIT } from "../constants.ts";
import type { Handlers } from "../definition.ts";
import { makeRef, type Ref, type RefOptions, type Target } from "../ref.ts";
import type { BoxPort } from "./box_port.ts";
import { FIRST_NAMED_HANDLE, MAX_NAME_UNITS, MAX_STREAMS } from "./constants.ts";
import { boxAddress, handleIn } from "./handles.ts";
import { packUnknown, type Parcel, unpack } from "./parcel.ts";
import type { SentOptions } from "./protocol.ts";

/**
 * Inside of a box: the refs that it holds, each a handle that its owner gave it. A handle is given
 * back when nothing in the box refers to it any more.
 */
export class BoxRefs {
  readonly #port: BoxPort;
  /** How often each handle was given: its owner counts along. */
  readonly #given = new Map<number, number>();
  /** Targets and not refs: those that `with` makes share one. */
  readonly #targets = new Map<number, WeakRef<Target>>();
  #nextNamed = FIRST_NAMED_HANDLE;
  #nextStream = 1;
  readonly #streams = new Set<number>();
  readonly #unused = new FinalizationRegistry<number>((handle) => this.#forget(handle));

  constructor(port: BoxPort) {
    this.#port = port;
  }

  /** The ref of a handle that the owner gives. */
  take(handle: number): Ref {
    this.#given.set(handle, (this.#given.get(handle) ?? 0) + 1);
    return this.#ref(handle);
  }

  /** A ref to whoever holds a name, under a handle that this box chooses. */
  named(name: string): Ref {
    checkName(name);
    const handle = this.#nextNamed++;
    this.#given.set(handle, 1);
    this.#port.send(["named", handle, name]);
    return this.#ref(handle);
  }

  /**
   * The handle of an address inside of the box.
   *
   * @throws {ValueError} when it was not made from a handle that this box holds
   */
  handleOf(address: RefAddress, at: string): number {
    const handle = handleIn(address);
    if (handle !== undefined && this.#given.has(handle)) return handle;
    const advice = "pass on refs that this actor was given";
    throw new ValueError(at, "a ref that this actor does not hold", advice);
  }

  /** Packs what the agent's code gives; throws a ValueError for what is no value. */
  pack(value: unknown, at: string): Parcel {
    return packUnknown(value, at, (address) => this.handleOf(address, at));
  }

  /** Packs arguments. */
  packArgs(args: readonly unknown[]): Parcel[] {
    return args.map((arg, i) => this.pack(arg, `args[${i}]`));
  }

  /** Unpacks what the owner sent. */
  unpack(parcel: Parcel): unknown {
    return unpack(parcel, (handle) => this.take(handle));
  }

  /** A copy of a value; its refs are held for as long as the copy is. */
  copy(value: unknown, at: string): unknown {
    return unpack(this.pack(value, at), (handle) => this.#ref(handle));
  }

  #ref(handle: number): Ref {
    let target = this.#targets.get(handle)?.deref();
    if (!target) {
      target = this.#target(handle);
      this.#targets.set(handle, new WeakRef(target));
      this.#unused.register(target, handle);
    }
    return makeRef<Handlers>(target);
  }

  #forget(handle: number): void {
    if (this.#targets.get(handle)?.deref()) return; // it was given again meanwhile
    const times = this.#given.get(handle);
    this.#targets.delete(handle);
    this.#given.delete(handle);
    if (times !== undefined) this.#port.send(["forget", handle, times]);
  }

  #target(handle: number): Target {
    const port = this.#port;
    const request = (op: string, handler: string, args: unknown[], options: RefOptions) => {
      try {
        const sent = [handle, checkName(handler), this.packArgs(args), sentOptions(options)];
        return port.request((request) => [op, request, ...sent], options.signal);
      } catch (error) {
        return Promise.reject(error);
      }
    };
    return {
      address: boxAddress(handle),
      label: `#${handle}`,
      tell: (handler, args, options) =>
        void port.send([
          "tell",
          handle,
          checkName(handler),
          this.packArgs(args),
          sentOptions(options),
        ]),
      send: (handler, args) => request("send", handler, args, {}) as Promise<void>,
      ask: (handler, args, options) => request("ask", handler, args, options),
      stream: (handler, args, options) => {
        if (this.#streams.size >= MAX_STREAMS) {
          throw new RangeError(`${MAX_STREAMS} streams are being read: leave some of them`);
        }
        const stream = this.#nextStream++;
        const sent = [handle, checkName(handler), this.packArgs(args), sentOptions(options)];
        port.send(["read", stream, ...sent]);
        this.#streams.add(stream);
        return readStream(port, stream, () => this.#streams.delete(stream));
      },
    };
  }
}

function checkName(handler: string): string {
  if (handler.length <= MAX_NAME_UNITS) return handler;
  const shown = `${handler.slice(0, 40)}…`;
  throw new RangeError(`"${shown}" has ${handler.length} characters: ${MAX_NAME_UNITS} at most`);
}

/**
 * What of a ref's options leaves the box; `caller` is the node's own word and never does.
 *
 * @throws {RangeError} when the deadline or the credit is out of bounds
 */
function sentOptions({ deadlineMs, credit, priority }: RefOptions): SentOptions {
  if (deadlineMs !== undefined && !(deadlineMs > 0 && deadlineMs <= MAX_DEADLINE_MS)) {
    throw new RangeError(
      `deadlineMs is ${deadlineMs}: give more than 0 and at most ${MAX_DEADLINE_MS} ms`,
    );
  }
  if (
    credit !== undefined &&
    !(Number.isSafeInteger(credit) && credit >= 1 && credit <= MAX_STREAM_CREDIT)
  ) {
    throw new RangeError(`credit is ${credit}: give a whole number from 1 to ${MAX_STREAM_CREDIT}`);
  }
  return { deadlineMs: deadlineMs ?? null, credit: credit ?? null, priority: priority ?? false };
}

/** The reader of a stream that the owner holds. */
function readStream(
  port: BoxPort,
  stream: number,
  ended: () => void,
): AsyncIterableIterator<unknown> {
  let over = false;
  const end = () => {
    over = true;
    ended();
  };
  return {
    async next() {
      if (over) return { done: true, value: undefined };
      try {
        const pull = (request: number) => ["pull", request, stream] as const;
        const item = await port.request(pull) as [value?: unknown] | undefined;
        if (item) return { done: false, value: item[0] };
      } catch (error) {
        end();
        throw error;
      }
      end();
      return { done: true, value: undefined };
    },
    return(value?: unknown) {
      if (!over) port.send(["leave", stream]);
      end();
      return Promise.resolve({ done: true, value });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
