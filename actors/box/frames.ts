/**
 * Frames on the pipes to and from a process: four bytes of length, big-endian, then one value in
 * deterministic CBOR. Whoever reads them trusts nothing: the length is bounded before anything is
 * allocated, and any encoding but the one is refused.
 *
 * @module
 */
import { OBJECT_BYTES } from "./constants.ts";
import { decodeValue, encodeValue, type Value } from "../../values/mod.ts";

const HEAD_BYTES = 4;

/** A frame that was read. */
export interface ReadFrame {
  readonly value: Value;
  /** About how much memory it takes: the bytes of its encoding, and of the objects made of it. */
  readonly bytes: number;
}

/** What came over a pipe is no frame. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

/**
 * Writes a frame.
 *
 * @param maxBytes the bound on the encoded value
 * @throws {RangeError} when the value has more bytes
 * @throws {ValueError} when the value is outside of the domain
 */
export function encodeFrame(value: unknown, maxBytes: number): Uint8Array<ArrayBuffer> {
  const body = encodeValue(value, "frame");
  if (body.length > maxBytes) {
    throw new RangeError(
      `the message has ${body.length} bytes, encoded: ${maxBytes} at most can pass the process' pipe`,
    );
  }
  const frame = new Uint8Array(HEAD_BYTES + body.length);
  new DataView(frame.buffer).setUint32(0, body.length);
  frame.set(body, HEAD_BYTES);
  return frame;
}

/** Cuts what comes over a pipe into frames, however it was chunked. */
export class FrameReader {
  readonly #maxBytes: number;
  readonly #maxObjects: number;
  readonly #head = new Uint8Array(HEAD_BYTES);
  #headBytes = 0;
  #body: Uint8Array | undefined;
  #bodyBytes = 0;

  /**
   * @param maxBytes the bound on one frame's encoded value
   * @param maxObjects and on the objects that it is decoded to
   */
  constructor(maxBytes: number, maxObjects: number) {
    this.#maxBytes = maxBytes;
    this.#maxObjects = maxObjects;
  }

  /**
   * Takes the next chunk and gives the frames that it completes, each before the next is decoded.
   *
   * @throws {FrameError} when a length is out of bounds or a body is not deterministic CBOR; the
   * reader is of no use from then on
   */
  *read(chunk: Uint8Array): Generator<ReadFrame> {
    let at = 0;
    while (at < chunk.length) {
      if (!this.#body) {
        const count = Math.min(HEAD_BYTES - this.#headBytes, chunk.length - at);
        this.#head.set(chunk.subarray(at, at + count), this.#headBytes);
        this.#headBytes += count;
        at += count;
        if (this.#headBytes < HEAD_BYTES) return;
        this.#body = new Uint8Array(this.#lengthOf());
        this.#bodyBytes = 0;
      }
      const count = Math.min(this.#body.length - this.#bodyBytes, chunk.length - at);
      this.#body.set(chunk.subarray(at, at + count), this.#bodyBytes);
      this.#bodyBytes += count;
      at += count;
      if (this.#bodyBytes < this.#body.length) return;
      const body = this.#body;
      this.#body = undefined;
      this.#headBytes = 0;
      yield decode(body, this.#maxObjects);
    }
  }

  #lengthOf(): number {
    const length = new DataView(this.#head.buffer).getUint32(0);
    if (length === 0 || length > this.#maxBytes) {
      throw new FrameError(`a frame of ${length} bytes: 1 to ${this.#maxBytes} are possible`);
    }
    return length;
  }
}

function decode(body: Uint8Array, maxObjects: number): ReadFrame {
  const objects = { left: maxObjects };
  try {
    const value = decodeValue(body, "frame", objects);
    return { value, bytes: body.length + (maxObjects - objects.left) * OBJECT_BYTES };
  } catch (error) {
    throw new FrameError(error instanceof Error ? error.message : String(error));
  }
}
