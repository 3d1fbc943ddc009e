import { defineActor, type Ref } from "../../../actors/mod.ts";
import { SKYNET_CHILDREN } from "../../actor_workload.ts";
import { Tally } from "../../tally.ts";
import { replyWithSum } from "./reply.ts";

type Parent = Ref<{ sum(n: number): void }>;

/** An actor of the tree: a leaf tells its number, any other one the sum of its children's. */
const node = defineActor(import.meta, (ctx, parent: Parent, number: number, leaves: number) => {
  const self = ctx.self as Parent & Ref<{ grow(): void }>;
  let missing = SKYNET_CHILDREN;
  let sum = 0;
  if (leaves === 1) {
    parent.tell.sum(number);
    ctx.stop();
  } else {
    self.tell.grow();
  }
  return {
    async grow(): Promise<void> {
      const each = leaves / SKYNET_CHILDREN;
      for (let i = 0; i < SKYNET_CHILDREN; i++) {
        await ctx.spawn(node, {
          args: [self, number + i * each, each],
          placement: "here",
          restart: "temporary",
        });
      }
    },
    sum(n: number): void {
      sum += n;
      if (--missing > 0) return;
      parent.tell.sum(sum);
      ctx.stop();
    },
  };
});

/** Grows a tree of actors; replies with the sum of its leaves' numbers. */
export default defineActor(import.meta, (ctx) => {
  const tally = new Tally();
  return {
    async run(leaves: number): Promise<number> {
      const promised = replyWithSum(ctx, tally, 1);
      await ctx.spawn(node, {
        args: [ctx.self as Parent, 0, leaves],
        ...{ placement: "here", restart: "temporary" },
      });
      return promised;
    },
    sum: (n: number): void => tally.take(n),
  };
});
