import {
  COALESCE_BYTES,
  GATHER_MAX_BYTES,
  GATHER_MIN_BYTES,
  STREAM_QUANTUM_BYTES,
} from "./constants.ts";

/**
 * Hands bytes on.
 *
 * @returns How many of them were taken; `null` for none, for now.
 */
export type Sink = (bytes: Uint8Array, fin: boolean) => number | null;

const NOTHING = new Uint8Array(0);

interface Chunk {
  bytes: Uint8Array;
  /** Where unsent bytes begin and end. */
  start: number;
  end: number;
  /** The buffer is ours, and small writes may be added to it. */
  gathers: boolean;
}

/**
 * What is waiting to be sent on one stream, in order. Small writes are gathered in buffers that
 * grow with the need, so that a thousand of them are one call into QUIC; large ones are kept by
 * reference.
 */
export class SendQueue {
  readonly #chunks: Chunk[] = [];
  #bytes = 0;
  #fin = false;

  /** Bytes waiting. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the end of the stream was queued. Nothing can be added after it. */
  get ended(): boolean {
    return this.#fin;
  }

  /** Whether something waits: bytes, or the end. It stays true once the end was queued. */
  get pending(): boolean {
    return this.#bytes > 0 || this.#fin;
  }

  /**
   * Adds bytes.
   *
   * @param bytes Up to `COALESCE_BYTES` they are copied; more of them must not change until sent.
   * @param fin Whether they are the last.
   */
  push(bytes: Uint8Array, fin: boolean): void {
    this.#fin = fin;
    const { length } = bytes;
    if (length === 0) return;
    this.#bytes += length;
    if (length > COALESCE_BYTES) {
      this.#chunks.push({ bytes, start: 0, end: length, gathers: false });
      return;
    }
    const last = this.#chunks.at(-1);
    if (last?.gathers && last.end + length <= last.bytes.length) {
      last.bytes.set(bytes, last.end);
      last.end += length;
      return;
    }
    const wanted = Math.max(
      GATHER_MIN_BYTES,
      2 * length,
      last?.gathers ? 2 * last.bytes.length : 0,
    );
    // A lone write is the common case: it gets a buffer of its size, and the next one room to grow.
    const size = last ? Math.min(wanted, GATHER_MAX_BYTES) : length;
    const buffer = new Uint8Array(size);
    buffer.set(bytes);
    this.#chunks.push({ bytes: buffer, start: 0, end: length, gathers: true });
  }

  /**
   * Hands on what the sink takes, up to a quantum.
   *
   * @param sink Where to; what it throws passes through, and the bytes it was offered stay.
   * @returns `done` when nothing is left, the end included; `blocked` when the sink took less than
   * it was offered; `more` when the quantum was reached first.
   */
  drain(sink: Sink): "done" | "blocked" | "more" {
    let quantum = STREAM_QUANTUM_BYTES;
    while (this.#chunks.length > 0) {
      if (quantum <= 0) return "more";
      const chunk = this.#chunks[0]!;
      const last = this.#chunks.length === 1;
      const offered = chunk.bytes.subarray(chunk.start, chunk.end);
      const taken = sink(offered, last && this.#fin) ?? 0;
      this.#bytes -= taken;
      quantum -= taken;
      if (taken < offered.length) {
        chunk.start += taken;
        chunk.gathers = false; // else its buffer would grow without an end while the sink is slow
        return "blocked";
      }
      this.#chunks.shift();
      if (last) return "done";
    }
    return !this.#fin || sink(NOTHING, true) !== null ? "done" : "blocked";
  }

  /** Forgets everything; returns how many bytes that were. */
  clear(): number {
    const bytes = this.#bytes;
    this.#chunks.length = 0;
    this.#bytes = 0;
    return bytes;
  }
}
