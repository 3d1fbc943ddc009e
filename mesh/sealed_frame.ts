import { FRAME_PREFIX_BYTES, FrameError, frameTooLarge } from "../transport/mod.ts";
import { headerCodec, MESH_FRAMES, meshCodec } from "./frames.ts";

/** CBOR's major types (RFC 8949, 3.1), in the upper three bits. */
const UNSIGNED = 0x00, BYTES = 0x40;

/** `{0: type, 1: header, 2: body}` up to the header's length: a map of three, two keys, the type. */
const OPENING = Uint8Array.of(0xa3, 0x00, MESH_FRAMES.sealed.type, 0x01);
const BODY_KEY = 0x02;

/**
 * Writes a sealed frame, its length before it: the same bytes as the codec's, in one pass, as there
 * is one for every publication and every peer.
 *
 * @param header an encoded header
 * @param body what the suite has made of the payload
 * @param maxFrameBytes largest frame that may leave
 * @throws {FrameError} `frame-too-large` when it would be larger
 */
export function sealedFrame(
  header: Uint8Array,
  body: Uint8Array,
  maxFrameBytes: number,
): Uint8Array<ArrayBuffer> {
  const size = OPENING.length + headBytes(header.length) + header.length + 1 +
    headBytes(body.length) + body.length;
  if (size > maxFrameBytes) throw frameTooLarge(size, maxFrameBytes);
  const frame = new Uint8Array(FRAME_PREFIX_BYTES + size);
  new DataView(frame.buffer).setUint32(0, size);
  let at = FRAME_PREFIX_BYTES;
  frame.set(OPENING, at);
  at = writeHead(frame, at + OPENING.length, BYTES, header.length);
  frame.set(header, at);
  at += header.length;
  frame[at++] = BODY_KEY;
  at = writeHead(frame, at, BYTES, body.length);
  frame.set(body, at);
  return frame;
}

/** The headers of one topic's publications under one policy, which differ in their number alone. */
export class PublicationHeaders {
  readonly #prefix: Uint8Array;

  constructor(
    fields: {
      readonly realm: Uint8Array;
      readonly policy: Uint8Array;
      readonly suite: string;
      readonly topic: string;
    },
  ) {
    // The number is the last field: what the codec writes for 0 is the prefix and one byte.
    // A copy: what the codec returns lies in a pool that others write to.
    const whole = headerCodec.encode("publication", { ...fields, sequence: 0 });
    this.#prefix = new Uint8Array(whole).subarray(0, -1);
  }

  /** The header of the publication of that number, as the codec would write it. */
  encode(sequence: number): Uint8Array<ArrayBuffer> {
    const prefix = this.#prefix;
    const header = new Uint8Array(prefix.length + headBytes(sequence));
    header.set(prefix);
    writeHead(header, prefix.length, UNSIGNED, sequence);
    return header;
  }
}

/** A sealed frame's two parts, still encoded and sealed. */
export interface SealedParts {
  readonly header: Uint8Array;
  readonly body: Uint8Array;
}

/**
 * Takes a frame of the publications' stream apart. What the present version writes is read without
 * the codec; what it does not (a newer peer's further fields), with it.
 *
 * @returns `undefined` for a frame of an unknown kind that may be skipped
 * @throws {FrameError} when the bytes are no frame, or one that has no place there
 */
export function readSealed(bytes: Uint8Array): SealedParts | undefined {
  const parts = readPlain(bytes);
  if (parts) return parts;
  const frame = meshCodec.decode(bytes);
  if (!frame || frame.kind === "sealed") return frame;
  throw new FrameError("bad-frame", `a ${frame.kind} frame on the publications' stream`);
}

function readPlain(bytes: Uint8Array): SealedParts | undefined {
  for (let i = 0; i < OPENING.length; i++) if (bytes[i] !== OPENING[i]) return undefined;
  const header = readBytes(bytes, OPENING.length);
  if (!header || bytes[header.end] !== BODY_KEY) return undefined;
  const body = readBytes(bytes, header.end + 1);
  if (!body || body.end !== bytes.length) return undefined;
  return { header: header.content, body: body.content };
}

/** A byte string whose length is written as deterministic CBOR wants it. */
function readBytes(
  bytes: Uint8Array,
  at: number,
): { readonly content: Uint8Array; readonly end: number } | undefined {
  const first = bytes[at];
  if (first === undefined || (first & 0xe0) !== BYTES) return undefined;
  const short = first & 0x1f;
  const width = short < 24 ? 0 : short === 24 ? 1 : short === 25 ? 2 : short === 26 ? 4 : -1;
  if (width < 0 || at + 1 + width > bytes.length) return undefined;
  let length = width === 0 ? short : 0;
  for (let i = 0; i < width; i++) length = length * 256 + bytes[at + 1 + i]!;
  if (headBytes(length) !== 1 + width) return undefined;
  const start = at + 1 + width;
  const end = start + length;
  if (end > bytes.length) return undefined;
  return { content: bytes.subarray(start, end), end };
}

function headBytes(argument: number): number {
  if (argument < 24) return 1;
  if (argument < 0x100) return 2;
  if (argument < 0x1_0000) return 3;
  return argument < 0x1_0000_0000 ? 5 : 9;
}

/** Writes a CBOR head (RFC 8949, 3); returns where it ends. */
function writeHead(into: Uint8Array, at: number, major: number, argument: number): number {
  const bytes = headBytes(argument);
  if (bytes === 1) {
    into[at] = major | argument;
    return at + 1;
  }
  into[at] = major | (bytes === 2 ? 24 : bytes === 3 ? 25 : bytes === 5 ? 26 : 27);
  let rest = argument;
  for (let i = bytes - 1; i > 0; i--) {
    into[at + i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return at + bytes;
}
