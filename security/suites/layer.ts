/**
 * The interface of a layer, of which a suite is a chain.
 *
 * @module
 */

/** Why something sealed could not be opened. */
export type SealErrorCode =
  /** It is too short to be anything that the layer sealed. */
  | "seal-too-short"
  /** Header or payload were changed, or it was sealed with another key. */
  | "bad-seal"
  /** Its number was opened before, or a later one was. */
  | "replayed";

/** What came was not what the peer sealed for this header. */
export class SealError extends Error {
  override readonly name = "SealError";

  constructor(readonly code: SealErrorCode, message: string) {
    super(message);
  }
}

/** One direction of a layer between two nodes: it seals, or it opens. */
export interface Sealing {
  /**
   * Seals a payload.
   *
   * @param header authenticated with it, not encrypted; it travels beside the result
   * @param payload any bytes; they are not changed
   * @returns what `open` of the other side takes, to be sent in the order in which it was sealed
   */
  seal(header: Uint8Array, payload: Uint8Array): Uint8Array;
}

/** The other end of a {@linkcode Sealing}. */
export interface Opening {
  /**
   * Opens what the other side has sealed. Its state moves on only when the tag has verified.
   *
   * @param header as it came
   * @param sealed as it came
   * @throws {SealError} when it is anything else than the other side's, for this header, and new
   */
  open(header: Uint8Array, sealed: Uint8Array): Uint8Array;
}

/** What the keys of a layer are for: no two scopes share one. */
export interface SealScope {
  /** The direction's secret, 32 bytes (see `pair.ts`). */
  readonly secret: Uint8Array;
  /** Id of the realm, 32 bytes. */
  readonly realmId: Uint8Array;
  /** Which of the connection's streams: what is sealed for one cannot be opened on another. */
  readonly lane: string;
}

/** A layer: what it is called in policies, and how its two ends are made. */
export interface Layer {
  readonly name: string;
  /** The sender's end, at its first message. */
  sealing(scope: SealScope): Sealing;
  /** The receiver's end, at its first message. */
  opening(scope: SealScope): Opening;
}
