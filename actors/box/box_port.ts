import { fromWire } from "../errors.ts";
import type { WireError } from "../errors.ts";
import { MAX_REQUEST_BYTES, MAX_REQUESTS } from "./constants.ts";
import type { Frame } from "./protocol.ts";

/** The names of the built-in classes that errors keep on their way into a box. */
const BUILT_IN: Readonly<Record<string, ErrorConstructor>> = { RangeError, TypeError };

/** A request without its answer. */
interface Waiting extends PromiseWithResolvers<unknown> {
  readonly bytes: number;
}

/** Inside of a box: the frames to its owner, and the promises that wait for its answers. */
export class BoxPort {
  readonly #send: (frame: Frame) => number;
  readonly #waiting = new Map<number, Waiting>();
  #bytes = 0;
  #next = 1;

  /** @param send hands a frame over and gives its size; throws a RangeError for one too large */
  constructor(send: (frame: Frame) => number) {
    this.#send = send;
  }

  /** Sends a frame that has no answer. */
  send(frame: Frame): void {
    this.#send(frame);
  }

  /**
   * Sends a request.
   *
   * @param build makes its frame out of its number
   * @param signal gives the request up when aborted
   * @returns the answer, which comes exactly once
   */
  request(build: (request: number) => Frame, signal?: AbortSignal): Promise<unknown> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#waiting.size >= MAX_REQUESTS || this.#bytes >= MAX_REQUEST_BYTES) {
      const text = `${this.#waiting.size} requests of this actor, ${this.#bytes} bytes, wait for ` +
        `their results: await some before the next`;
      return Promise.reject(new RangeError(text));
    }
    const request = this.#next++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    try {
      const bytes = this.#send(build(request));
      this.#bytes += bytes;
      this.#waiting.set(request, { promise, resolve, reject, bytes });
    } catch (error) {
      return Promise.reject(error);
    }
    if (!signal) return promise;
    const giveUp = () => {
      if (!this.#take(request)) return;
      this.#send(["cancel", request]);
      reject(signal.reason);
    };
    signal.addEventListener("abort", giveUp, { once: true });
    return promise.finally(() => signal.removeEventListener("abort", giveUp));
  }

  /** Takes the answer to a request. */
  settled(request: number, result: unknown): void {
    this.#take(request)?.resolve(result);
  }

  /** Takes a failure as the answer to a request. */
  failed(request: number, wire: WireError, builtIn: string | null): void {
    const known = builtIn === null ? undefined : BUILT_IN[builtIn];
    this.#take(request)?.reject(known ? new known(wire.message) : fromWire(wire));
  }

  #take(request: number): Waiting | undefined {
    const waiting = this.#waiting.get(request);
    if (this.#waiting.delete(request)) this.#bytes -= waiting!.bytes;
    return waiting;
  }
}
