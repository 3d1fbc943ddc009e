import {
  type ActorError,
  type AnyRef,
  defineActor,
  type HandlersOf,
  type Ref,
  type SentExit,
} from "../mod.ts";

/** What a caller sends to. */
export interface Callee {
  note(word: string): void;
  log(): string[];
}

/** A way to send. */
export type Way = "tell" | "send" | "ask" | "stream";

/** Handlers of whatever name. */
export type AnyHandlers = { readonly [handler: string]: () => number[] };

/** Calls a handler of any name in one of the four ways. */
export async function callAny(ref: Ref<AnyHandlers>, way: Way, handler: string): Promise<void> {
  if (way === "stream") { for await (const _ of ref.stream[handler]!()) { /* there is none */ } }
  else await ref[way][handler]!();
}

/** What became of something: `done`, or the error's code and reason. */
function outcome(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "done",
    ({ code, data, message }: ActorError) => code ? `${code} ${data.reason}` : message,
  );
}

/** An actor that reaches another one, by ref or by name, in every way that there is. */
const caller = defineActor(import.meta, (ctx) => {
  const callee = (to: AnyRef | string) =>
    typeof to === "string" ? ctx.named(to) as Ref<Callee> : to as Ref<Callee>;

  return {
    nothing(): void {},
    /** Tells, sends and asks, in this order, without waiting in between. */
    async everyWay(to: AnyRef | string, word: string): Promise<string[]> {
      const ref = callee(to);
      ref.tell.note(`told ${word}`);
      const sent = outcome(ref.send.note(`sent ${word}`));
      const asked = outcome(ref.ask.note(`asked ${word}`));
      return await Promise.all([sent, asked]);
    },
    tell: (to: AnyRef | string, word: string): void => callee(to).tell.note(word),
    /** Tells `count` notes in a row, by refs that are made anew each time. */
    tellMany(to: string, count: number): void {
      for (let i = 0; i < count; i++) {
        if (i % 2) callee(to).tell.note(`${i}`);
        else callee(to).send.note(`${i}`).catch(() => {});
      }
    },
    ask: (to: AnyRef | string, word: string): Promise<string> => outcome(callee(to).ask.note(word)),
    /** Reads what the log of another has as a stream. */
    async read(to: AnyRef | string): Promise<string[]> {
      const words: string[] = [];
      try {
        for await (const word of callee(to).stream.log()) words.push(word);
      } catch (error) {
        words.push(await outcome(Promise.reject(error)));
      }
      return words;
    },
    /** Calls a handler of any name in one of the four ways. */
    async callAny(to: AnyRef, way: Way, handler: string): Promise<string> {
      return await outcome(callAny(to as Ref<AnyHandlers>, way, handler));
    },
    /** Replies with how it ended. */
    watch(to: AnyRef): void {
      const reply = ctx.deferReply();
      ctx.monitor(to, ({ reason }) => reply.ok(reason.kind));
    },
    /** Links, and replies with the exit that this brings. */
    link(to: AnyRef): void {
      const reply = ctx.deferReply();
      ctx.trapExit(({ reason }) => reply.ok(reason.kind));
      ctx.link(to);
    },
    unlink: (to: AnyRef): void => ctx.unlink(to),
    exit: (to: AnyRef, kind: SentExit): void => ctx.exit(to, kind),
    /** Starts a caller as a child. */
    child: (): Promise<AnyRef> => ctx.spawn(caller, { placement: "here" }),
    stopChild: (child: AnyRef): Promise<void> => ctx.stopChild(child),
    children: (): number => ctx.children().length,
    /** A named ref, in a message: it stands for who has the name now. */
    resolve: (name: string): AnyRef => ctx.named(name),
    note(_word: string): void {},
    log: (): string[] => [],
  };
});

export default caller;
/** The handlers of a caller. */
export type Caller = HandlersOf<typeof caller>;
