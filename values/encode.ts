/**
 * Deterministic CBOR, the writing half.
 *
 * The writer is our own and not a library's: the one that was tried (cborg 6.1.5) writes the
 * subnormal half-precision floats in four bytes where RFC 8949 §4.2.1 wants two, drops a leading
 * U+FEFF of strings on the way back, and hands out views of Node's shared buffer pool. It is the
 * peer that the tests compare these bytes with.
 *
 * @module
 */
import { SCRATCH_BYTES, SCRATCH_KEPT_BYTES } from "./constants.ts";
import { copyValue, type Handover, type Seen } from "./copy.ts";
import { findFault } from "./fault.ts";
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
import type { Item } from "./value.ts";
import { ValueError } from "./value_error.ts";

/** A text up to this many UTF-16 units is written by a loop: `encodeInto` costs 0.1 µs to enter. */
const SHORT_TEXT = 32;

/** Stands for the set of all buffers: what is only encoded need not be copied before. */
const EVERY_BUFFER: Handover = { take: (buffer) => buffer };

// The writer's state is the module's: the value was copied before, so that nobody else's code (a
// getter, a proxy) runs while it writes, and it is never entered twice.
let scratch = new Uint8Array(SCRATCH_BYTES);
let view = new DataView(scratch.buffer);
let end = 0;
const textEncoder = new TextEncoder();

/**
 * Encodes a value as deterministic CBOR: one value, one encoding, whatever the order of its keys.
 *
 * Integers within ±(2⁵³ − 1) are CBOR integers and all other numbers the shortest float that holds
 * them, -0 and the canonical NaN included. Bigints are always tags 2 and 3, so that `5n` comes back
 * as `5n`; a `Date` is tag 1; keys are sorted by their encoded bytes; `undefined` is possible at
 * the top only, as simple value 23.
 *
 * @param value anything
 * @param at what the value is to its sender: the root of the path in errors
 * @returns the bytes, in a buffer of their own
 * @throws {ValueError} when something in it is outside of the domain, or a ref
 * @see RFC 8949 §4.2.1, Core Deterministic Encoding Requirements
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { decodeValue, encodeValue } from "./mod.ts";
 *
 * const bytes = encodeValue({ b: 5n, a: [-0, 1.5] }, "payload");
 * assert.deepEqual(bytes, encodeValue({ a: [-0, 1.5], b: 5n }, "payload"));
 * assert.deepEqual(decodeValue(bytes), { a: [-0, 1.5], b: 5n });
 * ```
 */
export function encodeValue(value: unknown, at: string): Uint8Array<ArrayBuffer> {
  const seen: Seen = { refs: false };
  const plain = copyValue(value, at, seen, EVERY_BUFFER);
  if (seen.refs) {
    const advice = "a ref cannot leave its node yet: send the actor's name instead";
    throw findFault(value, at, false) ?? new ValueError(at, "a value with a ref in it", advice);
  }
  if (plain === undefined) return Uint8Array.of(SIMPLE_UNDEFINED);
  end = 0;
  if (plain instanceof Uint8Array) return encodeBytesAlone(plain);
  writeItem(plain);
  const bytes = scratch.slice(0, end);
  if (scratch.length > SCRATCH_KEPT_BYTES) resize(SCRATCH_BYTES);
  return bytes;
}

/** The commonest payload of all, spared the way through the scratch buffer. */
function encodeBytesAlone(content: Uint8Array): Uint8Array<ArrayBuffer> {
  writeHead(MAJOR_BYTES, content.length);
  const bytes = new Uint8Array(end + content.length);
  for (let i = 0; i < end; i++) bytes[i] = scratch[i]!;
  bytes.set(content, end);
  return bytes;
}

function writeItem(item: Item): void {
  switch (typeof item) {
    case "number":
      return writeNumber(item);
    case "string":
      return writeText(item);
    case "boolean":
      return writeByte(item ? SIMPLE_TRUE : SIMPLE_FALSE);
    case "bigint":
      return writeBigint(item);
  }
  if (item === null) return writeByte(SIMPLE_NULL);
  if (Array.isArray(item)) {
    writeHead(MAJOR_ARRAY, item.length);
    for (let i = 0; i < item.length; i++) writeItem(item[i]!);
    return;
  }
  if (item instanceof Uint8Array) return writeBytes(item);
  if (item instanceof Date) return writeDate(item);
  writeRecord(item as { [key: string]: Item });
}

function writeRecord(record: { [key: string]: Item }): void {
  const keys = sortKeys(Object.keys(record));
  writeHead(MAJOR_MAP, keys.length);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    writeText(key);
    writeItem(record[key]!);
  }
}

function writeNumber(number: number): void {
  if (!Number.isSafeInteger(number) || (number === 0 && 1 / number < 0)) return writeFloat(number);
  if (number >= 0) writeHead(MAJOR_UNSIGNED, number);
  else writeHead(MAJOR_NEGATIVE, -1 - number);
}

