/**
 * A window over promises: up to `size` of them may be outstanding, then one waits for room. What
 * each settles with does not matter here: a message that could not be delivered is counted where it
 * failed.
 */
export class Window {
  readonly #size: number;
  #outstanding = 0;
  #room: PromiseWithResolvers<void> | undefined;

  /** @throws {RangeError} when the size is not a positive whole number */
  constructor(size: number) {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new RangeError(`a window of ${size}: give a whole number of at least 1`);
    }
    this.#size = size;
  }

  /** Promises that have not settled. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** Takes a promise in; returns one that is settled as soon as there is room for the next. */
  push(promise: Promise<unknown>): Promise<void> | undefined {
    this.#outstanding++;
    promise.then(this.#done, this.#done);
    if (this.#outstanding < this.#size) return undefined;
    return (this.#room ??= Promise.withResolvers<void>()).promise;
  }

  readonly #done = (): void => {
    this.#outstanding--;
    if (this.#outstanding < this.#size && this.#room) {
      this.#room.resolve();
      this.#room = undefined;
    }
  };
}
