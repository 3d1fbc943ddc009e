/**
 * Deterministic CBOR, the reading half: strict, for bytes from anyone.
 *
 * @module
 */
import {
  FLOAT_16,
  FLOAT_32,
  FLOAT_64,
  MAJOR_ARRAY,
  MAJOR_BYTES,
  MAJOR_MAP,
  MAJOR_NEGATIVE,
  MAJOR_TAG,
  MAJOR_TEXT,
  MAJOR_UNSIGNED,
  SIMPLE_FALSE,
  SIMPLE_NULL,
  SIMPLE_TRUE,
  SIMPLE_UNDEFINED,
  TAG_BIGINT,
  TAG_DATE,
  TAG_NEGATIVE_BIGINT,
} from "./cbor.ts";
import { MAX_BIGINT_BYTES, MAX_DEPTH } from "./constants.ts";
import { inspectKey } from "./fault.ts";
import type { Item, Value } from "./value.ts";
import { formatPath, ValueError } from "./value_error.ts";

/** A text up to this many bytes is read by a loop: `TextDecoder` costs 0.2 µs to enter. */
const SHORT_TEXT = 24;

/** How many keys the reader remembers: a power of two. */
const KNOWN_KEYS = 512;
const knownKeys = new Array<string>(KNOWN_KEYS).fill("");

/** The farthest that a Date can lie from 1970, in ms (ECMA-262, Time Values and Time Range). */
const MAX_TIME = 8.64e15;

// Fatal, and without the removal of a leading U+FEFF: both would change what was sent.
const textDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

// The reader's state is the module's: no foreign code runs while it reads, and it is never entered
// twice. `keys` is the way to the item at hand, for errors.
const NOTHING = new Uint8Array(0);
let bytes: Uint8Array = NOTHING;
let next = 0;
let budget: ObjectBudget | undefined;
let root = "";
const keys: (string | number)[] = [];

// A float's bytes are brought here: a DataView over each message would cost more than reading it.
const float = new DataView(new ArrayBuffer(8));
const floatBytes = new Uint8Array(float.buffer);

/**
 * How many objects may be made of some bytes: arrays, records, byte arrays, dates and bigints. An
 * empty record is one byte of encoding and some sixty of memory, so that a bound on the bytes alone
 * is none on what they become.
 */
export interface ObjectBudget {
  /** Objects that may still be made; counted down. */
  left: number;
}

/**
 * Decodes a value from deterministic CBOR, and refuses every encoding but the one that
 * `encodeValue` writes: what decodes encodes to the same bytes again.
 *
 * Refused are, among others, bytes left over, indefinite lengths, lengths beyond the bytes at hand
 * (before anything is allocated), integers, lengths and floats that are longer than need be, floats
 * that hold an integer, integers beyond ±(2⁵³ − 1) that are no bigints, keys that are no strings,
 * repeated or out of order, invalid UTF-8, unknown tags and simple values, `undefined` inside of a
 * container, more than 64 levels, and the keys `__proto__` and U+0000….
 *
 * @param encoded the bytes of one value; nothing in the result refers to them
 * @param at what the value is to its reader: the root of the path in errors
 * @param objects how many objects it may be made of; as many as the bytes say unless given
 * @returns the value
 * @throws {ValueError} when the bytes are anything else
 */
export function decodeValue(encoded: Uint8Array, at = "value", objects?: ObjectBudget): Value {
  if (!(encoded instanceof Uint8Array)) {
    throw new ValueError(at, "not a Uint8Array", "decode the bytes of one value");
  }
  bytes = plainBytes(encoded);
  next = 0;
  root = at;
  budget = objects;
  keys.length = 0;
  try {
    if (bytes.length === 1 && bytes[0] === SIMPLE_UNDEFINED) return undefined;
    const value = readItem(1);
    if (next !== bytes.length) {
      refuse(next, `followed by ${bytes.length - next} more bytes`, "send one value, no more");
    }
    return value;
  } finally {
    bytes = NOTHING;
    budget = undefined;
  }
}

