import { type ActorDefinition, defineActor, type Ref } from "../actors/mod.ts";
import { prefixed } from "../transport/mod.ts";
import { meshCodec } from "./frames.ts";
import type { Outlet, Subscriber, Topic } from "./mesh_protocol.ts";

/** What a topic is started with. */
export type TopicStart = {
  readonly name: string;
  /** This node's id and incarnation: it is the publisher of what is published here. */
  readonly publisher: string;
  readonly incarnation: number;
  readonly maxFrameBytes: number;
  readonly subscribers: readonly (readonly [key: string, subscriber: Ref<Subscriber>])[];
  readonly peers: readonly (readonly [peer: string, outlet: Ref<Outlet>])[];
};

type Kept = {
  readonly sequence: number;
  readonly subscribers: TopicStart["subscribers"];
  readonly peers: TopicStart["peers"];
};

/**
 * A topic: numbers what is published on it, and hands everything to its subscribers and to the
 * peers that subscribe. It waits for the slowest of them, which is how back-pressure comes about.
 */
const topic: ActorDefinition<[TopicStart], Topic> = defineActor(
  import.meta,
  (ctx, start: TopicStart) => {
    const { name, publisher, incarnation, maxFrameBytes } = start;
    const kept = ctx.kept<Kept>();
    let sequence = kept?.sequence ?? 0;
    const subscribers = new Map(kept?.subscribers ?? start.subscribers);
    const peers = new Map(kept?.peers ?? start.peers);
    ctx.keep((): Kept => ({ sequence, subscribers: [...subscribers], peers: [...peers] }));

    const frameOf = (payload: Uint8Array) => {
      const fields = { topic: name, sequence: sequence + 1, payload };
      return prefixed(meshCodec.encode("publication", fields), maxFrameBytes);
    };

    return {
      async publish(payload: Uint8Array): Promise<void> {
        const frame = peers.size > 0 ? frameOf(payload) : undefined;
        sequence++;
        const waits: Promise<void>[] = [];
        for (const subscriber of subscribers.values()) {
          waits.push(
            subscriber.send.publication(name, publisher, incarnation, sequence, payload),
          );
        }
        if (frame) {
          for (const outlet of peers.values()) {
            waits.push(outlet.send.publication(frame));
          }
        }
        await settled(waits);
      },
      async deliver(from: string, its: number, number: number, payload: Uint8Array): Promise<void> {
        const waits: Promise<void>[] = [];
        for (const subscriber of subscribers.values()) {
          waits.push(subscriber.send.publication(name, from, its, number, payload));
        }
        await settled(waits);
      },
      addSubscriber: (key: string, subscriber: Ref<Subscriber>) => {
        subscribers.set(key, subscriber);
      },
      removeSubscriber: (key: string) => {
        subscribers.delete(key);
      },
      addPeer: (peer: string, outlet: Ref<Outlet>) => {
        peers.set(peer, outlet);
      },
      removePeer: (peer: string) => {
        peers.delete(peer);
      },
    };
  },
);
export default topic;

/** Waits for all; one that cannot be delivered to is a dead letter already, and holds up nobody. */
async function settled(waits: readonly Promise<void>[]): Promise<void> {
  if (waits.length === 1) {
    try {
      await waits[0];
    } catch { /* counted where it failed */ }
    return;
  }
  await Promise.allSettled(waits);
}
