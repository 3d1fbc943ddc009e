import { decodeValue, encodeValue } from "../values/mod.ts";
import { MAX_KEPT_BYTES } from "./constants.ts";
import { describe } from "./errors.ts";
import type { KeptStoreClient } from "./kept_store.ts";
import { SaveQueue } from "./save_queue.ts";

/** What an incarnation keeps, evaluated when called; `undefined` when it keeps nothing. */
export type TakeKept = () => { readonly value: unknown } | undefined;

/** What one slot keeps, on its way to the store and back. It is the slot's, not an incarnation's. */
export class Persistence {
  readonly #name: string;
  readonly #store: KeptStoreClient;
  readonly #report: (error: unknown) => void;
  readonly #queue: SaveQueue;

  /** @param report takes the failure of a save: its caller may not wait for it */
  constructor(name: string, store: KeptStoreClient, report: (error: unknown) => void) {
    this.#name = name;
    this.#store = store;
    this.#report = report;
    this.#queue = new SaveQueue((state) => this.#write(state));
  }

  /**
   * What is stored; `undefined` where nothing is.
   *
   * @throws {Error} when it is not the encoding of a value; a fresh start would write over it
   */
  async load(): Promise<unknown> {
    const state = await this.#store.load(this.#name);
    if (state === null) return undefined;
    try {
      return decodeValue(state, "state");
    } catch (error) {
      throw new Error(
        `what is stored as "${this.#name}" cannot be decoded (${describe(error)}): it is left as ` +
          `it is; restore the data folder, or give the actor another name`,
      );
    }
  }

  /**
   * Saves what is kept at this moment; settles when that, or what a later call saved, is durable.
   *
   * @throws {TypeError} when nothing is kept
   * @throws {ValueError} when it is outside of the domain of values, or has a ref in it
   * @throws {RangeError} when it is too large
   */
  save(takeKept: TakeKept): Promise<void> {
    const kept = takeKept();
    if (!kept) {
      throw new TypeError(
        `"${this.#name}" keeps nothing to save: call ctx.keep(() => state) first`,
      );
    }
    return this.#save(kept.value);
  }

  /** Saves what an incarnation that ends well keeps, if it keeps anything; never rejects. */
  async saveLast(takeKept: TakeKept): Promise<void> {
    let saved: Promise<void> | undefined;
    try {
      const kept = takeKept();
      saved = kept && this.#save(kept.value);
    } catch (error) {
      this.#report(error);
    }
    await saved?.catch(() => {/* reported */});
  }

  /** An incarnation has ended: what it still wanted saved is not. */
  fence(error: Error): void {
    this.#queue.drop(error);
  }

  async #write(state: Uint8Array): Promise<void> {
    try {
      await this.#store.save(this.#name, state);
    } catch (error) {
      this.#report(error);
      throw error;
    }
  }

  #save(value: unknown): Promise<void> {
    const state = encodeValue(value, "kept");
    if (state.byteLength > MAX_KEPT_BYTES) {
      throw new RangeError(
        `"${this.#name}" keeps ${state.byteLength} bytes, the limit is ${MAX_KEPT_BYTES}: keep ` +
          `less, or divide it among several actors`,
      );
    }
    return this.#queue.save(state);
  }
}

/** `path` has nowhere to save to. */
export function notPersistent(path: string): Error {
  return new TypeError(
    `${path} cannot save: spawn it with { name: "…", persist: true } on a node with a data folder`,
  );
}
