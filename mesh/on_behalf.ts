import { type ActorContext, MAX_DEADLINE_MS, type RefOptions } from "../actors/mod.ts";

/**
 * Options for an ask that carries on the message being handled: under its caller's name, and with
 * all of the time that it has left, which may be more than an ask has by itself.
 */
export function onBehalf(ctx: ActorContext): RefOptions {
  const message = ctx.message;
  if (!message) return {};
  const { caller, remainingMs } = message;
  return {
    ...(caller !== undefined && { caller }),
    ...(remainingMs !== Infinity && {
      deadlineMs: Math.min(Math.max(1, remainingMs), MAX_DEADLINE_MS),
    }),
  };
}
