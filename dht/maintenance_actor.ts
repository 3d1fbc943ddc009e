import { type ActorDefinition, defineActor, MAX_DEADLINE_MS, type Ref } from "../actors/mod.ts";
import {
  PROVIDE_AGAIN_MS,
  REFRESH_MS,
  REPLICATE_MS,
  REPUBLISH_MS,
  SELF_LOOKUP_MS,
  SWEEP_MS,
} from "./constants.ts";
import type { DhtInside, Maintenance, Task } from "./dht_inside.ts";

/** How often each task is done, in milliseconds. */
const PERIODS: Readonly<Record<Exclude<Task, "join">, number>> = {
  "self-lookup": SELF_LOOKUP_MS,
  "refresh": REFRESH_MS,
  "replicate": REPLICATE_MS,
  "republish": REPUBLISH_MS,
  "provide-again": PROVIDE_AGAIN_MS,
  "sweep": SWEEP_MS,
};

/** How much earlier than its period a task may be done, as a part of it: nodes must not march. */
const JITTER = 0.1;

/**
 * Has the DHT do what is to be done again and again, each task one at a time, and join the network
 * when there is a first contact.
 */
const maintenance: ActorDefinition<[Ref<DhtInside>], Maintenance> = defineActor(
  import.meta,
  (ctx, face: Ref<DhtInside>): Maintenance => {
    const running = new Set<Task>();
    const again = (task: Exclude<Task, "join">) =>
      ctx.after(PERIODS[task] * (1 - JITTER * Math.random()), "due", task);
    for (const task of Object.keys(PERIODS)) again(task as keyof typeof PERIODS);

    function perform(task: Task): void {
      if (running.has(task)) return;
      running.add(task);
      face.with({ deadlineMs: MAX_DEADLINE_MS }).ask.maintain(task)
        .catch(() => {/* what failed is tried again when it is due again */})
        .finally(() => running.delete(task));
    }

    return {
      contact: () => perform("join"),
      due(task) {
        if (task !== "join") again(task);
        perform(task);
      },
    };
  },
);
export default maintenance;