/** Writes the shortest of the three widths that gives back the number. */
function writeFloat(number: number): void {
  reserve(9);
  if (Number.isNaN(number)) { // NaN, whose payload and sign are nobody's data.
    view.setUint8(end, FLOAT_16);
    view.setUint16(end + 1, 0x7e00);
    end += 3;
  } else if (Math.f16round(number) === number) {
    view.setUint8(end, FLOAT_16);
    view.setFloat16(end + 1, number);
    end += 3;
  } else if (Math.fround(number) === number) {
    view.setUint8(end, FLOAT_32);
    view.setFloat32(end + 1, number);
    end += 5;
  } else {
    view.setUint8(end, FLOAT_64);
    view.setFloat64(end + 1, number);
    end += 9;
  }
}

function writeDate(date: Date): void {
  writeHead(MAJOR_TAG, TAG_DATE);
  writeNumber(date.getTime() / 1000);
}

function writeBigint(number: bigint): void {
  const magnitude = number >= 0n ? number : -1n - number;
  writeHead(MAJOR_TAG, number >= 0n ? TAG_BIGINT : TAG_NEGATIVE_BIGINT);
  if (magnitude === 0n) return writeHead(MAJOR_BYTES, 0);
  const hex = magnitude.toString(16);
  writeBytes(Uint8Array.fromHex(hex.length % 2 === 0 ? hex : `0${hex}`));
}

function writeBytes(bytes: Uint8Array): void {
  writeHead(MAJOR_BYTES, bytes.length);
  reserve(bytes.length);
  scratch.set(bytes, end);
  end += bytes.length;
}

function writeText(text: string): void {
  const { length } = text;
  if (length > SHORT_TEXT) return writeLongText(text);
  reserve(2 + length);
  const start = end;
  let at = start + (length < 24 ? 1 : 2);
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return writeLongText(text);
    scratch[at++] = unit;
  }
  writeHead(MAJOR_TEXT, length);
  end = at;
}

/** Leaves room for the widest head that the text could need, then closes the gap. */
function writeLongText(text: string): void {
  const room = headSize(text.length * 3);
  reserve(room + text.length * 3);
  const start = end;
  const { written } = textEncoder.encodeInto(text, scratch.subarray(start + room));
  writeHead(MAJOR_TEXT, written);
  if (end < start + room) scratch.copyWithin(end, start + room, start + room + written);
  end += written;
}

function headSize(argument: number): number {
  if (argument < 24) return 1;
  if (argument < 0x100) return 2;
  if (argument < 0x1_0000) return 3;
  return argument < 0x1_0000_0000 ? 5 : 9;
}

/** Writes an item's head: the major type, already in the upper three bits, and its argument. */
function writeHead(major: number, argument: number): void {
  reserve(9);
  if (argument < 24) {
    scratch[end++] = major | argument;
  } else if (argument < 0x100) {
    scratch[end++] = major | 24;
    scratch[end++] = argument;
  } else if (argument < 0x1_0000) {
    scratch[end++] = major | 25;
    scratch[end++] = argument >>> 8;
    scratch[end++] = argument;
  } else if (argument < 0x1_0000_0000) {
    scratch[end++] = major | 26;
    view.setUint32(end, argument);
    end += 4;
  } else {
    scratch[end++] = major | 27;
    view.setUint32(end, Math.floor(argument / 0x1_0000_0000));
    view.setUint32(end + 4, argument);
    end += 8;
  }
}

function writeByte(byte: number): void {
  reserve(1);
  scratch[end++] = byte;
}

function reserve(bytes: number): void {
  if (end + bytes > scratch.length) resize(Math.max(2 * scratch.length, end + bytes));
}

function resize(bytes: number): void {
  const larger = new Uint8Array(bytes);
  if (bytes > end) larger.set(scratch.subarray(0, end));
  scratch = larger;
  view = new DataView(larger.buffer);
}

/** Sorts by insertion up to this many keys: a comparator's calls cost more than the moves. */
const FEW_KEYS = 16;

function sortKeys(keys: string[]): string[] {
  if (keys.length > FEW_KEYS) return keys.sort(compareKeys);
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i]!;
    let at = i;
    while (at > 0 && compareKeys(keys[at - 1]!, key) > 0) {
      keys[at] = keys[at - 1]!;
      at--;
    }
    keys[at] = key;
  }
  return keys;
}

/**
 * Orders keys as their encodings are ordered, bytewise: as the head comes first, a text of fewer
 * UTF-8 bytes goes before a longer one, and texts of one length go by their bytes.
 */
function compareKeys(a: string, b: string): number {
  const shorter = utf8Length(a) - utf8Length(b);
  if (shorter !== 0) return shorter;
  for (let i = 0; i < a.length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return utf8Rank(x) - utf8Rank(y);
  }
  return 0;
}

function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // Either half of a surrogate pair stands for two of the four bytes.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return bytes;
}

/** UTF-16 puts surrogates before U+E000…U+FFFF, UTF-8 behind: this puts them behind. */
function utf8Rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x1_0000 : unit;
}