/** Makes sure that `slice()` copies, which Node's Buffer does not, and that nobody else writes. */
function plainBytes(encoded: Uint8Array): Uint8Array {
  if (encoded.buffer instanceof SharedArrayBuffer) return new Uint8Array(encoded);
  if (Object.getPrototypeOf(encoded) === Uint8Array.prototype) return encoded;
  return new Uint8Array(encoded.buffer, encoded.byteOffset, encoded.byteLength);
}

function refuse(offset: number, found: string, advice: string): never {
  throw new ValueError(formatPath(root, keys), `${found} (byte ${offset})`, advice);
}

function isObject(first: number): boolean {
  switch (first & 0xe0) {
    case MAJOR_BYTES:
    case MAJOR_ARRAY:
    case MAJOR_MAP:
    case MAJOR_TAG:
      return true;
    default:
      return false;
  }
}

function readItem(depth: number): Item {
  const start = next;
  if (start >= bytes.length) {
    refuse(start, "cut off", "send all bytes of the value");
  }
  const first = bytes[next++]!;
  if (budget !== undefined && isObject(first) && --budget.left < 0) {
    refuse(start, "more objects than may be", "send less at once");
  }
  switch (first & 0xe0) {
    case MAJOR_UNSIGNED:
      return readArgument(first);
    case MAJOR_NEGATIVE:
      return readNegative(first);
    case MAJOR_BYTES:
      return readBytes(first);
    case MAJOR_TEXT:
      return readText(first);
    case MAJOR_ARRAY:
      return readArray(first, depth);
    case MAJOR_MAP:
      return readMap(first, depth);
    case MAJOR_TAG:
      return readTagged(first);
    default:
      return readSimple(first);
  }
}

/** Reads a head's argument, after its first byte: an integer, a length, a count or a tag. */
function readArgument(first: number): number {
  const short = first & 0x1f;
  if (short < 24) return short;
  const start = next - 1;
  if (short > 27) {
    if (short === 31) {
      refuse(start, "of indefinite length", "give every length in advance");
    }
    refuse(start, "an item with a reserved head", "send deterministic CBOR");
  }
  const width = 1 << (short - 24);
  if (bytes.length - next < width) refuse(start, "cut off", "send all bytes of the value");
  let argument: number;
  let least: number;
  if (width === 1) {
    argument = bytes[next]!;
    least = 24;
  } else if (width === 2) {
    argument = readUint16(next);
    least = 0x100;
  } else if (width === 4) {
    argument = readUint32(next);
    least = 0x1_0000;
  } else {
    argument = readUint32(next) * 0x1_0000_0000 + readUint32(next + 4);
    least = 0x1_0000_0000;
  }
  if (argument < least) {
    refuse(start, "an integer or a length in too many bytes", "use the shortest form");
  }
  if (argument > Number.MAX_SAFE_INTEGER) {
    refuse(start, "an integer or a length beyond 2^53 - 1", "send large integers as bigints");
  }
  next += width;
  return argument;
}

function readUint16(at: number): number {
  return bytes[at]! << 8 | bytes[at + 1]!;
}

function readUint32(at: number): number {
  return readUint16(at) * 0x1_0000 + readUint16(at + 2);
}

function readNegative(first: number): number {
  const start = next - 1;
  const number = -1 - readArgument(first);
  if (number < Number.MIN_SAFE_INTEGER) {
    refuse(start, "an integer below -(2^53 - 1)", "send large integers as bigints");
  }
  return number;
}

/** Reads a length in bytes, or a count of items of `size` bytes at the least. */
function readLength(first: number, size: number): number {
  const start = next - 1;
  const length = readArgument(first);
  if (length * size > bytes.length - next) {
    refuse(start, "longer than the bytes at hand", "send all bytes of the value");
  }
  return length;
}

