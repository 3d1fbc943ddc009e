import type { QuicConnection } from "./quic_connection.ts";
import type { PublicationStream } from "./publication_stream.ts";

/**
 * Native handles of this isolate, by number. A handle cannot be copied into a message, so the
 * actors of one isolate pass its number and take the handle here, as Erlang's processes pass ports.
 * Taking removes it: each handle is used by one actor only.
 */
export class Handles<T> {
  readonly #kept = new Map<number, T>();

  /** Files a handle under a number. */
  put(id: number, handle: T): void {
    this.#kept.set(id, handle);
  }

  /**
   * Takes a handle out.
   *
   * @throws {RangeError} when it is not there (any more)
   */
  take(id: number): T {
    const handle = this.#kept.get(id);
    if (handle === undefined) throw new RangeError(`there is no handle ${id} to take`);
    this.#kept.delete(id);
    return handle;
  }

  /** Forgets a handle that nobody took. */
  drop(id: number): void {
    this.#kept.delete(id);
  }
}

/** QUIC connections on their way to their connection actor. */
export const quicHandles = new Handles<QuicConnection>();

/** Publication streams on their way to their writer. */
export const streamHandles = new Handles<PublicationStream>();
