import { type ActorDefinition, defineActor, type Publisher, type Ref } from "../actors/mod.ts";
import { parseTopic, realmOf } from "../names/mod.ts";
import type { MeshBus } from "./mesh_protocol.ts";
import { TopicCache } from "./topic_cache.ts";

/**
 * Takes the node's publications to their topics, in the order in which they came, and waits for
 * each: while a topic is held up by a slow subscriber, publishers are. It is an actor of its own so
 * that calls are not.
 */
const publisher: ActorDefinition<[Ref<MeshBus>], Publisher> = defineActor(
  import.meta,
  (ctx, bus: Ref<MeshBus>) => {
    const topics = new TopicCache(ctx, async (name) => {
      const realm = await bus.ask.realm(realmOf(parseTopic(name)));
      return await realm?.ask.topic(name) ?? null;
    });
    return {
      async publish(name: string, payload: Uint8Array): Promise<void> {
        try {
          const topic = await topics.get(name);
          await topic?.ask.publish(payload);
        } catch (error) {
          ctx.refuse(error);
        }
      },
      // It is asked behind the publications that it is to follow, so there is nothing left to do.
      flush(): void {},
    };
  },
);
export default publisher;
