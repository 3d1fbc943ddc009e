/**
 * The copy that every message goes through, in one pass over the value.
 *
 * The walk knows only what is allowed: on anything else it gives up without a word, and the slow
 * {@linkcode findFault} says what is wrong and where. So the path that every message takes carries
 * no bookkeeping for errors, and the rules can be read in full in one place, fault.ts.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { MAX_DEPTH } from "./constants.ts";
import { findFault, MAX_BIGINT, MIN_BIGINT } from "./fault.ts";
import { carriedAddress, markerOf, readAddress } from "./refs.ts";
import type { Item, Value } from "./value.ts";
import { ValueError } from "./value_error.ts";

/** What the walk throws when it gives up; nobody but {@linkcode copyValue} ever sees it. */
const REFUSED = new Error("the value is outside of the domain");

const { getOwnPropertyDescriptor, getOwnPropertyNames, getOwnPropertySymbols, getPrototypeOf } =
  Object;
const objectPrototype = Object.prototype;
const arrayPrototype = Array.prototype;
const bytesPrototype = Uint8Array.prototype;
const datePrototype = Date.prototype;
const { getTime } = datePrototype;

/** What a caller learns of the value on the way. */
export interface Seen {
  /** Set when a ref was met, and never cleared: only then does the receiver need `reviveRefs`. */
  refs: boolean;
}

/**
 * Copies a value deeply and refuses what is outside of the domain.
 *
 * The copy is made of plain objects, arrays, `Uint8Array`s and `Date`s of its own; it shares no
 * memory with the original, except for byte arrays whose buffer is listed in `transfer`. Refs
 * become markers that survive `structuredClone` (see `reviveRefs`). An array's own properties beside
 * its elements are not part of the value, as in JSON and CBOR.
 *
 * @param value anything
 * @param at what the value is to its sender, such as `args`: the root of the path in errors
 * @param seen is told whether a ref was met
 * @param transfer the buffers that the sender gives away with the message: byte arrays on them are
 * handed over and not copied; shared memory is copied in any case
 * @returns the copy; `undefined` for `undefined`
 * @throws {ValueError} when something in it is outside of the domain
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { copyValue } from "./mod.ts";
 *
 * const sample = { sensor: "roof", celsius: [19.5, 20], raw: Uint8Array.of(1, 2) };
 * const copy = copyValue(sample, "message");
 * assert.deepEqual(copy, sample);
 * assert.throws(() => copyValue([{ when: new Map() }], "args"), /args\[0\]\.when is a Map/);
 * ```
 */
export function copyValue(
  value: unknown,
  at: string,
  seen?: Seen,
  transfer?: ReadonlySet<ArrayBufferLike>,
): Value {
  if (value === undefined || typeof value === "boolean" || typeof value === "number") return value;
  try {
    return copyItem(value, 1, seen, transfer);
  } catch (error) {
    const fault = findFault(value, at, true);
    if (fault !== undefined) throw fault;
    if (error !== REFUSED) throw error;
    throw new ValueError(at, "a value that changes while it is read", "send plain data");
  }
}

function copyItem(
  value: unknown,
  depth: number,
  seen: Seen | undefined,
  transfer: ReadonlySet<ArrayBufferLike> | undefined,
): Item {
  switch (typeof value) {
    case "number":
    case "boolean":
      return value;
    case "string":
      if (value.isWellFormed()) return value;
      throw REFUSED;
    case "object":
      return value === null ? null : copyObject(value, depth, seen, transfer);
    case "bigint":
      if (value <= MAX_BIGINT && value >= MIN_BIGINT) return value;
      throw REFUSED;
    case "function":
      return copyRef(carriedAddress(value), seen);
    default:
      throw REFUSED;
  }
}

function copyObject(
  value: object,
  depth: number,
  seen: Seen | undefined,
  transfer: ReadonlySet<ArrayBufferLike> | undefined,
): Item {
  const carried = carriedAddress(value);
  if (carried !== undefined) return copyRef(carried, seen);
  const prototype = getPrototypeOf(value);
  if (prototype === objectPrototype || prototype === null) {
    return copyRecord(value as Record<string, unknown>, depth, seen, transfer);
  }
  if (prototype === arrayPrototype) {
    if (!Array.isArray(value) || depth > MAX_DEPTH) throw REFUSED;
    const { length } = value;
    const copy: Item[] = [];
    for (let i = 0; i < length; i++) copy.push(copyItem(value[i], depth + 1, seen, transfer));
    return copy;
  }
  if (ArrayBuffer.isView(value)) return copyBytes(value, prototype, transfer);
  if (prototype !== datePrototype) throw REFUSED;
  const time = getTime.call(value as Date);
  if (Number.isNaN(time)) throw REFUSED;
  return new Date(time);
}

function copyRecord(
  value: Record<string, unknown>,
  depth: number,
  seen: Seen | undefined,
  transfer: ReadonlySet<ArrayBufferLike> | undefined,
): Item {
  if (depth > MAX_DEPTH || getOwnPropertySymbols(value).length !== 0) throw REFUSED;
  const keys = getOwnPropertyNames(value);
  const copy: Record<string, Item> = {};
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    if (key.charCodeAt(0) === 0 || key === "__proto__" || !key.isWellFormed()) throw REFUSED;
    // The descriptor and not the property: a getter must not run, nor be mistaken for data.
    const property = getOwnPropertyDescriptor(value, key);
    if (property === undefined || property.enumerable !== true) throw REFUSED;
    copy[key] = copyItem(property.value, depth + 1, seen, transfer);
  }
  return copy;
}

function copyBytes(
  value: ArrayBufferView,
  prototype: unknown,
  transfer: ReadonlySet<ArrayBufferLike> | undefined,
): Uint8Array {
  if (prototype !== bytesPrototype && !Buffer.isBuffer(value)) throw REFUSED;
  const bytes = value as Uint8Array;
  const { buffer } = bytes;
  if (transfer !== undefined && transfer.has(buffer) && !(buffer instanceof SharedArrayBuffer)) {
    if (buffer.detached) throw REFUSED;
    return prototype === bytesPrototype
      ? bytes
      : new Uint8Array(buffer, bytes.byteOffset, bytes.byteLength);
  }
  // A buffer that was transferred away reads as empty: the sender's second use of it, not data.
  if (bytes.length === 0 && buffer instanceof ArrayBuffer && buffer.detached) throw REFUSED;
  return new Uint8Array(bytes);
}

function copyRef(carried: unknown, seen: Seen | undefined): Item {
  const address = readAddress(carried);
  if (address === undefined) throw REFUSED;
  if (seen !== undefined) seen.refs = true;
  return markerOf(address);
}
