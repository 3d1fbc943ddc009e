import {
  type ActorContext,
  ActorError,
  type AnyRef,
  type DeferredReply,
  defineActor,
  type HandlersOf,
  type Ref,
} from "../mod.ts";
import type { Item } from "../../values/mod.ts";
import type { Gate } from "./gate.ts";

type Remaining = { remaining(): number };
type Notes = { note(word: string): void };

/** Code of one incarnation, kept by a later one of the same isolate to show that it is fenced. */
let before: { ctx: ActorContext; self: Ref<Notes>; other: Ref<Notes> } | undefined;

/** Messages after which a game of ping-pong that starves everything else gives up. */
const MAX_HOPS = 1_000_000;

/** An actor that does what a test tells it, and keeps a log of it. */
const probe = defineActor(import.meta, (ctx, first: string = "") => {
  const log: string[] = first === "" ? [] : [first];
  const deferred: DeferredReply[] = [];
  let hops = 0;
  let settleAgain = () => {};
  let kept: readonly string[] | undefined;

  return {
    note(word: string): void {
      log.push(word);
    },
    log: (): string[] => log,
    // deno-lint-ignore no-explicit-any -- what comes back is what was sent
    echo: (value: Item): any => value,
    nothing(): void {},
    incarnation: (): number => ctx.kept<number>() ?? 0,
    /** Is held by the gate, with a word to the log before and after. */
    async hold(gate: Ref<Gate>, word: string): Promise<string> {
      log.push(`in ${word}`);
      await gate.ask.pass();
      log.push(`out ${word}`);
      return word;
    },
    /** Is held by the gate, then writes to another actor in every way. */
    async holdAndNote(gate: Ref<Gate>, other: Ref<Notes>): Promise<void> {
      await gate.ask.pass();
      other.tell.note("told");
      await other.send.note("sent").catch(() => {});
      await other.ask.note("asked");
    },
    /** Keeps a number that each incarnation counts up. */
    keepCount(): void {
      const count = (ctx.kept<number>() ?? 0) + 1;
      ctx.keep(() => count);
    },
    keepLog(): void {
      ctx.keep(() => log);
    },
    kept: (): string[] | undefined => ctx.kept<string[]>(),
    /** Whether changing what was kept changes what is kept. */
    keptTwice(): boolean {
      kept = ctx.kept<string[]>();
      (kept as string[]).push("changed");
      return ctx.kept<string[]>()?.includes("changed") ?? true;
    },
    save: (): Promise<void> => ctx.save(),
    keepBadly(): void {
      ctx.keep(() => new Map());
    },

    throwRange(words: string): void {
      throw new RangeError(words);
    },
    async rejectRange(words: string): Promise<void> {
      await ctx.lookup("nobody");
      throw new RangeError(words);
    },
    throwOdd(what: string): void {
      const nothing: unknown = undefined;
      if (what === "undefined") throw nothing;
      if (what === "no prototype") throw Object.create(null);
      if (what === "ill-formed") throw new Error("\uD800");
      throw Proxy.revocable({}, {}).proxy;
    },
    refuse(words: string): string {
      ctx.refuse(words === "" ? undefined : new ActorError("refused", words));
      return "not this";
    },
    badReply: () => new Map(),
    twoFacedReply: () => ({
      then(resolve: (value: string) => void) {
        settleAgain = () => resolve("second");
        resolve("first");
      },
    }),
    /** Settles the last reply once more, and is held by the gate. */
    async settleAgain(gate: Ref<Gate>): Promise<void> {
      queueMicrotask(settleAgain);
      await gate.ask.pass();
      log.push("out");
    },
    throwingThenable: () => ({
      get then(): never {
        throw new RangeError("then");
      },
    }),

    /** Tells the other, which tells this one, and so on, as good as for ever. */
    pingPong(other: Ref<{ pingPong(other: AnyRef): void }>): void {
      if (++hops < MAX_HOPS) other.tell.pingPong(ctx.self);
    },
    async pingPongLater(other: Ref<{ pingPongLater(other: AnyRef): void }>): Promise<void> {
      await Promise.resolve();
      if (++hops < MAX_HOPS) other.tell.pingPongLater(ctx.self);
    },
    gaveUp: (): boolean => hops >= MAX_HOPS,
    async lookup(name: string): Promise<AnyRef | null> {
      return await ctx.lookup(name) ?? null;
    },
    where: (): string => ctx.path,

    async askSelf(): Promise<string> {
      const self = ctx.self as Ref<{ log(): string[] }>;
      return await self.ask.log().then(() => "answered", (error: ActorError) => error.code);
    },
    message() {
      const message = ctx.message;
      return {
        handler: message?.handler ?? null,
        sender: message?.sender ?? null,
        caller: message?.caller ?? null,
        forever: message?.remainingMs === Infinity,
      };
    },
    remaining: (): number => ctx.message?.remainingMs ?? -1,
    /** What this handler has left, and what the one that it asks has. */
    async relayRemaining(other: Ref<Remaining>, deadlineMs: number): Promise<number[]> {
      const own = ctx.message?.remainingMs ?? -1;
      return [own, await other.with({ deadlineMs }).ask.remaining()];
    },
    /** Asks another actor for its message's facts. */
    async relayMessage(other: Ref<{ message(): unknown }>): Promise<Item> {
      return await other.ask.message() as Item;
    },
    async relayNote(other: Ref<Notes>, word: string): Promise<void> {
      await other.ask.note(word);
    },
    /** Tells the other `count` notes, marked with a word. */
    tellNotes(other: Ref<Notes>, word: string, count: number): void {
      for (let i = 0; i < count; i++) other.tell.note(`${word} ${i}`);
    },
    refs: (one: AnyRef, more: { by: { name: AnyRef } }) => ({ one, same: [more.by.name] }),

    /** Waits until its asker gives up. */
    async untilAborted(gate: Ref<Gate>): Promise<void> {
      const signal = ctx.message?.signal;
      const aborted = new Promise<void>((resolve) =>
        signal?.addEventListener("abort", () => resolve())
      );
      gate.tell.arrive();
      await aborted;
      log.push("aborted");
    },
    /** Defers its reply, and notes when its asker gives up. */
    deferUntilAborted(gate: Ref<Gate>): void {
      ctx.deferReply();
      ctx.message?.signal.addEventListener("abort", () => gate.tell.arrive());
    },
    defer(): string {
      deferred.push(ctx.deferReply());
      return "not this";
    },
    deferAndThrow(): void {
      ctx.deferReply();
      throw new RangeError("after deferring");
    },
    settleDeferred(value: Item): void {
      deferred.shift()?.ok(value);
    },
    settleDeferredTwice(value: Item): void {
      const reply = deferred.shift();
      reply?.ok(value);
      reply?.fail(new Error("too late"));
    },
    settleDeferredBadly(): void {
      deferred.shift()?.ok(new Map());
    },
    failDeferred(words: string): void {
      deferred.shift()?.fail(words === "" ? undefined : new RangeError(words));
    },
    failDeferredWithFunctions(): void {
      deferred.shift()?.fail(new ActorError("odd", "with a function", { f: () => 1 } as never));
    },

    stop(): void {
      ctx.stop();
    },
    stopAndThrow(): void {
      ctx.stop();
      throw new RangeError("while stopping");
    },
    after(delayMs: number, word: string): void {
      ctx.after(delayMs, "note", word);
    },
    afterBadly(): string[] {
      const words = (act: () => unknown) => {
        try {
          act();
          return "taken";
        } catch (error) {
          return String(error);
        }
      };
      return [
        words(() => ctx.after(-1, "note")),
        words(() => ctx.after(2 ** 31, "note")),
        words(() => ctx.after(1, "note", new Map())),
      ];
    },
    /** Notes when the ref's incarnation ends. */
    watch(ref: AnyRef): void {
      ctx.monitor(ref, ({ reason }) => void log.push(`down ${reason.kind}`));
    },
    /** Tells the gate when the ref's incarnation ends. */
    watchFor(ref: AnyRef, gate: Ref<Gate>): void {
      ctx.monitor(ref, () => gate.tell.arrive());
    },
    failOnDown(ref: AnyRef): void {
      ctx.monitor(ref, () => {
        throw new RangeError("down");
      });
    },
    onStop(gate: Ref<Gate>, word: string): void {
      ctx.onStop(async () => {
        gate.tell.arrive();
        await ctx.lookup("nobody");
        log.push(word);
      });
    },
    /** Is held by the gate when it is stopped. */
    holdOnStop(gate: Ref<Gate>): void {
      ctx.onStop(() => gate.ask.pass());
    },
    /** Tells the other a word when it is stopped. */
    tellOnStop(other: Ref<Notes>, word: string): void {
      ctx.onStop(() => other.tell.note(word));
    },
    /** Asks itself when it is stopped, and tells the other what came of it. */
    askSelfOnStop(other: Ref<Notes>): void {
      ctx.onStop(async () => {
        const self = ctx.self as Ref<{ log(): string[] }>;
        other.tell.note(await self.ask.log().then(() => "answered", (e: ActorError) => e.code));
      });
    },
    failOnStop(): void {
      ctx.onStop(() => {
        throw new RangeError("on stop");
      });
    },
    hangOnStop(gate: Ref<Gate>): void {
      ctx.onStop(async () => {
        gate.tell.arrive();
        await new Promise(() => {});
      });
    },
    /** Leaves its context behind for a later incarnation, then fails. */
    leaveBehind(other: Ref<Notes>): void {
      before = { ctx, self: ctx.self as Ref<Notes>, other };
      ctx.after(0, "note", "from the dead");
      throw new RangeError("left behind");
    },
    /** What the context of the dead incarnation still does. */
    async useLeftBehind(): Promise<string[]> {
      if (!before) return ["nothing was left behind"];
      const { ctx: dead, self, other } = before;
      const outcome = (promise: Promise<unknown>) =>
        promise.then(() => "done", (error: ActorError) => error.code);
      self.tell.note("from the dead");
      other.tell.note("from the dead");
      dead.after(0, "note", "from the dead");
      dead.stop();
      dead.monitor(dead.self, () => log.push("from the dead"));
      dead.supervise({ intensity: 0 });
      await dead.publish("topic", 1);
      return await Promise.all([
        outcome(other.ask.note("from the dead")),
        outcome(other.send.note("from the dead")),
        outcome(dead.spawn({ url: import.meta.url, factory: () => ({}) }, { placement: "here" })),
        outcome(dead.lookup("nobody")),
        outcome(dead.call("procedure")),
        outcome(dead.stopChild(dead.self)),
        outcome(dead.subscribe("a/*", "note")),
        outcome(dead.serve("a/b", "note")),
      ]);
    },

    /** Throws where no handler is: in a timer. */
    throwInTimer(words: string): void {
      setTimeout(() => {
        throw new RangeError(words);
      });
    },
    rejectUnheard(words: string): void {
      void Promise.reject(new RangeError(words));
    },
    /** Tries to end the isolate that it is in. */
    endShard(how: string): string {
      try {
        if (how === "self.close") self.close();
        else Deno.exit(1);
        return "ended";
      } catch (error) {
        return String(error);
      }
    },
    /** Takes the catch-all away and throws, which is the end of a Worker. */
    loseShard(): void {
      Event.prototype.preventDefault = () => {};
      setTimeout(() => {
        throw new Error("the shard is lost on purpose");
      });
    },
  };
});

export default probe;
/** The handlers of a probe. */
export type Probe = HandlersOf<typeof probe>;
