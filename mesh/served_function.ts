import { type ActorSystem, defineActor, EndedError } from "../actors/mod.ts";

/**
 * Serves a procedure with a function of code outside of actors: an actor of its own stands for it,
 * and may work on several calls at once. Settles when the connected peers know.
 *
 * @param group the supervisor under which the actor is
 * @returns disposed, it is no longer served
 */
export async function serveFunction(
  system: ActorSystem,
  group: string,
  procedure: string,
  handler: (...args: never[]) => unknown,
): Promise<AsyncDisposable> {
  const definition = defineActor(import.meta, (ctx) => ({
    call(...args: never[]): void {
      const reply = ctx.deferReply();
      Promise.resolve().then(() => handler(...args)).then(reply.ok, reply.fail);
    },
  }));
  const label = `serves ${procedure}`;
  const here = { placement: "here", restart: "temporary" } as const;
  const ref = await system.spawn(definition, { ...here, label }, group);
  try {
    await system.bus.serve(procedure, ref, "call");
  } catch (error) {
    await system.stopActor(ref);
    throw error;
  }
  return {
    [Symbol.asyncDispose]: async () => {
      try {
        await system.bus.unserve(procedure, ref);
        await system.stopActor(ref);
      } catch (error) {
        if (!(error instanceof EndedError)) throw error; // its node has stopped already
      }
    },
  };
}
