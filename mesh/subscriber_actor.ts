import { type ActorDefinition, defineActor, type Handlers, type Ref } from "../actors/mod.ts";
import { ValueError } from "../values/mod.ts";
import { BATCH_WINDOW, SUBSCRIBER_BATCH, SUBSCRIBER_WINDOW } from "./constants.ts";
import { Continuity } from "./continuity.ts";
import type { Realm, Subscriber } from "./mesh_protocol.ts";
import { type Envelope, openEnvelope, pushEnvelope } from "./publication.ts";
import { whenGone } from "./when_gone.ts";
import { Window } from "./window.ts";

/** What a subscriber is started with. */
export type SubscriberStart = {
  readonly key: string;
  readonly target: Ref<Handlers>;
  readonly handler: string;
  readonly form: "batch" | "single";
};

/**
 * A subscription: drops what it has seen already and hands the rest to its target, whose pace it
 * keeps. Its mailbox is the subscription's buffer, with the overflow that the subscription chose.
 * It ends with its target's slot.
 */
const subscriber: ActorDefinition<[SubscriberStart, Ref<Realm>], Subscriber> = defineActor(
  import.meta,
  (ctx, start: SubscriberStart, realm: Ref<Realm>) => {
    const { key, target, handler, form } = start;
    const continuity = new Continuity();
    const window = new Window(form === "batch" ? BATCH_WINDOW : SUBSCRIBER_WINDOW);
    const send = (...args: unknown[]) => {
      const lane = target.send as unknown as Record<string, (...args: unknown[]) => Promise<void>>;
      return window.push(lane[handler]!(...args));
    };
    const handOver = (envelope: Envelope) => {
      try {
        return send(openEnvelope(envelope));
      } catch (error) {
        if (!(error instanceof ValueError)) throw error;
        ctx.refuse(error);
      }
    };
    let batch: (string | number | Uint8Array)[] = [];
    let held = 0;

    whenGone(ctx, target, () => realm.tell.targetEnded(key));

    return {
      async publication(
        topic: string,
        publisher: string,
        incarnation: number,
        sequence: number,
        payload: Uint8Array,
      ): Promise<void> {
        const verdict = continuity.see(publisher, incarnation, topic, sequence).kind;
        const fresh = verdict !== "duplicate" && verdict !== "stale";
        const envelope = { topic, publisher, incarnation, sequence, payload };
        if (form === "single") {
          if (fresh) await handOver(envelope);
          return;
        }
        if (fresh) {
          pushEnvelope(batch, envelope);
          held++;
        }
        if (held > 0 && (ctx.queued === 0 || held >= SUBSCRIBER_BATCH)) {
          const full = batch;
          batch = [];
          held = 0;
          await send(full);
        }
      },
    };
  },
);
export default subscriber;
