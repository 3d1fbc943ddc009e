/**
 * What the QUIC systems say on a stream: its first byte is its kind, the far side does the rest.
 *
 * @module
 */

/** The far side sends back what comes. */
export const ECHO = 1;
/** The far side counts what comes, and says how many bytes when the stream ends. */
export const COUNT = 2;

/** Length of the count in bytes: a double, big-endian. */
const COUNT_BYTES = 8;

/** A count as the far side sends it. */
export function encodeCount(count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(COUNT_BYTES);
  new DataView(bytes.buffer).setFloat64(0, count);
  return bytes;
}

/**
 * Reads a count.
 *
 * @throws {RangeError} When the bytes are no count.
 */
export function decodeCount(bytes: Uint8Array): number {
  if (bytes.length !== COUNT_BYTES) {
    throw new RangeError(`a count has ${COUNT_BYTES} bytes, not ${bytes.length}`);
  }
  return new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0);
}

/** Waits for so many bytes that come in pieces of any size. One wait at a time. */
export class ByteInbox {
  #bytes = new Uint8Array(0);
  #at = 0;
  #waiting: PromiseWithResolvers<Uint8Array> | undefined;

  /** Whoever waits gets these bytes; there may be no more than are waited for. */
  push(piece: Uint8Array): void {
    if (this.#at + piece.length > this.#bytes.length) {
      this.fail(new RangeError(`${piece.length} bytes came that nobody waits for`));
      return;
    }
    this.#bytes.set(piece, this.#at);
    this.#at += piece.length;
    if (this.#at < this.#bytes.length) return;
    this.#waiting?.resolve(this.#bytes);
    this.#waiting = undefined;
  }

  /** Whoever waits gets an error. */
  fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  /** The next so many bytes. */
  next(length: number): Promise<Uint8Array> {
    this.#bytes = new Uint8Array(length);
    this.#at = 0;
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }
}
