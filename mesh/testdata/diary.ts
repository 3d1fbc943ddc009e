import { defineActor } from "../../actors/mod.ts";

/** An actor that keeps words. */
export default defineActor(import.meta, (ctx) => {
  const words = ctx.kept<string[]>() ?? [];
  ctx.keep(() => words);
  return {
    note: (word: string): void => void words.push(word),
    words: (): string[] => words,
    async noteAndSave(word: string): Promise<void> {
      words.push(word);
      await ctx.save();
    },
  };
});
