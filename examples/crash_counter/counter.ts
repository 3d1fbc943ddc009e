/**
 * A counter that survives its crashes: what an incarnation keeps, the next one starts with.
 *
 * @module
 */
import { defineActor } from "@macula/mesh";

export default defineActor(import.meta, (ctx, options: { persists: boolean }) => {
  let count = ctx.kept<number>() ?? 0;
  ctx.keep(() => count);
  return {
    /** Counts on, and replies when the count is as safe as it gets: on disk, if it persists. */
    async add(n: number): Promise<number> {
      count += n;
      if (options.persists) await ctx.save();
      return count;
    },
    /** Fails, as code with a mistake does. */
    crash() {
      throw new Error(`crashed at ${count}`);
    },
  };
});
