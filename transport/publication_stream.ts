import { QUEUE_HIGH_WATER_BYTES } from "./constants.ts";
import type { QuicConnection } from "./quic_connection.ts";

/** The stream on which one side of a connection sends its publications. */
export class PublicationStream {
  readonly #quic: QuicConnection;
  readonly #streamId: number;
  #room: PromiseWithResolvers<void> | undefined;
  #closed = false;

  constructor(quic: QuicConnection) {
    this.#quic = quic;
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
    await (this.#room ??= Promise.withResolvers<void>()).promise;
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
