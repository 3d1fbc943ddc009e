import type { ActorContext, Handlers, Ref } from "../actors/mod.ts";
import { decodeValue, encodeValue, ValueError } from "../values/mod.ts";
import type { InvokeMode } from "./frames.ts";

type Lane<R> = { readonly [handler: string]: (...args: unknown[]) => R };

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
  const reply = ctx.deferReply();
  const caller = ctx.message?.caller;
  const to = caller === undefined ? target : target.with({ caller });
  try {
    const values = decodeValue(args, "args");
    if (!Array.isArray(values)) throw new ValueError("args is no array", "args", typeof values);
    if (mode === "ask") {
      const asked = (to.ask as unknown as Lane<Promise<unknown>>)[handler]?.(...values);
      asked?.then((value) => reply.ok(encodeValue(value, "result"))).catch(reply.fail);
    } else if (mode === "send") {
      const sent = (to.send as unknown as Lane<Promise<void>>)[handler]?.(...values);
      sent?.then(() => reply.ok(null)).catch(reply.fail);
    } else {
      (to.tell as unknown as Lane<void>)[handler]?.(...values);
      reply.ok(null);
    }
  } catch (error) {
    reply.fail(error);
  }
  return undefined as R;
}
