import { type ActorDefinition, defineActor, type Publisher, type Ref } from "../actors/mod.ts";
import { parseTopic, realmOf } from "../names/mod.ts";
import { TOPIC_CACHE } from "./constants.ts";
import type { MeshBus, Topic } from "./mesh_protocol.ts";
import { whenGone } from "./when_gone.ts";

/**
 * Takes the node's publications to their topics, in the order in which they came, and waits for
 * each: while a topic is held up by a slow subscriber, publishers are. It is an actor of its own so
 * that calls are not.
 */
const publisher: ActorDefinition<[Ref<MeshBus>], Publisher> = defineActor(
  import.meta,
  (ctx, bus: Ref<MeshBus>) => {
    const topics = new Map<string, Ref<Topic>>();

    const topicOf = async (name: string): Promise<Ref<Topic>> => {
      const realm = await bus.ask.realm(realmOf(parseTopic(name)));
      const topic = await realm.ask.topic(name);
      if (topics.size >= TOPIC_CACHE) topics.clear();
      topics.set(name, topic);
      whenGone(ctx, topic, () => topics.delete(name));
      return topic;
    };

    return {
      async publish(name: string, payload: Uint8Array): Promise<void> {
        try {
          const topic = topics.get(name) ?? await topicOf(name);
          await topic.send.publish(payload);
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
