import { type ActorContext, type ActorError, defineActor, type HandlersOf } from "../mod.ts";

/** The context of an incarnation that failed, for a later one of the same isolate. */
let before: ActorContext | undefined;

/** An actor that keeps words. */
const keeper = defineActor(import.meta, (ctx) => {
  const words = ctx.kept<string[]>() ?? [];
  ctx.keep(() => words);

  return {
    note: (word: string): void => void words.push(word),
    words: (): string[] => words,
    /** Saves, and replies when that is done; is free for other messages meanwhile. */
    noteAndSave(word: string): void {
      words.push(word);
      const reply = ctx.deferReply();
      ctx.save().then(() => reply.ok(), reply.fail);
    },
    /** Saves as a handler that does not wait for it. */
    saveUnheard(): void {
      void ctx.save();
    },
    keepRef: (): void => ctx.keep(() => ({ to: [ctx.self] })),
    keepMuch: (bytes: number): void => ctx.keep(() => new Uint8Array(bytes)),
    /** Notes a word when it is stopped. */
    noteOnStop: (word: string): void => ctx.onStop(() => void words.push(word)),
    stop: (): void => ctx.stop(),
    fail(): void {
      before = ctx;
      throw new RangeError("on purpose");
    },
    /** Has the incarnation that failed save once more. */
    async saveOfTheDead(): Promise<string> {
      const saved = before?.save() ?? Promise.resolve();
      return await saved.then(() => "saved", (error: ActorError) => error.code);
    },
  };
});

export default keeper;
/** The handlers of a keeper. */
export type Keeper = HandlersOf<typeof keeper>;
