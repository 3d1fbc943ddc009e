/** Where bytes go: stdout, stderr. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
}

/** Characters that may wait for a slow reader before a writer does. */
const HIGH_WATER_CHARS = 65_536;

/**
 * Text on its way to a file or pipe. What comes while a write is under way goes out as one write
 * after it, in order; a writer that awaits is held back by a slow reader, and nothing blocks the
 * isolate, whose connections would die of it.
 */
export class TextSink {
  readonly #to: ByteSink;
  readonly #onGone: (error: Error) => void;
  readonly #encoder = new TextEncoder();
  #pending = "";
  #writing: Promise<void> | undefined;
  #gone = false;

  /**
   * @param to where it goes
   * @param onGone told once, when nothing can be written any more; later text is dropped
   */
  constructor(to: ByteSink, onGone: (error: Error) => void) {
    this.#to = to;
    this.#onGone = onGone;
  }

  /** Takes text; settles when there is room for more. */
  write(text: string): Promise<void> {
    if (this.#gone) return Promise.resolve();
    this.#pending += text;
    this.#writing ??= this.#drain();
    return this.#pending.length < HIGH_WATER_CHARS ? Promise.resolve() : this.#writing;
  }

  /** Settles when everything is written, or cannot be. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#pending !== "") {
        const bytes = this.#encoder.encode(this.#pending);
        this.#pending = "";
        for (let at = 0; at < bytes.length;) at += await this.#to.write(bytes.subarray(at));
      }
    } catch (error) {
      this.#gone = true;
      this.#pending = "";
      this.#onGone(error as Error);
    }
    this.#writing = undefined;
  }
}
