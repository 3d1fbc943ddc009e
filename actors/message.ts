import type { RefAddress, Value } from "../values/mod.ts";

/** Fire and forget. */
export const TELL = 0;
/** Settles when the message is in the mailbox. */
export const SEND = 1;
/** Settles with the reply. */
export const ASK = 2;

/** What the sender waits for. */
export type Kind = typeof TELL | typeof SEND | typeof ASK;

/** A message on its way to a handler, inside one shard. */
export interface Message {
  readonly kind: Kind;
  readonly handler: string;
  /** Copied at the call; refs are still markers when `refs` says so. */
  readonly args: Value[];
  readonly refs: boolean;
  readonly sender: RefAddress | undefined;
  /** Node id of the caller on another node. */
  readonly caller: string | undefined;
  /** Shard that holds the promise of a send or ask, and the promise's number there. */
  readonly replyShard: number;
  readonly correlation: number;
  /** Time of this shard's clock at which the asker gives up, in ms. */
  readonly deadline: number;
}

/** What the system lane carries to a slot. It is never bounded and never drops. */
export type Signal =
  | { readonly type: "stop"; readonly shutdownMs: number }
  | { readonly type: "kill" }
  | { readonly type: "restart" }
  | { readonly type: "end" }
  | { readonly type: "monitor"; readonly id: number; readonly shard: number }
  | { readonly type: "demonitor"; readonly id: number; readonly shard: number }
  | {
    readonly type: "child-exit";
    readonly child: number;
    readonly shard: number;
    readonly slot: number;
    readonly kind: string;
    readonly message: string;
  }
  | { readonly type: "child-ended"; readonly child: number };
