import { defineActor, EndedError, type MaculaNode, type Value } from "../mod.ts";
import type { NodeFace, ServedHandler } from "./node_face.ts";

/** A node of this process, as commands use it. */
export function localNode(node: MaculaNode): NodeFace {
  return {
    id: node.id,
    dht: node.dht,
    publish: (topic, payload) => node.publish(topic, payload),
    flush: (options) => node.flush(options),
    call: (procedure, args, options) => node.call(procedure, args, options),
    subscribe: (pattern) => node.subscribe(pattern),
    serve: (procedure, handler) => serveOn(node, procedure, handler),
    peers: () => node.peers(),
    actors: () => node.actors(),
    shards: () => node.shards(),
    status: () => node.status(),
    reloadPolicies: () => node.reloadPolicies(),
    // Async, so that a broken name rejects here as it does behind a control socket.
    policy: async (name, options) => await node.policy(name, options),
  };
}

/**
 * Serves a procedure as {@link MaculaNode.serve} does; the handler learns besides who calls, and when
 * nobody waits any longer.
 */
async function serveOn(
  node: MaculaNode,
  procedure: string,
  handler: ServedHandler,
): Promise<AsyncDisposable> {
  const server = defineActor(import.meta, (ctx) => ({
    begin: (): Promise<void> => ctx.serve(procedure, "call"),
    call(...args: Value[]): void {
      const { caller, signal = new AbortController().signal } = ctx.message ?? {};
      const reply = ctx.deferReply();
      // In a turn of its own: a handler that throws at once must not fail the actor.
      Promise.resolve().then(() => handler({ args, caller, signal })).then(reply.ok, reply.fail);
    },
  }));
  const ref = await node.spawn(server, {
    placement: "here",
    restart: "temporary",
    label: `serves ${procedure}`,
  });
  const end = async () => {
    try {
      await node.stopActor(ref);
    } catch (error) {
      if (!(error instanceof EndedError)) throw error; // its node has stopped already
    }
  };
  try {
    await ref.ask.begin();
  } catch (error) {
    await end();
    throw error;
  }
  return { [Symbol.asyncDispose]: end };
}
