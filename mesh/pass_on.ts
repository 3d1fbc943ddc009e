import { type ActorContext, callHandler, type Handlers, type Ref } from "../actors/mod.ts";
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
    if (mode === "ask") {
      const asked = callHandler(to, "ask", handler, values) as Promise<unknown>;
      asked.then((value) => reply.ok(encodeValue(value, "result"))).catch(reply.fail);
    } else if (mode === "send") {
      const sent = callHandler(to, "send", handler, values) as Promise<void>;
      sent.then(() => reply.ok(null)).catch(reply.fail);
    } else {
      callHandler(to, "tell", handler, values);
      reply.ok(null);
    }
  } catch (error) {
    reply.fail(error);
  }
  return undefined as R;
}
