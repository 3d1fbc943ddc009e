import { ActorError } from "../actors/mod.ts";

/** So much at once; the rest waits its turn, up to a bound. */
export class Turns {
  readonly #most: number;
  readonly #mostWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(most: number, mostWaiting: number) {
    this.#most = most;
    this.#mostWaiting = mostWaiting;
  }

  get running(): number {
    return this.#running;
  }

  /**
   * Does `work` when it has its turn.
   *
   * @throws {ActorError} `busy` when too many wait already
   */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#most) {
      if (this.#waiting.length >= this.#mostWaiting) {
        throw new ActorError("busy", `${this.#mostWaiting} others wait for their turn already`);
      }
      // Whoever is done hands its place on, so that nobody who comes later gets ahead.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}
