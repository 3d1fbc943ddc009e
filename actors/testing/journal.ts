import { type DeferredReply, defineActor, type HandlersOf } from "../mod.ts";

/** An actor that takes down what others tell it, in the order in which it comes. */
const journal = defineActor(import.meta, (ctx) => {
  let words: string[] = [];
  const watchers: { readonly count: number; readonly reply: DeferredReply }[] = [];

  return {
    note(word: string): void {
      words.push(word);
      for (const { count, reply } of watchers) if (words.length >= count) reply.ok(words);
    },
    log: (): string[] => words,
    /** Settles with the words when there are `count`. */
    noted(count: number): string[] {
      if (words.length < count) watchers.push({ count, reply: ctx.deferReply() });
      return words;
    },
    clear: (): void => void (words = []),
  };
});

export default journal;
/** The handlers of a journal. */
export type Journal = HandlersOf<typeof journal>;
