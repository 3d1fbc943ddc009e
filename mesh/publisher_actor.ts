import { type ActorDefinition, defineActor, type Publisher, type Ref } from "../actors/mod.ts";
import { parseTopic, realmOf } from "../names/mod.ts";
import { STAGE_BOUND } from "./constants.ts";
import type { MeshBus } from "./mesh_protocol.ts";
import { TopicCache } from "./topic_cache.ts";
import { Window } from "./window.ts";

/**
 * Takes the node's publications to their topics, in the order in which they came, and waits for
 * each: while a topic is held up by a slow subscriber, publishers are. It is an actor of its own so
 * that calls are not. A topic whose subscribers elsewhere are being met yet holds up its own
 * publications alone.
 */
const publisher: ActorDefinition<[Ref<MeshBus>], Publisher> = defineActor(
  import.meta,
  (ctx, bus: Ref<MeshBus>) => {
    /** Topics that wait, by how many of their publications do. */
    const gated = new Map<string, number>();
    const held = new Set<Promise<void>>();
    const window = new Window(STAGE_BOUND);
    const topics = new TopicCache(ctx, async (name) => {
      const realm = await bus.ask.realm(realmOf(parseTopic(name)));
      const found = await realm?.ask.topic(name);
      // It may be looked up again while some of it waits: their count must stand.
      if (found?.gated && !gated.has(name)) gated.set(name, 0);
      return found?.topic ?? null;
    });
    /** Not waited for: what waits with it comes behind it, as the topic keeps their order. */
    const hold = (name: string, published: Promise<void>): Promise<void> | undefined => {
      gated.set(name, gated.get(name)! + 1);
      const done = published.catch(() => {/* a dead letter where it failed */}).then(() => {
        held.delete(done);
        const left = gated.get(name)! - 1;
        if (left === 0) gated.delete(name);
        else gated.set(name, left);
      });
      held.add(done);
      return window.push(done);
    };
    return {
      async publish(name: string, payload: Uint8Array): Promise<void> {
        try {
          const topic = await topics.get(name);
          if (!topic) return;
          const published = topic.ask.publish(payload);
          await (gated.has(name) ? hold(name, published) : published);
        } catch (error) {
          ctx.refuse(error);
        }
      },
      // It is asked behind the publications that it is to follow: what waits yet is left.
      flush(): void {
        if (held.size === 0) return;
        const reply = ctx.deferReply();
        Promise.all(held).then(() => reply.ok());
      },
    };
  },
);
export default publisher;
