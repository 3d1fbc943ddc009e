/**
 * Values on their way into and out of a box, where refs are capabilities: each ref is lifted out of
 * its value and stands beside it as a handle, a number out of a table that the box' owner keeps.
 *
 * @module
 */
import {
  copyValue,
  REF,
  type Ref,
  type RefAddress,
  reviveRefs,
  type Value,
} from "../../values/mod.ts";

/** Where a ref stood in its value, and its handle. */
export type Lifted = [path: (string | number)[], handle: number];

/**
 * A value whose refs are lifted out: `[]` for `undefined`, `[plain]` where there are none,
 * `[plain, lifted]` with `null` in their places otherwise. It is plain data through and through.
 */
export type Parcel = [] | [plain: Value] | [plain: Value, lifted: Lifted[]];

/** A parcel is not what {@link pack} makes. */
export class ParcelError extends Error {
  override readonly name = "ParcelError";
}

/**
 * Packs a value of the domain. The value is not changed; what has no refs in it is not copied.
 *
 * @param value a value of the domain, whose refs are objects that carry an address
 * @param handleOf gives the handle of a ref
 */
export function pack(value: unknown, handleOf: (ref: Ref) => number): Parcel {
  if (value === undefined) return [];
  if (!hasRef(value)) return [value as Value];
  const lifted: Lifted[] = [];
  const plain = lift(value, [], lifted, handleOf);
  return [plain as Value, lifted];
}

/**
 * Packs whatever a user's code gives.
 *
 * @param at what the value is to its sender: the root of the path in errors
 * @throws {ValueError} when something in it is outside of the domain
 */
export function packUnknown(
  value: unknown,
  at: string,
  handleOf: (address: RefAddress) => number,
): Parcel {
  const seen = { refs: false };
  const copy = copyValue(value, at, seen);
  if (!seen.refs) return copy === undefined ? [] : [copy];
  const revived = reviveRefs(copy, (address) => ({ [REF]: address }));
  return pack(revived, (ref) => handleOf(ref[REF]));
}

/**
 * Unpacks a parcel that nobody else holds: its containers become those of the value.
 *
 * @param make makes the ref of a handle; throws for one that was never given
 * @throws {ParcelError} when a handle's path leads to no place that is free for it
 */
export function unpack(parcel: Parcel, make: (handle: number) => unknown): unknown {
  if (parcel.length === 0) return undefined;
  const [plain, lifted] = parcel;
  if (!lifted) return plain;
  let value: unknown = plain;
  for (const [path, handle] of lifted) {
    if (path.length === 0) {
      if (value !== null) throw new ParcelError("a handle stands where there is a value already");
      value = make(handle);
    } else {
      place(value, path, make(handle));
    }
  }
  return value;
}

function place(root: unknown, path: readonly (string | number)[], ref: unknown): void {
  let at = root;
  for (let i = 0; i < path.length; i++) {
    const key = path[i]!;
    // Own properties alone: a path such as ["constructor", "prototype"] must lead nowhere.
    const container = typeof at === "object" && at !== null && !ArrayBuffer.isView(at) &&
      Array.isArray(at) === (typeof key === "number") && Object.hasOwn(at, key) &&
      !(at as object)[REF as never];
    if (!container) throw new ParcelError("the path of a handle leads nowhere");
    const holder = at as Record<string | number, unknown>;
    if (i < path.length - 1) {
      at = holder[key];
    } else {
      if (holder[key] !== null) {
        throw new ParcelError("a handle stands where there is a value already");
      }
      holder[key] = ref;
    }
  }
}

/** Whether an object is a ref. */
function isRef(value: object): value is Ref {
  return (value as Partial<Ref>)[REF] !== undefined;
}

function hasRef(value: unknown): boolean {
  if (typeof value === "function") return true;
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return false;
  if (isRef(value)) return true;
  if (Array.isArray(value)) return value.some(hasRef);
  for (const key in value) if (hasRef((value as Record<string, unknown>)[key])) return true;
  return false;
}

function lift(
  value: unknown,
  path: (string | number)[],
  lifted: Lifted[],
  handleOf: (ref: Ref) => number,
): unknown {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return value;
  if (ArrayBuffer.isView(value) || value instanceof Date) return value;
  if (isRef(value)) {
    lifted.push([[...path], handleOf(value)]);
    return null;
  }
  if (Array.isArray(value)) {
    return value.map((item, i) => lift(item, [...path, i], lifted, handleOf));
  }
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    copy[key] = lift(item, [...path, key], lifted, handleOf);
  }
  return copy;
}
