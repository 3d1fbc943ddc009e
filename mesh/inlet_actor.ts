import { type ActorDefinition, defineActor, type Ref } from "../actors/mod.ts";
import { parseTopic, realmOf } from "../names/mod.ts";
import { FrameError, type FrameSink, framesOf } from "../transport/mod.ts";
import { TOPIC_CACHE } from "./constants.ts";
import { meshCodec } from "./frames.ts";
import type { Inlet, MeshBus, Session, Topic } from "./mesh_protocol.ts";
import { whenGone } from "./when_gone.ts";

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
    const topics = new Map<string, Ref<Topic>>();
    let count = 0;

    const topicOf = async (name: string): Promise<Ref<Topic> | null> => {
      const cached = topics.get(name);
      if (cached) return cached;
      const realm = await bus.ask.realm(realmOf(parseTopic(name)));
      const topic = await realm.ask.heardTopic(name);
      if (!topic) return null;
      if (topics.size >= TOPIC_CACHE) topics.clear();
      topics.set(name, topic);
      whenGone(ctx, topic, () => topics.delete(name));
      return topic;
    };

    const take = async (bytes: Uint8Array): Promise<void> => {
      const frame = meshCodec.decode(bytes);
      if (!frame) return;
      if (frame.kind !== "publication") {
        throw new FrameError("bad-frame", `a ${frame.kind} frame on the publications' stream`);
      }
      if (frame.sequence < 1) throw new FrameError("bad-frame", "a publication numbered 0");
      const topic = await topicOf(frame.topic);
      await topic?.send.deliver(peer, incarnation, frame.sequence, frame.payload);
      count++;
    };

    return {
      async frames(chunk: Uint8Array): Promise<void> {
        try {
          for (const bytes of framesOf(chunk)) await take(bytes);
        } catch (error) {
          const { code, message } = refusalOf(error);
          session.tell.refuse(code, message);
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

/** A frame that is none, or a topic that cannot be one, is the peer's fault; the rest is ours. */
function refusalOf(error: unknown): { code: FrameError["code"]; message: string } {
  if (error instanceof FrameError) return error;
  if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) {
    return { code: "bad-frame", message: error.message };
  }
  throw error;
}