function readBytes(first: number): Uint8Array {
  const length = readLength(first, 1);
  next += length;
  return bytes.slice(next - length, next);
}

function readText(first: number): string {
  const length = readLength(first, 1);
  const start = next;
  next += length;
  if (length > SHORT_TEXT) return decodeText(start);
  let text = "";
  for (let i = start; i < next; i++) {
    const byte = bytes[i]!;
    if (byte >= 0x80) return decodeText(start);
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Decodes the text from `start` to where the reader stands. */
function decodeText(start: number): string {
  try {
    return textDecoder.decode(bytes.subarray(start, next));
  } catch {
    // The decoder's only complaint about bytes.
    refuse(start, "a string that is not UTF-8", "send other bytes as a byte array");
  }
}

function readArray(first: number, depth: number): Item[] {
  const start = next - 1;
  const length = readLength(first, 1);
  if (depth > MAX_DEPTH) refuseDepth(start);
  const items: Item[] = [];
  for (let i = 0; i < length; i++) {
    keys[depth - 1] = i;
    items.push(readItem(depth + 1));
  }
  keys.length = depth - 1;
  return items;
}

function readMap(first: number, depth: number): { [key: string]: Item } {
  const start = next - 1;
  const size = readLength(first, 2);
  if (depth > MAX_DEPTH) refuseDepth(start);
  const record: { [key: string]: Item } = {};
  let before = -1;
  for (let i = 0; i < size; i++) {
    keys.length = depth - 1;
    const at = next;
    const key = readKey();
    keys[depth - 1] = key;
    if (before >= 0) checkOrder(before, at);
    before = at;
    record[key] = readItem(depth + 1);
  }
  keys.length = depth - 1;
  return record;
}

function refuseDepth(offset: number): never {
  refuse(offset, `nested more than ${MAX_DEPTH} levels deep`, "send a flatter value");
}

function readKey(): string {
  const start = next;
  if (start >= bytes.length) refuse(start, "cut off", "send all bytes of the value");
  const first = bytes[next++]!;
  if ((first & 0xe0) !== MAJOR_TEXT) {
    refuse(start, "a map with a key that is not a string", "use string keys only");
  }
  const key = readKeyText(first);
  if (key.charCodeAt(0) === 0 || key === "__proto__") {
    keys.push(key);
    const [found, advice] = inspectKey(key)!;
    refuse(start, found, advice);
  }
  return key;
}

/**
 * Reads a key's text, from the keys read lately where it is one of them: messages repeat their
 * keys, and a string built anew must be hashed and looked up before it can name a property. The table has
 * one place for each hash, so that hostile keys can do no more than push others out.
 */
function readKeyText(first: number): string {
  const short = first & 0x1f;
  const start = next;
  if (short >= 24 || short > bytes.length - start) return readText(first);
  let hash = short;
  for (let i = 0; i < short; i++) hash = Math.imul(hash, 31) + bytes[start + i]! | 0;
  const place = (hash ^ hash >>> 15) & (KNOWN_KEYS - 1);
  const known = knownKeys[place]!;
  if (known.length === short && isAt(known, start)) {
    next += short;
    return known;
  }
  return knownKeys[place] = readText(first);
}

/** Whether an ASCII text stands at an offset; a text with other characters never does. */
function isAt(text: string, start: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit !== bytes[start + i] || unit >= 0x80) return false;
  }
  return true;
}

/** Holds two neighbouring keys, given by where their heads are, to the order of their bytes. */
function checkOrder(before: number, at: number): void {
  // Both are whole and begin with their length, so the first difference comes before either's end.
  let i = 0;
  while (bytes[before + i] === bytes[at + i]) {
    i++;
    if (at + i === next) refuse(at, "a repeated key", "use every key once");
  }
  if (bytes[before + i]! > bytes[at + i]!) {
    refuse(at, "a key out of order", "sort the keys by their encoded bytes");
  }
}

