import {
  type ActorDefinition,
  ActorError,
  defineActor,
  EndedError,
  type Ref,
} from "../actors/mod.ts";
import { parseTopic, realmOf } from "../names/mod.ts";
import { FrameError, framesOf } from "../transport/mod.ts";
import { meshCodec } from "./frames.ts";
import type { Inlet, MeshBus, Session } from "./mesh_protocol.ts";
import { peersFault } from "./peers_fault.ts";
import { TopicCache } from "./topic_cache.ts";

/** What an inlet is started with. */
export type InletStart = { readonly peer: string; readonly incarnation: number };

/**
 * One peer's publications: takes them to their topics in the order in which they came, waits for
 * the topics, and tells the peer how many it has handed on.
 */
const inlet: ActorDefinition<[InletStart, Ref<Session>, Ref<MeshBus>], Inlet> = defineActor(
  import.meta,
  (ctx, start: InletStart, session: Ref<Session>, bus: Ref<MeshBus>) => {
    const { peer, incarnation } = start;
    let count = 0;
    const topics = new TopicCache(ctx, async (name) => {
      // A peer that publishes makes no realms and no topics: nobody here listens to those.
      const realm = await bus.ask.knownRealm(realmOf(parseTopic(name)));
      try {
        return await realm?.ask.heardTopic(name) ?? null;
      } catch (error) {
        // Full of topics that this node publishes on: not the peer's fault, and counted there.
        if (error instanceof ActorError && error.code === "too-many") return null;
        throw error;
      }
    });

    const take = async (bytes: Uint8Array): Promise<void> => {
      const frame = meshCodec.decode(bytes);
      if (!frame) return;
      if (frame.kind !== "publication") {
        throw new FrameError("bad-frame", `a ${frame.kind} frame on the publications' stream`);
      }
      if (frame.sequence < 1) throw new FrameError("bad-frame", "a publication numbered 0");
      const { topic: name, sequence, payload } = frame;
      try {
        await (await topics.get(name))?.ask.deliver(peer, incarnation, sequence, payload);
      } catch (error) {
        if (!(error instanceof EndedError)) throw error;
        // The realm gave the topic up to make room: it makes it again for whoever listens.
        topics.forget(name);
        await (await topics.get(name))?.ask.deliver(peer, incarnation, sequence, payload);
      }
      count++;
    };

    return {
      async frames(chunk: Uint8Array): Promise<void> {
        try {
          for (const bytes of framesOf(chunk)) await take(bytes);
        } catch (error) {
          const fault = peersFault(error);
          if (!fault) throw error;
          session.tell.refuse(fault.code, fault.message);
          ctx.refuse(error);
        }
        session.tell.received(count);
      },
      handedOn: () => count,
      disconnected(): void {},
    };
  },
);
export default inlet;
