/**
 * The part of DER (ITU-T X.690) that a certificate takes: a strict reader and a writer.
 *
 * Why not a library: `@peculiar/asn1-x509` and `asn1-schema` add 38 ms to the start of every Worker
 * that imports them (`@peculiar/x509` 75 ms) and take 111 µs to parse a certificate, and since they
 * read BER, as much again to show that it was DER; they also misread the 128-bit arc of our
 * extension's identifier. This reads a certificate in 9 µs, and refuses what is not the one form of
 * a value. It knows no more than is needed for that: single-byte tags, definite minimal lengths below
 * 64 KiB.
 *
 * @module
 */

import { concatBytes } from "./bytes.ts";

/** Tags, with class and constructed bit, as they stand in the encoding. */
export const DerTag = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  OBJECT_IDENTIFIER: 0x06,
  UTF8_STRING: 0x0c,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  SEQUENCE: 0x30,
  SET: 0x31,
  /** `[0]`, constructed: the version of a certificate. */
  CONTEXT_0: 0xa0,
  /** `[3]`, constructed: the extensions of a certificate. */
  CONTEXT_3: 0xa3,
} as const;

/** One element: its tag, its content, and the whole of its encoding. */
export interface DerElement {
  readonly tag: number;
  /** A view into what was read. */
  readonly content: Uint8Array;
  /** Tag, length and content; a view into what was read. */
  readonly encoded: Uint8Array;
}

/**
 * Reads elements one after the other. Every fault is a `SyntaxError` that names the thing that was
 * being read.
 */
export class DerReader {
  readonly #bytes: Uint8Array;
  readonly #name: string;
  #offset = 0;

  /**
   * @param bytes What to read; it is not copied.
   * @param name What it is called in errors.
   */
  constructor(bytes: Uint8Array, name: string) {
    this.#bytes = bytes;
    this.#name = name;
  }

  /** Whether everything was read. */
  get done(): boolean {
    return this.#offset === this.#bytes.length;
  }

  /** The tag of the next element; undefined at the end. */
  get nextTag(): number | undefined {
    return this.#bytes[this.#offset];
  }

  /**
   * Reads the next element.
   *
   * @param tag The tag that it must have.
   * @param name What the element is called in errors.
   * @returns The element.
   * @throws {SyntaxError} When there is none, it has another tag, or its length is not in the one
   * form that DER allows or runs past the end.
   */
  read(tag: number, name: string): DerElement {
    const start = this.#offset;
    const found = this.#byte(name);
    if (found !== tag) throw new SyntaxError(`${name}: tag ${hex(found)} instead of ${hex(tag)}`);
    let length = this.#byte(name);
    if (length >= 0x80) {
      const size = length & 0x7f;
      if (size < 1 || size > 2) {
        throw new SyntaxError(`${name}: length byte ${hex(length)} is not DER, or far too long`);
      }
      length = 0;
      for (let i = 0; i < size; i++) length = length << 8 | this.#byte(name);
      if (length < (size === 1 ? 0x80 : 0x100)) {
        throw new SyntaxError(`${name}: the length ${length} is not in its shortest form`);
      }
    }
    const contentStart = this.#offset;
    const end = contentStart + length;
    if (end > this.#bytes.length) {
      throw new SyntaxError(`${name}: ${length} bytes announced, ${this.#rest()} left`);
    }
    this.#offset = end;
    return {
      tag: found,
      content: this.#bytes.subarray(contentStart, end),
      encoded: this.#bytes.subarray(start, end),
    };
  }

  /** Reads the next element and returns a reader of what is in it. */
  enter(tag: number, name: string): DerReader {
    return new DerReader(this.read(tag, name).content, name);
  }

  /**
   * Confirms that nothing follows.
   *
   * @throws {SyntaxError} When something does.
   */
  end(): void {
    if (!this.done) throw new SyntaxError(`${this.#name}: ${this.#rest()} bytes too many`);
  }

  #rest(): number {
    return this.#bytes.length - this.#offset;
  }

  #byte(name: string): number {
    const byte = this.#bytes[this.#offset];
    if (byte === undefined) throw new SyntaxError(`${name}: cut short`);
    this.#offset++;
    return byte;
  }
}

