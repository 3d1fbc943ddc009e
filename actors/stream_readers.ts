import { EndedError } from "./errors.ts";
import type { StreamReader } from "./stream_reader.ts";

/** The streams that code of one shard reads, by the numbers that their items name. */
export class StreamReaders {
  readonly #readers = new Map<number, StreamReader>();

  add(correlation: number, reader: StreamReader): void {
    this.#readers.set(correlation, reader);
  }

  /** The reader of that number; `undefined` when nothing is expected of it any more. */
  get(correlation: number): StreamReader | undefined {
    return this.#readers.get(correlation);
  }

  delete(correlation: number): void {
    this.#readers.delete(correlation);
  }

  /** Fails what was read from a shard that is gone. */
  shardLost(shard: number): void {
    for (const reader of [...this.#readers.values()]) {
      if (reader.to.shard !== shard) continue;
      const words = `shard ${shard} was lost before it had sent all of "${reader.handler}"`;
      reader.fail(new EndedError(words, { reason: "shard-lost" }));
    }
  }

  /** Fails everything that is read. */
  close(): void {
    for (const reader of [...this.#readers.values()]) {
      reader.fail(new EndedError("the actor system has stopped", { reason: "shutdown" }));
    }
  }
}
