import { FRAME_PREFIX_BYTES } from "./wire_constants.ts";
import { concat } from "./concat.ts";
import { FrameError } from "./frames.ts";

/**
 * Cuts a stream of bytes into chunks of whole frames. A frame is a length (4 bytes, big-endian)
 * and as many bytes. What is incomplete is kept for the next call; no more than one frame of the
 * largest size is ever kept.
 */
export class FrameSplitter {
  readonly #maxFrameBytes: number;
  /** An incomplete frame, in the pieces in which it came: joined once, however many there are. */
  #pieces: Uint8Array[] = [];
  #pending = 0;
  /** Bytes that the incomplete frame has in all, prefix included; 0 until its prefix is whole. */
  #wanted = 0;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Bytes of an incomplete frame that are kept. */
  get pending(): number {
    return this.#pending;
  }

  /**
   * Takes what a stream gave.
   *
   * @returns the longest run of whole frames, prefixes included; empty when there is none
   * @throws {FrameError} `frame-too-large` as soon as a prefix announces too much
   */
  push(bytes: Uint8Array): Uint8Array {
    if (this.#wanted > this.#pending + bytes.byteLength) {
      this.#keep(bytes.slice());
      return EMPTY;
    }
    this.#keep(bytes);
    const all = this.#pieces.length === 1 ? bytes : concat(this.#pieces, this.#pending);
    this.#pieces = [];
    this.#pending = 0;
    this.#wanted = 0;
    let end = 0;
    while (all.byteLength - end >= FRAME_PREFIX_BYTES) {
      const length = readLength(all, end);
      if (length > this.#maxFrameBytes) throw frameTooLarge(length, this.#maxFrameBytes);
      if (all.byteLength - end < FRAME_PREFIX_BYTES + length) {
        this.#wanted = FRAME_PREFIX_BYTES + length;
        break;
      }
      end += FRAME_PREFIX_BYTES + length;
    }
    if (end < all.byteLength) this.#keep(all.slice(end));
    return end === all.byteLength ? all : all.subarray(0, end);
  }

  #keep(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#pending += piece.byteLength;
  }
}

const EMPTY = new Uint8Array(0);

/** The frames of a chunk of whole frames, without their prefixes, as views. */
export function* framesOf(chunk: Uint8Array): Generator<Uint8Array> {
  let at = 0;
  while (at < chunk.byteLength) {
    const length = readLength(chunk, at);
    at += FRAME_PREFIX_BYTES;
    yield chunk.subarray(at, at + length);
    at += length;
  }
}

/** A frame's bytes with their prefix. */
export function prefixed(frame: Uint8Array, maxFrameBytes: number): Uint8Array {
  if (frame.byteLength > maxFrameBytes) throw frameTooLarge(frame.byteLength, maxFrameBytes);
  const bytes = new Uint8Array(FRAME_PREFIX_BYTES + frame.byteLength);
  new DataView(bytes.buffer).setUint32(0, frame.byteLength);
  bytes.set(frame, FRAME_PREFIX_BYTES);
  return bytes;
}

/** The error for a frame that is larger than the limit, both in bytes. */
export function frameTooLarge(length: number, limit: number): FrameError {
  return new FrameError(
    "frame-too-large",
    `a frame of ${length} bytes is over the limit of ${limit}: send less at once, or raise ` +
      `maxFrameBytes on both nodes`,
  );
}

function readLength(bytes: Uint8Array, at: number): number {
  return (((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0;
}
