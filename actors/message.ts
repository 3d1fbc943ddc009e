import type { RefAddress, Value } from "../values/mod.ts";
import type { Envelope } from "./envelope.ts";

/** Fire and forget. */
export const TELL = 0;
/** Settles when the message is in the mailbox. */
export const SEND = 1;
/** Settles with the reply. */
export const ASK = 2;
/** Answered by a stream of items. */
export const STREAM = 3;

/** What the sender waits for. */
export type Kind = typeof TELL | typeof SEND | typeof ASK | typeof STREAM;

/** A message on its way to a handler, inside one shard. */
export class Message {
  readonly kind: Kind;
  readonly handler: string;
  /** Copied at the call; refs are still markers when `refs` says so. */
  readonly args: Value[];
  readonly refs: boolean;
  readonly sender: RefAddress | undefined;
  readonly envelope: Envelope;

  constructor(
    kind: Kind,
    handler: string,
    args: Value[],
    refs: boolean,
    sender: RefAddress | undefined,
    envelope: Envelope,
  ) {
    this.kind = kind;
    this.handler = handler;
    this.args = args;
    this.refs = refs;
    this.sender = sender;
    this.envelope = envelope;
  }
}
