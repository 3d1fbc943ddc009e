import { REF, type Ref as AnyRef, type RefAddress } from "../../values/mod.ts";
import { refKey } from "../ref.ts";
import { FIRST_NAMED_HANDLE, MAX_HANDLES } from "./constants.ts";

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
  readonly #refs = new Map<
    number,
    { readonly ref: R; readonly key: string | undefined; given: number }
  >();
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
    const key = keyOf(ref);
    const known = this.#handles.get(key);
    if (known !== undefined) {
      this.#refs.get(known)!.given++;
      return known;
    }
    this.#makeRoom();
    const handle = this.#next++;
    this.#refs.set(handle, { ref, key, given: 1 });
    this.#handles.set(key, handle);
    return handle;
  }

  /**
   * Takes a ref under a handle that the box chose.
   *
   * @throws {ForgedHandleError} when that is not free, or one of its owner's
   * @throws {RangeError} when the box holds {@link MAX_HANDLES} others
   */
  adopt(handle: number, ref: R): void {
    if (handle < FIRST_NAMED_HANDLE || this.#refs.has(handle)) throw new ForgedHandleError(handle);
    this.#makeRoom();
    // Under no key: the same ref is given a handle of its owner's, should it come from elsewhere.
    this.#refs.set(handle, { ref, key: undefined, given: 1 });
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
    if (entry.key !== undefined) this.#handles.delete(entry.key);
  }

  #makeRoom(): void {
    if (this.#refs.size < MAX_HANDLES) return;
    throw new RangeError(`the box holds ${MAX_HANDLES} refs: it cannot be given another`);
  }
}

/** Equal for refs to the same slot of the same run. */
function keyOf(ref: AnyRef): string {
  return `${ref[REF].run ?? ""} ${refKey(ref)}`;
}

/** The address that a handle has inside of its box. */
export function boxAddress(handle: number): RefAddress {
  return { shard: 0, slot: handle };
}

/** The handle in an address of {@link boxAddress}'s, `undefined` for any other. */
export function handleIn(address: RefAddress): number | undefined {
  return address.shard === 0 && address.node === undefined ? address.slot : undefined;
}
