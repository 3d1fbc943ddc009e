import { defineActor, type Ref } from "../../../actors/mod.ts";
import { CHUNK } from "../../actor_workload.ts";
import { Tally } from "../../tally.ts";
import { replyWithSum } from "./reply.ts";

type Parent = Ref<{ greeted(n: number): void; more(from: number, count: number): void }>;

const child = defineActor(import.meta, (_ctx, parent: Parent) => {
  let greetings = 0;
  return {
    hello(n: number): void {
      greetings++;
      parent.tell.greeted(n);
    },
    greetings: () => greetings,
  };
});

/** Spawns actors that stay; replies once each has handled its first message. */
export default defineActor(import.meta, (ctx) => {
  const self = ctx.self as Parent;
  const greeted = new Tally();
  return {
    run(count: number): number {
      self.tell.more(0, count);
      return replyWithSum(ctx, greeted, count);
    },
    async more(from: number, count: number): Promise<void> {
      const end = Math.min(count, from + CHUNK);
      for (let i = from; i < end; i++) {
        const ref = await ctx.spawn(child, {
          args: [self],
          placement: "here",
          restart: "temporary",
        });
        ref.tell.hello(i);
      }
      if (end < count) self.tell.more(end, count);
    },
    greeted: (n: number): void => greeted.take(n),
  };
});
