import { defineActor } from "../../../actors/mod.ts";

const child = defineActor(import.meta, (_ctx, initial: number) => {
  let count = initial;
  return {
    add(n: number): void {
      count += n;
    },
    get: () => count,
  };
});

/** Spawns counters that nobody tells anything. */
export default defineActor(import.meta, (ctx) => ({
  async spawn(count: number): Promise<number> {
    for (let i = 0; i < count; i++) {
      await ctx.spawn(child, { args: [i], placement: "here", restart: "temporary" });
    }
    return count;
  },
}));
