import type { ActorContext, AnyRef } from "../actors/mod.ts";

/**
 * Calls `then` once when the ref's slot has ended, not only an incarnation that its supervisor may
 * restart: watches one incarnation after the other.
 */
export function whenGone(ctx: ActorContext, ref: AnyRef, then: () => void): void {
  ctx.monitor(ref, ({ reason: { kind } }) => {
    if (kind === "no-such-actor" || kind === "shard-lost") then();
    else whenGone(ctx, ref, then);
  });
}
