import { defineActor, type Ref } from "../../../actors/mod.ts";
import { CHUNK } from "../../actor_workload.ts";
import { Tally } from "../../tally.ts";
import { replyWithSum } from "./reply.ts";

type Parent = Ref<{ started(): void; more(from: number, count: number): void }>;

/** Throws on every message. */
const child = defineActor(import.meta, (_ctx, parent: Parent) => {
  parent.tell.started();
  return {
    fail(): void {
      throw new Error("as it is told to");
    },
  };
});

/** Supervises an actor that throws on every message; replies with how often it was restarted. */
export default defineActor(import.meta, async (ctx) => {
  const self = ctx.self as Parent;
  const restarts = new Tally();
  // Every restart is allowed: a window as short as this has few of them to look through.
  ctx.supervise({ intensity: 1_000_000, withinMs: 1 });
  const failing = await ctx.spawn(child, {
    ...{ args: [self], placement: "here", restart: "permanent" },
  });
  return {
    run(count: number): number {
      self.tell.more(0, count);
      return replyWithSum(ctx, restarts, count);
    },
    more(from: number, count: number): void {
      const end = Math.min(count, from + CHUNK);
      for (let i = from; i < end; i++) failing.tell.fail();
      if (end < count) self.tell.more(end, count);
    },
    started: (): void => restarts.take(1),
  };
});
