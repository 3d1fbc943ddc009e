import {
  type ActorDefinition,
  ActorError,
  defineActor,
  EndedError,
  type Ref,
} from "../actors/mod.ts";
import { parseTopic, realmOf } from "../names/mod.ts";
import { type PairSecrets, SealedLane } from "../security/mod.ts";
import { FrameError, framesOf } from "../transport/mod.ts";
import { Admission, RefusedFrame } from "./admission.ts";
import { PUBLICATIONS_LANE } from "./constants.ts";
import { layers } from "./layers.ts";
import type { Inlet, MeshBus, Session } from "./mesh_protocol.ts";
import { peersFault } from "./peers_fault.ts";
import { PublicationHeaderReader } from "./publication_headers.ts";
import { readSealed } from "./sealed_frame.ts";
import { TopicCache } from "./topic_cache.ts";

/** What an inlet is started with. */
export type InletStart = {
  readonly peer: string;
  readonly incarnation: number;
  readonly secrets: PairSecrets;
  readonly application: string | null;
};

/**
 * One peer's publications: opens them, takes them to their topics in the order in which they came,
 * waits for the topics, and tells the peer how many it has handed on.
 */
const inlet: ActorDefinition<[InletStart, Ref<Session>, Ref<MeshBus>], Inlet> = defineActor(
  import.meta,
  async (ctx, start: InletStart, session: Ref<Session>, bus: Ref<MeshBus>) => {
    const { peer, incarnation, secrets, application } = start;
    const lane = new SealedLane(await layers(), secrets, PUBLICATIONS_LANE);
    const admission = new Admission(ctx, bus, lane, application, (realm, there) => {
      session.tell.policyDiffers(realm, there);
    });
    const headers = new PublicationHeaderReader();
    let count = 0;
    const topics = new TopicCache(ctx, async (name) => {
      const realm = await bus.ask.realm(realmOf(parseTopic(name)));
      try {
        // A peer that publishes makes no topics: nobody here listens to those.
        return await realm?.ask.heardTopic(name) ?? null;
      } catch (error) {
        // Full of topics that this node publishes on: not the peer's fault, and counted there.
        if (error instanceof ActorError && error.code === "too-many") return null;
        throw error;
      }
    });

    const deliver = async (name: string, sequence: number, payload: Uint8Array): Promise<void> => {
      try {
        await (await topics.get(name))?.ask.deliver(peer, incarnation, sequence, payload);
      } catch (error) {
        if (!(error instanceof EndedError)) throw error;
        // The realm gave the topic up to make room: it makes it again for whoever listens.
        topics.forget(name);
        await (await topics.get(name))?.ask.deliver(peer, incarnation, sequence, payload);
      }
    };

    const take = async (bytes: Uint8Array): Promise<void> => {
      const parts = readSealed(bytes);
      const header = parts && headers.read(parts.header);
      if (!parts || !header) return;
      if (header.kind !== "publication") {
        throw new FrameError("bad-frame", `a ${header.kind} on the publications' stream`);
      }
      if (header.sequence < 1) throw new FrameError("bad-frame", "a publication numbered 0");
      try {
        const { alias } = await admission.realm(header);
        const name = `${alias}/${header.topic}`;
        // Before anything else looks at it: the name is a stranger's.
        parseTopic(name);
        const payload = admission.open(alias, header.topic, header, parts.header, parts.body);
        await deliver(name, header.sequence, payload);
      } catch (error) {
        if (!(error instanceof RefusedFrame)) throw error;
        session.tell.frameRefused({ id: 0, code: error.code, message: error.message });
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
