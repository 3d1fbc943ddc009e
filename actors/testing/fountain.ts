import { type AnyRef, defineActor, type HandlersOf, type Ref } from "../mod.ts";
import type { Item } from "../../values/mod.ts";
import type { Gate } from "./gate.ts";

function failAs(words: string): never {
  throw new RangeError(words);
}

/** An actor that answers with streams of every kind, and keeps a log of what it makes. */
const fountain = defineActor(import.meta, (ctx) => {
  const log: string[] = [];
  let made = 0;

  return {
    log: (): string[] => log,
    note: (word: string): void => void log.push(word),
    /** Items that were taken from generators. */
    made: (): number => made,

    /** Counts up to `count`. */
    *count(count: number): Generator<number> {
      for (let i = 0; i < count; i++) {
        made++;
        yield i;
      }
    },
    /** Counts up to `count`, with an await before each item. */
    async *countLater(count: number): AsyncGenerator<number> {
      for (let i = 0; i < count; i++) {
        await Promise.resolve();
        made++;
        yield i;
      }
    },
    list: (count: number): number[] => Array.from({ length: count }, (_, i) => i),
    async listLater(count: number): Promise<number[]> {
      await Promise.resolve();
      return Array.from({ length: count }, (_, i) => i);
    },
    /** Notes each item, and tells itself a word when it makes the tenth. */
    *noted(word: string, count: number): Generator<string> {
      const self = ctx.self as Ref<{ note(word: string): void }>;
      for (let i = 0; i < count; i++) {
        if (i === 10) self.tell.note("between");
        log.push(`${word} ${i}`);
        yield `${word} ${i}`;
      }
    },
    /** Counts for ever; notes when it is ended. */
    *endless(word: string): Generator<number> {
      try {
        for (let i = 0;; i++) yield i;
      } finally {
        log.push(`end of ${word}`);
      }
    },
    async *endlessLater(word: string): AsyncGenerator<number> {
      try {
        for (let i = 0;; i++) yield await Promise.resolve(i);
      } finally {
        await Promise.resolve();
        log.push(`end of ${word}`);
      }
    },
    /** One item, then the gate, then another. */
    async *held(gate: Ref<Gate>): AsyncGenerator<number> {
      try {
        yield 1;
        await gate.ask.pass();
        yield 2;
      } finally {
        log.push("end of held");
      }
    },
    /** One item, then waits until its reader gives up. */
    async *untilAborted(gate: Ref<Gate>): AsyncGenerator<number> {
      yield 1;
      const signal = ctx.message?.signal;
      gate.tell.arrive();
      await new Promise((done) => signal?.addEventListener("abort", done));
      log.push("aborted");
    },
    *failAfter(count: number): Generator<number> {
      for (let i = 0; i < count; i++) yield i;
      throw new RangeError("in the middle");
    },
    async *rejectAfter(count: number): AsyncGenerator<number> {
      for (let i = 0; i < count; i++) yield i;
      await Promise.reject(new RangeError("in the middle"));
    },
    *failAtTheEnd(): Generator<number> {
      try {
        for (let i = 0;; i++) yield i;
      } finally {
        failAs("at the end");
      }
    },
    *oddAfter(count: number): Generator<number> {
      try {
        for (let i = 0; i < count; i++) yield i;
        yield new Map() as unknown as number;
      } finally {
        log.push("end of odd");
      }
    },
    /** The same array of one byte again and again, with another value in it each time. */
    *sameBytes(count: number): Generator<Uint8Array> {
      const bytes = new Uint8Array(20_000);
      for (let i = 0; i < count; i++) {
        bytes[0] = i;
        yield bytes;
      }
    },
    *refs(one: AnyRef): Generator<{ to: AnyRef }> {
      yield { to: one };
      yield { to: ctx.self };
    },
    *facts(): Generator<Item> {
      yield ctx.message?.handler ?? null;
      yield (ctx.message?.sender ?? null) as Item;
    },
    nothing: (): number => 5,
    failNow(): number[] {
      throw new RangeError("before the first");
    },
    stop: (): void => ctx.stop(),
    fail(): void {
      throw new RangeError("on purpose");
    },
  };
});

export default fountain;
/** The handlers of a fountain. */
export type Fountain = HandlersOf<typeof fountain>;
