import type { Frame } from "./protocol.ts";

/** What a carrier tells its box. */
export interface CarrierEvents {
  /**
   * A frame came in; still unchecked. An error that this throws is the box' fault and ends it.
   *
   * @param bytes of its encoding; 0 where it has none
   */
  frame(frame: unknown, bytes: number): void;
  /**
   * The box is gone, or is being killed; nothing comes after it. Not called after `kill`.
   *
   * @param what it did, in words that follow its name
   * @param killed whether it was alive and is killed for it
   */
  lost(what: string, killed: boolean): void;
}

/** The way to a box and back: a Worker's port, or the pipes of a subprocess. */
export interface Carrier {
  /**
   * Sends a frame; nothing happens once the box is gone.
   *
   * @throws {RangeError} when it is larger than the carrier carries
   */
  send(frame: Frame): void;
  /** Ends the box at once, whatever it is doing. */
  kill(): void;
  /** Settles when nothing of the box is left. */
  readonly closed: Promise<void>;
}
