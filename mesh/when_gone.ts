import type { ActorContext, AnyRef } from "../actors/mod.ts";

/**
 * Calls `then` once when the ref's slot has ended, not only an incarnation that its supervisor may
 * restart: watches one incarnation after the other.
 *
 * @returns disposed, it watches no longer
 */
export function whenGone(ctx: ActorContext, ref: AnyRef, then: () => void): Disposable {
  let monitor: Disposable;
  const watch = () => {
    monitor = ctx.monitor(ref, ({ reason: { kind } }) => {
      if (kind === "no-such-actor" || kind === "shard-lost") then();
      else watch();
    });
  };
  watch();
  return { [Symbol.dispose]: () => monitor[Symbol.dispose]() };
}