function readTagged(first: number): Item {
  const start = next - 1;
  const tag = readArgument(first);
  if (tag === TAG_DATE) return readDate(start);
  if (tag !== TAG_BIGINT && tag !== TAG_NEGATIVE_BIGINT) {
    refuse(start, `an item with the unknown tag ${tag}`, "use tags 1, 2 and 3 only");
  }
  const content = next < bytes.length ? bytes[next++]! : MAJOR_MAP;
  if ((content & 0xe0) !== MAJOR_BYTES) {
    refuse(start, "a bigint without its bytes", "let a byte array follow the tag");
  }
  const length = readLength(content, 1);
  if (length > MAX_BIGINT_BYTES) {
    refuse(start, `a bigint of more than ${MAX_BIGINT_BYTES} bytes`, "send it as a byte array");
  }
  if (length > 0 && bytes[next] === 0) {
    refuse(start, "a bigint with a leading zero", "use the shortest form");
  }
  next += length;
  const hex = bytes.subarray(next - length, next).toHex();
  const magnitude = length === 0 ? 0n : BigInt(`0x${hex}`);
  return tag === TAG_BIGINT ? magnitude : -1n - magnitude;
}

function readDate(start: number): Date {
  const first = next < bytes.length ? bytes[next++]! : MAJOR_MAP;
  const major = first & 0xe0;
  let seconds: number;
  if (major === MAJOR_UNSIGNED) seconds = readArgument(first);
  else if (major === MAJOR_NEGATIVE) seconds = readNegative(first);
  else if (first >= FLOAT_16 && first <= FLOAT_64) seconds = readFloat(first);
  else refuse(start, "a date without its time", "let a number of seconds follow the tag");
  const time = toTime(seconds);
  if (time === undefined) {
    const advice = "send whole milliseconds, at most 8.64e15 from 1970";
    refuse(start, "a time that no Date can hold", advice);
  }
  return new Date(time);
}

/**
 * Finds the time in ms whose quotient by 1000 the number of seconds is. Far from 1970 the product
 * alone may miss it by one.
 */
function toTime(seconds: number): number | undefined {
  if (!(Math.abs(seconds) <= MAX_TIME / 1000)) return undefined; // NaN as well.
  const near = Math.round(seconds * 1000) + 0; // Never -0, so that -0 s finds no time.
  for (const time of [near, near - 1, near + 1]) {
    if (Object.is(time / 1000, seconds) && Math.abs(time) <= MAX_TIME) return time;
  }
  return undefined;
}

function readSimple(first: number): boolean | null | number {
  switch (first) {
    case SIMPLE_FALSE:
      return false;
    case SIMPLE_TRUE:
      return true;
    case SIMPLE_NULL:
      return null;
    case FLOAT_16:
    case FLOAT_32:
    case FLOAT_64:
      return readFloat(first);
    case SIMPLE_UNDEFINED:
      return refuse(next - 1, "undefined inside of a value", "leave it out, or use null");
    default:
      return refuse(next - 1, "an unknown simple value", "use false, true and null only");
  }
}

function readFloat(first: number): number {
  const start = next - 1;
  const width = first === FLOAT_16 ? 2 : first === FLOAT_32 ? 4 : 8;
  if (bytes.length - next < width) refuse(start, "cut off", "send all bytes of the value");
  for (let i = 0; i < width; i++) floatBytes[i] = bytes[next++]!;
  const number = width === 2
    ? float.getFloat16(0)
    : width === 4
    ? float.getFloat32(0)
    : float.getFloat64(0);
  if (!isShortest(number, width)) {
    refuse(start, "a number in too many bytes", "use the shortest form");
  }
  return number;
}

function isShortest(number: number, width: number): boolean {
  if (Number.isNaN(number)) return width === 2 && float.getUint16(0) === 0x7e00; // The one NaN.
  if (Number.isSafeInteger(number)) return width === 2 && Object.is(number, -0);
  if (width === 2) return true;
  return width === 4 ? Math.f16round(number) !== number : Math.fround(number) !== number;
}
