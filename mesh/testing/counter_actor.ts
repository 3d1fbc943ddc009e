import { defineActor } from "../../actors/mod.ts";

/** Counts; fails on demand; keeps its count. */
export default defineActor(import.meta, (ctx, initial: number) => {
  let count = ctx.kept<number>() ?? initial;
  ctx.keep(() => count);
  return {
    add(n: number): void {
      count += n;
    },
    get(): number {
      return count;
    },
    whoCalls(): string | null {
      return ctx.message?.caller ?? null;
    },
    remaining(): number {
      return ctx.message?.remainingMs ?? 0;
    },
    fail(why: string): void {
      throw new Error(why);
    },
    strange(): unknown {
      return new Map();
    },
  };
});
