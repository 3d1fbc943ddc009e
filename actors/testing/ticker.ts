import { type DeferredReply, defineActor, type HandlersOf } from "../mod.ts";

/** An actor with timers, which counts what they tell it. */
const ticker = defineActor(import.meta, (ctx) => {
  const log: string[] = [];
  const timers: Disposable[] = [];
  const watchers: { readonly count: number; readonly reply: DeferredReply }[] = [];

  /** The error of what is refused, or that it was taken. */
  function outcome(act: () => unknown): string {
    try {
      act();
      return "taken";
    } catch (error) {
      return String(error);
    }
  }

  return {
    log: (): string[] => log,
    tick(word: string): void {
      log.push(word);
      for (const { count, reply } of watchers) if (log.length >= count) reply.ok();
    },
    /** Settles when `count` words are in the log. */
    ticked(count: number): void {
      if (log.length < count) watchers.push({ count, reply: ctx.deferReply() });
    },
    every: (periodMs: number, word: string): void =>
      void timers.push(ctx.every(periodMs, "tick", word)),
    after: (delayMs: number, word: string): void =>
      void timers.push(ctx.after(delayMs, "tick", word)),
    /** Starts a timer and changes its argument afterwards. */
    everyChanged(periodMs: number): void {
      const words = ["as it was"];
      timers.push(ctx.every(periodMs, "takeAndChange", words));
      words[0] = "changed by the sender";
    },
    takeAndChange(words: string[]): void {
      log.push(words[0] ?? "");
      words[0] = "changed by the receiver";
    },
    /** Cancels its own timer when it fires for the `count`th time. */
    everyUntil(periodMs: number, word: string, count: number): void {
      timers.push(ctx.every(periodMs, "tickUntil", word, count, timers.length));
    },
    tickUntil(word: string, count: number, timer: number): void {
      if (log.push(word) === count) timers[timer]?.[Symbol.dispose]();
    },
    /** Cancels all timers, twice. */
    cancel(): void {
      for (let i = 0; i < 2; i++) for (const timer of timers) timer[Symbol.dispose]();
    },
    everyUnheardOf: (periodMs: number): void => void timers.push(ctx.every(periodMs, "unheardOf")),
    badly: (): string[] => [
      ...[-1, NaN, Infinity, 2 ** 31].map((ms) => outcome(() => ctx.after(ms, "tick", "x"))),
      ...[0, 0.5, -1, NaN, 2 ** 31].map((ms) => outcome(() => ctx.every(ms, "tick", "x"))),
      outcome(() => ctx.every(1, "tick", new Map())),
      outcome(() => ctx.after(1, "tick", () => {})),
    ],
    fail(): void {
      throw new RangeError("on purpose");
    },
  };
});

export default ticker;
/** The handlers of a ticker. */
export type Ticker = HandlersOf<typeof ticker>;
