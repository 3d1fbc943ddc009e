import type { RefAddress } from "../values/mod.ts";
import type { ExitKind } from "./exit_reason.ts";

/**
 * What the system lane carries to a slot. It is never bounded and never drops, and goes before the
 * messages in the mailbox.
 */
export type Signal =
  /** End after the message in hand. With `keep` the slot stays, `down`, and its parent is told. */
  | { readonly type: "stop"; readonly keep: boolean }
  /** End at once. With `keep` as above. */
  | { readonly type: "kill"; readonly keep: boolean }
  /** Start the next incarnation in a slot that is down. */
  | { readonly type: "restart" }
  /** End the slot that is down. */
  | { readonly type: "end" }
  | { readonly type: "monitor"; readonly id: number; readonly shard: number }
  | { readonly type: "demonitor"; readonly id: number; readonly shard: number }
  | { readonly type: "link"; readonly from: RefAddress }
  | { readonly type: "unlink"; readonly from: RefAddress }
  /** What a link, or `ctx.exit`, brings. */
  | {
    readonly type: "exit";
    readonly from: RefAddress;
    readonly kind: ExitKind;
    readonly message: string;
    readonly linked: boolean;
  }
  /** An incarnation of a child has ended; the supervisor decides. */
  | {
    readonly type: "child-exit";
    readonly child: number;
    readonly shard: number;
    readonly slot: number;
    readonly kind: ExitKind;
    readonly message: string;
  }
  /** A child that was restarted is up. */
  | { readonly type: "child-started"; readonly child: number }
  /** A child's slot has ended. */
  | { readonly type: "child-ended"; readonly child: number };
