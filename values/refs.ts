/**
 * Refs on their way through a message: from what carries an address to a marker that
 * `structuredClone` keeps, and back to a ref of the receiver's own making.
 *
 * @module
 */
import { REF_KEY } from "./constants.ts";
import { type Item, REF, type RefAddress, type Value } from "./value.ts";

type Marker = { [REF_KEY]: RefAddress };

/**
 * An address that the runtime made. It is known by its class, and passed on as it is; what carries
 * another one may be anybody's object, and is read and copied.
 */
export class SlotAddress implements RefAddress {
  readonly run: number;
  readonly shard: number;
  readonly slot: number;
  /** What no object of another class has. */
  readonly #made = true;

  constructor(run: number, shard: number, slot: number) {
    this.run = run;
    this.shard = shard;
    this.slot = slot;
  }

  static isOne(value: object): value is SlotAddress {
    return #made in value && value.#made;
  }
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/**
 * Reads the address that a ref carries.
 *
 * @param carried what stands under {@linkcode REF}
 * @returns the address, or `undefined` where it is malformed
 */
export function readAddress(carried: unknown): RefAddress | undefined {
  if (typeof carried !== "object" || carried === null) return undefined;
  if (SlotAddress.isOne(carried)) return carried;
  const { run, shard, slot, node } = carried as { [part in keyof RefAddress]: unknown };
  if (!isIndex(shard) || !isIndex(slot) || !(run === undefined || isIndex(run))) return undefined;
  if (node === undefined) return run === undefined ? { shard, slot } : { run, shard, slot };
  if (typeof node !== "string" || node === "" || !node.isWellFormed()) return undefined;
  return { node, shard, slot };
}

/**
 * Makes the marker that stands for a ref in a copy.
 *
 * @param address a sound address
 * @returns a plain object with one reserved key, typed as the item that it stands for
 */
export function markerOf(address: RefAddress): Item {
  return { [REF_KEY]: address } as unknown as Item;
}

/**
 * Replaces every marker in a copy by what `make` returns for its address.
 *
 * The walk changes the containers in place: it is for a copy that the receiver owns, straight from
 * `copyValue` or from the `structuredClone` of one. Markers are believed, as only this module
 * writes them between the shards of one process; bytes from elsewhere cannot hold any.
 *
 * @param value the copy
 * @param make makes the receiver's ref
 * @returns the copy; where it was a marker itself, the ref
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { copyValue, REF, reviveRefs } from "./mod.ts";
 *
 * const clock = { [REF]: { shard: 1, slot: 7 }, tell: () => {} };
 * const posted = structuredClone(copyValue({ replyTo: clock }, "message"));
 * const received = reviveRefs(posted, ({ shard, slot }) => `ref ${shard}/${slot}`);
 * assert.deepEqual(received, { replyTo: "ref 1/7" });
 * ```
 */
export function reviveRefs(value: Value, make: (address: RefAddress) => unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = reviveRefs(value[i], make) as Item;
    return value;
  }
  if (value instanceof Uint8Array || value instanceof Date) return value;
  // A ref that was made before, for another receiver of the same copy.
  const carried = carriedAddress(value);
  if (carried !== undefined) return make(carried as RefAddress);
  if (Object.hasOwn(value, REF_KEY)) {
    return make((value as unknown as Marker)[REF_KEY]);
  }
  const record = value as { [key: string]: Item };
  for (const key in record) {
    const item = record[key]!;
    if (typeof item === "object" && item !== null) record[key] = reviveRefs(item, make) as Item;
  }
  return record;
}

/**
 * Reads what a value carries under {@linkcode REF}.
 *
 * @param value any object or function
 * @returns what it carries, `undefined` where it is no ref
 */
export function carriedAddress(value: object): unknown {
  return (value as { [REF]?: unknown })[REF];
}
