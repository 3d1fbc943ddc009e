import { defineActor } from "../../actors/mod.ts";
import type { Publication } from "../publication.ts";

/** Adds up readings in a shard of its own, serves the sum, fails on demand, keeps its state. */
export default defineActor(import.meta, async (ctx) => {
  let seen = ctx.kept<number[]>() ?? [];
  ctx.keep(() => seen);
  await ctx.subscribe("iot/sensor/**", "reading", { overflow: "wait" });
  await ctx.serve("lob/stats/seen", "seen");
  return {
    reading({ payload, topic }: Publication): void {
      seen.push(payload as number);
      if (topic.endsWith("/poison")) throw new Error("poisoned");
    },
    seen(): number[] {
      return seen;
    },
    async relay(count: number): Promise<void> {
      for (let i = 0; i < count; i++) await ctx.publish("iot/relay/out", i);
    },
    forget(): void {
      seen = [];
    },
  };
});
