import { EXIT } from "./exit_codes.ts";
import { Failure } from "./failure.ts";

/** Most who may wait for a turn. */
const MAX_WAITING = 1_024;

/** Lets so many work at once; others wait for their turn, in order. */
export class Turns {
  #free: number;
  readonly #waiting: Set<() => void> = new Set();

  /** @param atOnce 1 or more */
  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /**
   * Works when it is its turn.
   *
   * @param signal gives up waiting when aborted
   * @throws {Failure} `busy` when too many wait already
   */
  async take<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#turn(signal);
    try {
      return await work();
    } finally {
      this.#pass();
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    if (this.#waiting.size >= MAX_WAITING) {
      throw new Failure(EXIT.failed, "busy", `${MAX_WAITING} calls wait already: try again later`);
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = () => {
      this.#waiting.delete(resolve);
      reject(signal.reason);
    };
    this.#waiting.add(resolve);
    signal.addEventListener("abort", giveUp);
    try {
      await promise;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  /** The turn goes to who has waited longest. */
  #pass(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#free++;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
