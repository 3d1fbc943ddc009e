import type { Ref as AnyRef, RefAddress } from "../../values/mod.ts";
import { refKey } from "../ref.ts";
import { MAX_HANDLES } from "./constants.ts";

/** A box used a handle that it was never given. */
export class ForgedHandleError extends Error {
  override readonly name = "ForgedHandleError";

  constructor(handle: number) {
    super(`used the handle ${handle}, which it was never given`);
  }
}

/**
 * The refs that a box was given: a capability table. A handle means something only in its own box,
 * is never guessed (an unknown one ends the box), and gives no more than its ref does.
 */
export class HandleTable<R extends AnyRef> {
  readonly #refs = new Map<number, { readonly ref: R; readonly key: string; given: number }>();
  readonly #handles = new Map<string, number>();
  #next = 0;

  /** How many refs the box holds. */
  get size(): number {
    return this.#refs.size;
  }

  /**
   * Gives the box a ref: the same handle as before when it holds it still.
   *
   * @throws {RangeError} when the box holds {@link MAX_HANDLES} others
   */
  give(ref: R): number {
    const key = refKey(ref);
    const known = this.#handles.get(key);
    if (known !== undefined) {
      this.#refs.get(known)!.given++;
      return known;
    }
    if (this.#refs.size >= MAX_HANDLES) {
      throw new RangeError(`the box holds ${MAX_HANDLES} refs: it cannot be given another`);
    }
    const handle = this.#next++;
    this.#refs.set(handle, { ref, key, given: 1 });
    this.#handles.set(key, handle);
    return handle;
  }

  /**
   * The ref of a handle.
   *
   * @throws {ForgedHandleError} when the box does not hold it
   */
  get(handle: number): R {
    const entry = this.#refs.get(handle);
    if (!entry) throw new ForgedHandleError(handle);
    return entry.ref;
  }

  /**
   * The box has no more use for a handle that it was given `times` times; more may be on the way.
   *
   * @throws {ForgedHandleError} when the box does not hold it
   */
  forget(handle: number, times: number): void {
    const entry = this.#refs.get(handle);
    if (!entry || times > entry.given) throw new ForgedHandleError(handle);
    entry.given -= times;
    if (entry.given > 0) return;
    this.#refs.delete(handle);
    this.#handles.delete(entry.key);
  }
}

/** The address that a handle has inside of its box. */
export function boxAddress(handle: number): RefAddress {
  return { shard: 0, slot: handle };
}

/** The handle in an address of {@link boxAddress}'s, `undefined` for any other. */
export function handleIn(address: RefAddress): number | undefined {
  return address.shard === 0 && address.node === undefined ? address.slot : undefined;
}
