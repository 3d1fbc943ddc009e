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

const { getOwnPropertySymbols, getPrototypeOf } = Object;
const objectPrototype = Object.prototype;
const arrayPrototype = Array.prototype;
const bytesPrototype = Uint8Array.prototype;
const datePrototype = Date.prototype;
const { getTime } = datePrototype;

/** Takes buffers that the sender gives away with a message: byte arrays on them are not copied. */
export interface Handover {
  /** The memory to use in place of a copy of this buffer; `undefined` to copy. */
  take(buffer: ArrayBuffer): ArrayBuffer | undefined;
}

/**
 * Hands over the buffers that are listed: each is detached from its sender's arrays when it is met,
 * so that no two owners share memory. A second array on the same buffer is refused as transferred.
 *
 * @param buffers what the sender gives away
 */
export function handingOver(buffers: readonly ArrayBufferLike[]): Handover {
  return { take: (buffer) => buffers.includes(buffer) ? buffer.transfer() : undefined };
}

/** What a caller learns of the value on the way. */
export interface Seen {
  /** Set when a ref was met, and never cleared: only then does the receiver need `reviveRefs`. */
  refs: boolean;
}

/**
 * Copies a value deeply and refuses what is outside of the domain.
 *
 * The copy is made of plain objects, arrays, `Uint8Array`s and `Date`s of its own; it shares no
 * memory with the original, except for byte arrays that `handover` takes. Refs
 * become markers that survive `structuredClone` (see `reviveRefs`). An array's own properties beside
 * its elements, and properties that are not enumerable, are not part of the value, as in JSON; a
 * getter is read once and what it returns is copied, as `structuredClone` does.
 *
 * @param value anything
 * @param at what the value is to its sender, such as `args`: the root of the path in errors
 * @param seen is told whether a ref was met
 * @param handover takes the buffers that need no copy; shared memory is copied in any case
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
  handover?: Handover,
): Value {
  if (value === undefined || typeof value === "boolean" || typeof value === "number") return value;
  try {
    return copyItem(value, 1, seen, handover);
  } catch (error) {
    const fault = findFault(value, at, true);
    if (fault !== undefined) throw fault;
    if (error !== REFUSED) throw error;
    throw new ValueError(at, "a value that changes while it is read", "send plain data");
  }
}

/** Names of a message's arguments in errors; more are made when they are wanted. */
const NAMES = Array.from({ length: 8 }, (_, at) => `args[${at}]`);

/**
 * Copies the arguments of a message, in place: the array is the caller's own already, and its
 * elements are replaced by their copies.
 *
 * @param args the arguments, in an array that nobody else holds
 * @param transfer buffers that are given away with the message; see {@linkcode handingOver}
 * @returns whether a ref was met: only then does the receiver need `reviveRefs`
 * @throws {ValueError} when something in them is outside of the domain
 */
export function copyArguments(args: unknown[], transfer?: readonly ArrayBufferLike[]): boolean {
  let seen: Seen | undefined;
  let handover: Handover | undefined;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at];
    if (typeof arg === "number" || typeof arg === "boolean" || arg === undefined) continue;
    seen ??= { refs: false };
    if (transfer !== undefined) handover ??= handingOver(transfer);
    args[at] = copyValue(arg, NAMES[at] ?? `args[${at}]`, seen, handover);
  }
  return seen !== undefined && seen.refs;
}

function copyItem(
  value: unknown,
  depth: number,
  seen: Seen | undefined,
  handover: Handover | undefined,
): Item {
  switch (typeof value) {
    case "number":
    case "boolean":
      return value;
    case "string":
      if (value.isWellFormed()) return value;
      throw REFUSED;
    case "object":
      return value === null ? null : copyObject(value, depth, seen, handover);
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
  handover: Handover | undefined,
): Item {
  const carried = carriedAddress(value);
  if (carried !== undefined) return copyRef(carried, seen);
  const prototype = getPrototypeOf(value);
  if (prototype === objectPrototype || prototype === null) {
    return copyRecord(value as Record<string, unknown>, depth, seen, handover);
  }
  if (prototype === arrayPrototype) {
    if (!Array.isArray(value) || depth > MAX_DEPTH) throw REFUSED;
    const { length } = value;
    const copy: Item[] = [];
    for (let i = 0; i < length; i++) copy.push(copyItem(value[i], depth + 1, seen, handover));
    return copy;
  }
  if (ArrayBuffer.isView(value)) return copyBytes(value, prototype, handover);
  if (prototype !== datePrototype) throw REFUSED;
  const time = getTime.call(value as Date);
  if (Number.isNaN(time)) throw REFUSED;
  return new Date(time);
}

function copyRecord(
  value: Record<string, unknown>,
  depth: number,
  seen: Seen | undefined,
  handover: Handover | undefined,
): Item {
  if (depth > MAX_DEPTH) throw REFUSED;
  // A spread copies the whole shape at once, four times as fast as key by key; what it took over
  // is then looked at, in the copy, which nobody else can change meanwhile.
  const copy: Record<string, unknown> = { ...value };
  for (const key in copy) {
    if (!soundKeys.has(key)) checkKey(key);
    const item = copy[key];
    switch (typeof item) {
      case "number":
      case "boolean":
        continue;
      case "string":
        if (item.isWellFormed()) continue;
        throw REFUSED;
      default:
        copy[key] = copyItem(item, depth + 1, seen, handover);
    }
  }
  if (getOwnPropertySymbols(copy).length !== 0) throw REFUSED;
  return copy as Record<string, Item>;
}

/** Keys that were found sound: programs send the same few over and over. */
const soundKeys = new Set<string>();
const MAX_SOUND_KEYS = 4_096;

function checkKey(key: string): void {
  if (key.charCodeAt(0) === 0 || key === "__proto__" || !key.isWellFormed()) throw REFUSED;
  if (soundKeys.size < MAX_SOUND_KEYS && key.length <= 64) soundKeys.add(key);
}

function copyBytes(
  value: ArrayBufferView,
  prototype: unknown,
  handover: Handover | undefined,
): Uint8Array {
  if (prototype !== bytesPrototype && !Buffer.isBuffer(value)) throw REFUSED;
  const bytes = value as Uint8Array;
  const { buffer } = bytes;
  if (handover !== undefined && buffer instanceof ArrayBuffer && !buffer.detached) {
    const { byteOffset, length } = bytes; // read before the buffer is detached
    const moved = handover.take(buffer);
    if (moved !== undefined) return new Uint8Array(moved, byteOffset, length);
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
