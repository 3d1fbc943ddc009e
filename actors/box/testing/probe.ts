import {
  ActorError,
  type AnyRef,
  type DeferredReply,
  defineActor,
  type HandlersOf,
  type Ref,
  sameRef,
  type SentExit,
} from "../../mod.ts";

/** The key of a ref's address, as anybody can write it down. */
const REF = Symbol.for("macula.ref");

type Ear = Ref<{ hear(value: unknown): void }>;
type Doubler = Ref<{ double(n: number): number }>;
type Counting = Ref<{
  count(to: number): Iterable<number>;
  countAndTell(to: number, ear: Ear): AsyncIterable<number>;
}>;
type Waiting = Ref<{ wait(): void }>;

/** What can be thrown and is hard to tell of. */
function oddError(what: string): unknown {
  switch (what) {
    case "text":
      return "x".repeat(100_000);
    case "null":
      return null;
    case "huge":
      return new ActorError("c".repeat(1_000), "m".repeat(1e6), { data: "d".repeat(1e6) });
    case "hostile": {
      const error = new Error("x");
      for (const key of ["name", "message", "stack"]) {
        Object.defineProperty(error, key, {
          get() {
            throw error;
          },
        });
      }
      return error;
    }
    default: {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    }
  }
}

/** A boxed actor that shows whatever a test wants to see. */
const probe = defineActor(import.meta, (ctx, start: number) => {
  let count = ctx.kept<number>() ?? start;
  let open = false;
  let ticked = () => {};
  let held: Doubler | undefined;
  let deferred: DeferredReply[] = [];
  const self = ctx.self as Ref<{ hear(ear: Ear, value: unknown): void; path(): string }>;
  const nameOf = (error: unknown) => (error as Error).name;
  ctx.keep(() => count);
  return {
    add: (n: number) => count += n,
    echo: (value: unknown) => value,
    path: () => ctx.path,
    askOther: (other: AnyRef, n: number) => (other as Doubler).ask.double(n),
    hold: (other: AnyRef) => void (held = (other as Doubler).with({ deadlineMs: 1_000 })),
    askHeld: (n: number) => held?.ask.double(n),
    askForged: () => self.ask.hear({ [REF]: { shard: 0, slot: 999 } } as unknown as Ear, 0),
    fail(words: string) {
      count = -1;
      throw new RangeError(words);
    },
    throwLater(words: string) {
      setTimeout(() => {
        throw new Error(words);
      }, 1);
    },
    rejectLater: (words: string) => void Promise.reject(new Error(words)),
    throwOdd(what: string) {
      throw oddError(what);
    },
    refuseOdd: (what: string) => ctx.refuse(oddError(what)),
    giveMap: () => new Map([[1, 2]]),
    giveFunction: () => () => {},
    defer(value: unknown) {
      const reply = ctx.deferReply();
      deferred.push({ ok: () => reply.ok(value), fail: (error) => reply.fail(error) });
      return "not this";
    },
    settleDeferred() {
      for (const reply of deferred) reply.ok();
      for (const reply of deferred) reply.fail(new Error("once only"));
      deferred = [];
    },
    failDeferred: (words: string) => deferred.pop()?.fail(new Error(words)),
    refuse: (words: string) => ctx.refuse(new Error(words)),
    async waitForAbort(ear: Ear) {
      const { signal } = ctx.message!;
      ear.tell.hear("waiting");
      await new Promise((done) => signal.addEventListener("abort", done));
      ear.tell.hear("aborted");
    },
    async askAndAbort(other: AnyRef) {
      const controller = new AbortController();
      const asked = (other as Waiting).with({ signal: controller.signal }).ask.wait();
      setTimeout(() => controller.abort(), 20);
      return await asked.catch(nameOf);
    },
    askWithin: (other: AnyRef, deadlineMs: number) =>
      (other as Waiting).with({ deadlineMs }).ask.wait().catch(nameOf),
    askSelf: () => self.ask.path().catch(nameOf),
    watch(other: AnyRef, ear: Ear) {
      ctx.monitor(other, ({ ref, reason }) => {
        ear.tell.hear({ same: sameRef(ref, other), kind: reason.kind });
      });
    },
    tellLater: (ear: Ear, value: unknown) => void ctx.after(1, "hear", ear, value),
    hear: (ear: Ear, value: unknown) => ear.tell.hear(value),
    async lookUp(name: string, n: number) {
      return (await ctx.lookup(name) as Doubler | undefined)?.ask.double(n) ?? null;
    },
    tellAtStop: (ear: Ear) => ctx.onStop(() => ear.send.hear("stopping")),
    stopYourself: () => ctx.stop(),
    waitForEver: () => new Promise<void>(() => {}),
    link: (other: AnyRef) => ctx.link(other),
    unlink: (other: AnyRef) => ctx.unlink(other),
    exit: (other: AnyRef, kind: SentExit) => ctx.exit(other, kind, "sent"),
    exitWrongly: (other: AnyRef) => ctx.exit(other, "odd" as SentExit),
    trap(ear: Ear | null) {
      ctx.trapExit(
        ear === null ? undefined : async ({ ref, reason }) => {
          await ear.send.hear({ self: sameRef(ref, ctx.self), ...reason });
        },
      );
    },
    setAside(word: string) {
      if (!open) return ctx.stash();
      return word;
    },
    openUp() {
      open = true;
      ctx.unstash();
    },
    askNamed: (name: string, n: number) => (ctx.named(name) as Doubler).ask.double(n),
    named: (name: string) => ctx.named(name),
    async group(group: string) {
      await ctx.join(group);
      const joined = await ctx.members(group);
      await ctx.leave(group);
      return [joined.length, joined.every((ref) => sameRef(ref, ctx.self))];
    },
    watchGroup(group: string, ear: Ear) {
      ctx.watchGroup(group, (event) => ear.tell.hear(Object.keys(event).sort()));
    },
    tick(ear: Ear) {
      let ticks = 0;
      const ticker = ctx.every(2, "ticked");
      ticked = () => {
        if (++ticks < 3) return;
        ticker[Symbol.dispose]();
        ear.tell.hear(ticks);
      };
    },
    ticked: () => ticked(),
    *count(to: number) {
      for (let n = 1; n <= to; n++) yield n;
    },
    async *countAndTell(to: number, ear: Ear) {
      try {
        for (let n = 1; n <= to; n++) {
          await null;
          yield n;
        }
      } finally {
        ear.tell.hear("left");
      }
    },
    async *untilAborted(ear: Ear) {
      const { signal } = ctx.message!;
      yield 1;
      ear.tell.hear("waiting");
      await new Promise((done) => ctx.message!.signal.addEventListener("abort", done));
      ear.tell.hear(signal.aborted);
    },
    *odd(ear: Ear): Iterable<unknown> {
      try {
        yield 1;
        yield new Map();
      } finally {
        ear.tell.hear("end of odd");
      }
    },
    async saveUnheard() {
      void ctx.save();
      return await ctx.save().catch(nameOf);
    },
    async sumOf(other: AnyRef, to: number) {
      let sum = 0;
      for await (const n of (other as Counting).with({ credit: 4 }).stream.count(to)) sum += n;
      return sum;
    },
    async firstOf(other: AnyRef, ear: Ear) {
      for await (const n of (other as Counting).stream.countAndTell(1_000, ear)) return n;
    },
    mayRead: (path: string) =>
      Deno.permissions.querySync({ name: "read", path }).state === "granted",
  };
});
export default probe;

/** What it can be told and asked. */
export type Probe = HandlersOf<typeof probe>;
