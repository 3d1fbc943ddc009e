import { defineActor, type Ref } from "../../../actors/mod.ts";
import { CHUNK } from "../../actor_workload.ts";
import { Tally } from "../../tally.ts";
import { replyWithSum } from "./reply.ts";

type Parent = Ref<{ joined(n: number): void; fork(from: number, count: number): void }>;

/** Handles one message, and ends. */
const child = defineActor(import.meta, (ctx, parent: Parent) => ({
  work(n: number): void {
    parent.tell.joined(n);
    ctx.stop();
  },
}));

/** Spawns actors that each do one message and end; replies with the sum of what they were told. */
export default defineActor(import.meta, (ctx) => {
  const self = ctx.self as Parent;
  const joined = new Tally();
  return {
    run(count: number): number {
      self.tell.fork(0, count);
      return replyWithSum(ctx, joined, count);
    },
    async fork(from: number, count: number): Promise<void> {
      const end = Math.min(count, from + CHUNK);
      for (let i = from; i < end; i++) {
        const ref = await ctx.spawn(child, {
          args: [self],
          placement: "here",
          restart: "temporary",
        });
        ref.tell.work(i);
      }
      if (end < count) self.tell.fork(end, count);
    },
    joined: (n: number): void => joined.take(n),
  };
});
