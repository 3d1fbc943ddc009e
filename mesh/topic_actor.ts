import { type ActorDefinition, type DeferredReply, defineActor, type Ref } from "../actors/mod.ts";
import { POLICY_TERM, type PolicySnapshot } from "../security/mod.ts";
import { RefusedByPolicyError, unsatisfied } from "./errors.ts";
import type { Outlet, Subscriber, Topic } from "./mesh_protocol.ts";
import { Policies } from "./policies.ts";
import { PublicationHeaders } from "./publication_headers.ts";
import { sealedFrame } from "./sealed_frame.ts";

/** What a topic is started with. */
export type TopicStart = {
  readonly name: string;
  /** Alias and id of its realm. */
  readonly realm: string;
  readonly realmId: Uint8Array;
  /** This node's id and incarnation: it is the publisher of what is published here. */
  readonly publisher: string;
  readonly incarnation: number;
  readonly maxFrameBytes: number;
  readonly application: string | null;
  readonly subscribers: readonly (readonly [key: string, subscriber: Ref<Subscriber>])[];
  readonly peers: readonly (readonly [peer: string, outlet: Ref<Outlet>])[];
};

type Kept = {
  readonly sequence: number;
  readonly subscribers: TopicStart["subscribers"];
  readonly peers: TopicStart["peers"];
};

/** How publications leave the node under one state of the policies. */
interface Way {
  readonly snapshot: PolicySnapshot | undefined;
  readonly suite: string;
  readonly headers: PublicationHeaders;
}

/**
 * A topic: numbers what is published on it, and hands everything to its subscribers and to the
 * peers that subscribe, these under the suite that the topic's policy names. It waits for the
 * slowest of them, which is how back-pressure comes about.
 */
const topic: ActorDefinition<[TopicStart], Topic> = defineActor(
  import.meta,
  (ctx, start: TopicStart) => {
    const { name, realm, realmId, publisher, incarnation, maxFrameBytes, application } = start;
    const policies = Policies.of(ctx, application);
    const kept = ctx.kept<Kept>();
    let sequence = kept?.sequence ?? 0;
    const subscribers = new Map(kept?.subscribers ?? start.subscribers);
    const peers = new Map(kept?.peers ?? start.peers);
    ctx.keep((): Kept => ({ sequence, subscribers: [...subscribers], peers: [...peers] }));

    let way: Way | undefined;
    /** What the policies say now; worked out again when they have changed. */
    const present = (): Way => {
      const snapshot = ctx.term<PolicySnapshot>(POLICY_TERM);
      if (way && way.snapshot === snapshot) return way;
      const resolution = policies.resolve(name);
      if (!resolution.satisfied) throw unsatisfied(resolution);
      const suite = resolution.policy.app;
      const headers = new PublicationHeaders({
        ...{ realm: realmId, policy: policies.hash(realm), suite },
        topic: name.slice(realm.length + 1),
      });
      return way = { snapshot, suite, headers };
    };

    /** Sends the publication numbered `sequence` to every peer; those of one form share a frame. */
    const send = (waits: Promise<void>[], { suite, headers }: Way, payload: Uint8Array): void => {
      const header = headers.encode(sequence);
      if (suite === "none") {
        const frame = sealedFrame(header, payload, maxFrameBytes);
        for (const outlet of peers.values()) waits.push(outlet.send.publication(frame));
      } else {
        for (const outlet of peers.values()) {
          waits.push(outlet.send.sealedPublication(suite, realmId, header, payload));
        }
      }
    };

    const publish = async (payload: Uint8Array): Promise<void> => {
      const out = present();
      sequence++;
      const waits: Promise<void>[] = [];
      if (peers.size > 0) send(waits, out, payload);
      for (const subscriber of subscribers.values()) {
        waits.push(subscriber.send.publication(name, publisher, incarnation, sequence, payload));
      }
      await settled(waits);
    };
    /** Publications that wait behind the gate, while it is shut. */
    let waiting: { readonly payload: Uint8Array; readonly reply: DeferredReply }[] | undefined;

    return {
      async publish(payload: Uint8Array): Promise<void> {
        if (waiting) {
          waiting.push({ payload, reply: ctx.deferReply() });
          return;
        }
        try {
          await publish(payload);
        } catch (error) {
          if (!(error instanceof RefusedByPolicyError)) throw error;
          ctx.refuse(error);
        }
      },
      gate: () => {
        waiting ??= [];
      },
      async open(): Promise<void> {
        const held = waiting ?? [];
        waiting = undefined;
        for (const { payload, reply } of held) {
          await publish(payload).then(reply.ok, reply.fail);
        }
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