/**
 * Writes an element.
 *
 * @param tag One byte of {@linkcode DerTag}.
 * @param content The parts of its content, together below 64 KiB.
 * @returns Tag, shortest length and content.
 * @throws {RangeError} When the content is longer.
 */
export function encodeDer(tag: number, ...content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of content) length += part.length;
  if (length > 0xffff) throw new RangeError(`DER content of ${length} bytes; at most 65535`);
  const head = length < 0x80
    ? [tag, length]
    : length < 0x100
    ? [tag, 0x81, length]
    : [tag, 0x82, length >> 8, length & 0xff];
  return concatBytes(Uint8Array.from(head), ...content);
}

/**
 * Writes an object identifier, arcs of any size included.
 *
 * @param dotted For example `1.3.101.112`.
 * @returns The element.
 * @throws {RangeError} When it has fewer than two arcs, or arcs that X.660 does not allow.
 */
export function encodeOid(dotted: string): Uint8Array<ArrayBuffer> {
  if (!/^[012](\.(0|[1-9]\d*))+$/.test(dotted)) {
    throw new RangeError(`${JSON.stringify(dotted)} is no object identifier such as 1.3.101.112`);
  }
  const arcs = dotted.split(".").map(BigInt);
  const [root = 0n, second = 0n, ...rest] = arcs;
  if (root < 2n && second > 39n) {
    throw new RangeError(`${dotted}: the second arc under ${root} is at most 39`);
  }
  const content: number[] = [];
  for (const arc of [root * 40n + second, ...rest]) {
    const groups = [Number(arc & 0x7fn)];
    for (let left = arc >> 7n; left > 0n; left >>= 7n) {
      groups.unshift(Number(left & 0x7fn) | 0x80);
    }
    content.push(...groups);
  }
  return encodeDer(DerTag.OBJECT_IDENTIFIER, Uint8Array.from(content));
}

/**
 * Writes a point in time as a certificate does (RFC 5280, 4.1.2.5): UTCTime up to 2049,
 * GeneralizedTime from 2050.
 *
 * @param seconds Seconds since 1970, whole, of the years 1950 to 9999.
 * @returns The element.
 * @throws {RangeError} For any other number.
 */
export function encodeTime(seconds: number): Uint8Array<ArrayBuffer> {
  const date = new Date(seconds * 1000);
  const year = date.getUTCFullYear();
  if (!Number.isSafeInteger(seconds) || !(year >= 1950 && year <= 9999)) {
    throw new RangeError(`${seconds} s since 1970 is no whole second of the years 1950 to 9999`);
  }
  const digits = date.toISOString().slice(0, 19).replace(/[-:T]/g, "") + "Z";
  const short = year < 2050;
  return encodeDer(
    short ? DerTag.UTC_TIME : DerTag.GENERALIZED_TIME,
    new TextEncoder().encode(short ? digits.slice(2) : digits),
  );
}

/**
 * Reads a point in time, in the one form that {@linkcode encodeTime} writes.
 *
 * @param reader Where it stands.
 * @param name What it is called in errors.
 * @returns Seconds since 1970.
 * @throws {SyntaxError} When it is in another form, or no such day or time exists.
 */
export function readTime(reader: DerReader, name: string): number {
  const short = reader.nextTag === DerTag.UTC_TIME;
  const { content } = reader.read(short ? DerTag.UTC_TIME : DerTag.GENERALIZED_TIME, name);
  const text = String.fromCharCode(...content.subarray(0, 16));
  const digits = short ? (text < "5" ? "20" : "19") + text : text;
  const fields = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits)?.slice(1).map(Number);
  if (content.length !== (short ? 13 : 15) || fields === undefined) {
    throw new SyntaxError(`${name}: ${JSON.stringify(text)} is no time of a certificate`);
  }
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields;
  const seconds = Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
  // Date.UTC carries 31 February over into March, and years below 100 into the 1900s.
  const iso = new Date(seconds * 1000).toISOString();
  const exact = iso.replace(/[-:T]/g, "").startsWith(digits.slice(0, 14));
  if (!exact || (!short && year < 2050)) {
    throw new SyntaxError(`${name}: ${JSON.stringify(text)} is no time, or in the wrong form`);
  }
  return seconds;
}

function hex(byte: number): string {
  return "0x" + byte.toString(16).padStart(2, "0");
}
