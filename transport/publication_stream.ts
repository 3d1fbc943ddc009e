import { QUEUE_HIGH_WATER_BYTES } from "./constants.ts";
import type { QuicConnection } from "./quic_connection.ts";

/** The stream on which one side of a connection sends its publications. */
export class PublicationStream {
  readonly #quic: QuicConnection;
  readonly #streamId: number;
  readonly #now: () => number;
  #room: PromiseWithResolvers<void> | undefined;
  #waitingSince = 0;
  #closed = false;

  /** @param now time in milliseconds, never going back */
  constructor(quic: QuicConnection, now: () => number) {
    this.#quic = quic;
    this.#now = now;
    this.#streamId = quic.openUni();
  }

  /**
   * Queues bytes.
   *
   * @returns settles when the connection has room for more; at once after its end, as what is
   * written then goes nowhere and its sender learns of the end from the connection
   */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#closed) return;
    this.#quic.write(this.#streamId, bytes);
    if (this.#quic.queuedBytes <= QUEUE_HIGH_WATER_BYTES) return;
    if (!this.#room) this.#waitingSince = this.#now();
    await (this.#room ??= Promise.withResolvers<void>()).promise;
  }

  /** For how long a write has been waiting for room, in milliseconds; 0 when none is. */
  get waitingMs(): number {
    return this.#room ? this.#now() - this.#waitingSince : 0;
  }

  /** The connection has room again. */
  writable(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  /** The connection has ended. */
  close(): void {
    this.#closed = true;
    this.writable();
  }
}
