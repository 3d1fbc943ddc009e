import { REF } from "../values/mod.ts";
import { ActorError } from "./errors.ts";
import type { Kernel } from "./kernel.ts";
import type { AnyRef, Ref } from "./ref.ts";

/**
 * The protocol of the store, the actor that makes the state of persistent actors outlive the
 * process. This floor knows its protocol only; `mesh/` provides the actor.
 */
export type KeptStore = {
  /** The state that was saved last under an actor's name; `null` where there is none. */
  load(name: string): Uint8Array | null;
  /** Replies when the state is durable. */
  save(name: string, state: Uint8Array): void;
};

/** One shard's way to the store. */
export class KeptStoreClient {
  readonly #kernel: Kernel;
  #store: AnyRef | undefined;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** The store is there. */
  attach(store: AnyRef): void {
    this.#store = store;
  }

  /**
   * Makes sure that there is a store for the actor `path`.
   *
   * @throws {ActorError} `no-store` when none was attached
   */
  require(path: string): void {
    this.#ref(path);
  }

  /** The state saved under a name, or `null`. */
  load(name: string): Promise<Uint8Array | null> {
    return this.#ref(name).ask.load(name);
  }

  /** Settles when the state is durable. */
  save(name: string, state: Uint8Array): Promise<void> {
    return this.#ref(name).ask.save(name, state);
  }

  // Asked without an owner: what a handler has left of its deadline must not cut a save short.
  #ref(path: string): Ref<KeptStore> {
    if (this.#store) return this.#kernel.ref<KeptStore>(this.#store[REF]);
    throw new ActorError(
      "no-store",
      `there is nowhere to persist ${path}: a node needs a data folder for that, start it with ` +
        `one, or spawn the actor without persist`,
    );
  }
}
