import type { ActorContext, Handlers, Ref } from "../actors/mod.ts";
import { decodeValue, encodeValue, ValueError } from "../values/mod.ts";
import type { InvokeMode } from "./frames.ts";
import { onBehalf } from "./on_behalf.ts";

/** Arguments of a call: more could exhaust the stack of whoever spreads them. */
const MAX_ARGUMENTS = 255;

/**
 * Passes the message being handled on to the actor it is meant for, under the caller's name and
 * within its deadline, and replies with what comes back. The handler that calls this does not wait:
 * one slow target does not hold up the next message.
 *
 * @param args the arguments, as an encoded array
 * @returns a promise of nothing; the reply is deferred
 */
export function passOn<R>(
  ctx: ActorContext,
  target: Ref<Handlers>,
  handler: string,
  args: Uint8Array,
  mode: InvokeMode,
): R {
  const to = target.with(onBehalf(ctx));
  const reply = ctx.deferReply();
  try {
    const values = decodeValue(args, "args");
    if (!Array.isArray(values)) throw new ValueError("args is no array", "args", typeof values);
    if (values.length > MAX_ARGUMENTS) {
      throw new RangeError(`${values.length} arguments: ${MAX_ARGUMENTS} at most; pass a list`);
    }
    // The one name that no lane has: see `lanes.ts`.
    if (handler === "then") throw new TypeError(`no actor has a handler "then"`);
    if (mode === "ask") {
      const asked = callOn<Promise<unknown>>(to.ask, handler, values);
      asked.then((value) => reply.ok(encodeValue(value, "result"))).catch(reply.fail);
    } else if (mode === "send") {
      const sent = callOn<Promise<void>>(to.send, handler, values);
      sent.then(() => reply.ok(null)).catch(reply.fail);
    } else {
      callOn<void>(to.tell, handler, values);
      reply.ok(null);
    }
  } catch (error) {
    reply.fail(error);
  }
  return undefined as R;
}

/** Calls a handler by a name that only is known now. */
function callOn<R>(lane: unknown, handler: string, args: readonly unknown[]): R {
  return (lane as Record<string, (...args: unknown[]) => R>)[handler]!(...args);
}
