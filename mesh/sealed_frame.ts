import { FRAME_PREFIX_BYTES, FrameError, frameTooLarge } from "../transport/mod.ts";
import { BYTES, headBytes, readHead, writeHead } from "./cbor_head.ts";
import { MESH_FRAMES, meshCodec } from "./frames.ts";

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

/** A byte string, as deterministic CBOR writes it. */
function readBytes(
  bytes: Uint8Array,
  at: number,
): { readonly content: Uint8Array; readonly end: number } | undefined {
  const head = readHead(bytes, at, BYTES);
  if (!head) return undefined;
  const end = head.end + head.argument;
  if (end > bytes.length) return undefined;
  return { content: bytes.subarray(head.end, end), end };
}
