/**
 * Saves one state after another, of which only the newest counts: while one save is under way, at
 * most one more waits, and those that ask meanwhile share it. So a writer that is faster than the
 * store costs one state, not a queue of them.
 */
export class SaveQueue {
  readonly #write: (state: Uint8Array) => Promise<void>;
  #underWay = false;
  #next: { state: Uint8Array; readonly saved: PromiseWithResolvers<void> } | undefined;

  /** @param write makes a state durable, and reports it when it cannot */
  constructor(write: (state: Uint8Array) => Promise<void>) {
    this.#write = write;
  }

  /** Saves a state; settles when it, or a newer one, is durable. */
  save(state: Uint8Array): Promise<void> {
    if (this.#next) this.#next.state = state;
    else {
      this.#next = { state, saved: Promise.withResolvers<void>() };
      this.#next.saved.promise.catch(() => {/* waiting for it is optional; `write` reports */});
    }
    const { promise } = this.#next.saved;
    if (!this.#underWay) void this.#run();
    return promise;
  }

  /** Rejects, with `error`, the save that waits; the one under way cannot be called back. */
  drop(error: Error): void {
    const next = this.#next;
    this.#next = undefined;
    next?.saved.reject(error);
  }

  async #run(): Promise<void> {
    this.#underWay = true;
    for (let next = this.#next; next; next = this.#next) {
      this.#next = undefined;
      await this.#write(next.state).then(next.saved.resolve, next.saved.reject);
    }
    this.#underWay = false;
  }
}
