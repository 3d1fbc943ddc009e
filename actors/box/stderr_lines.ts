import type { Clock } from "../clock.ts";
import { MAX_LINE_UNITS, STDERR_BYTES_A_SECOND } from "./constants.ts";
import { printable } from "./printable.ts";

/** UTF-16 units of what was heard that are kept: V8's words may come in two chunks. */
const FATAL_UNITS = 64;

const END_OF_LINE = Uint8Array.of(10);

/**
 * Passes what a process complains of on to this node's `stderr`: whole lines led by the actor's path,
 * without control characters, and no more of them than a bound.
 */
export class StderrLines {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #decoder = new TextDecoder();
  #line = "";
  #tail = "";
  #outOfMemory = false;
  #windowStart: number;
  #passed = 0;
  #dropped = 0;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
    this.#windowStart = clock.now();
  }

  /** Whether V8 said that there is no memory left: it writes a long trace after that. */
  get saysOutOfMemory(): boolean {
    return this.#outOfMemory;
  }

  /** Passes a stream on until it ends. */
  async pass(stderr: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    for (;;) {
      const { done, value } = await stderr.read();
      for (const line of this.take(done ? END_OF_LINE : value)) console.error(line);
      if (done) return;
      await new Promise<void>((next) => setImmediate(next));
    }
  }

  /** Takes the next bytes; gives the lines to write. */
  take(chunk: Uint8Array): string[] {
    const text = this.#decoder.decode(chunk, { stream: true });
    const heard = this.#tail + text;
    this.#outOfMemory ||= /Fatal \w+ out of memory/.test(heard);
    this.#tail = heard.slice(-FATAL_UNITS);
    const parts = (this.#line + text).split("\n");
    this.#line = parts.pop()!.slice(0, MAX_LINE_UNITS);
    return parts.filter((part) => part.trim() !== "").flatMap((part) => this.#admit(part));
  }

  #admit(part: string): string[] {
    const clean = printable(part.slice(0, MAX_LINE_UNITS));
    const now = this.#clock.now();
    const lines: string[] = [];
    if (now - this.#windowStart >= 1_000) {
      if (this.#dropped > 0) lines.push(`[${this.#path}] (${this.#dropped} lines more)`);
      this.#windowStart = now;
      this.#passed = 0;
      this.#dropped = 0;
    }
    if (this.#passed + clean.length > STDERR_BYTES_A_SECOND) {
      this.#dropped++;
    } else {
      this.#passed += clean.length;
      lines.push(`[${this.#path}] ${clean}`);
    }
    return lines;
  }
}
