import { type AnyRef, defineActor, type HandlersOf, type Ref } from "../mod.ts";
import type { Gate } from "./gate.ts";

/** How something goes wrong. */
export type Kind = "throw" | "throw odd" | "reject" | "hang";

/** Goes wrong. */
function misbehave(kind: Kind): Promise<never> {
  switch (kind) {
    case "throw":
      throw new RangeError("on purpose");
    case "throw odd":
      throw Object.create(null);
    case "reject":
      return Promise.reject(new RangeError("on purpose"));
    case "hang":
      return new Promise(() => {});
  }
}

/** An actor that goes wrong where and how a test says; where it is no handler, it tells the gate. */
const fickle = defineActor(import.meta, (ctx, gate: Ref<Gate>, start: Kind | null) => {
  const handlers = {
    nothing(): void {},
    message: (kind: Kind): Promise<never> => misbehave(kind),
    deferred(kind: Kind): Promise<never> {
      ctx.deferReply();
      return misbehave(kind);
    },
    timer: (kind: Kind): void => void ctx.after(0, "arriveAnd", kind),
    arriveAnd(kind: Kind): Promise<never> {
      gate.tell.arrive();
      return misbehave(kind);
    },
    rawTimer(kind: Kind): void {
      setTimeout(() => handlers.arriveAnd(kind));
    },
    async unawaitedPromise(kind: Kind): Promise<void> {
      void Promise.resolve().then(() => handlers.arriveAnd(kind));
      await Promise.resolve();
    },
    stopHook: (kind: Kind): void => ctx.onStop(() => misbehave(kind)),
    endHook: (kind: Kind): void => ctx.onEnd(() => misbehave(kind)),
    keep: (kind: Kind): void => ctx.keep(() => misbehave(kind)),
    monitor: (kind: Kind, ref: AnyRef): void =>
      void ctx.monitor(ref, () => handlers.arriveAnd(kind)),
    exit: (kind: Kind, ref: AnyRef): void => {
      ctx.trapExit(() => handlers.arriveAnd(kind));
      ctx.link(ref);
    },
    group: (kind: Kind, group: string): void =>
      void ctx.watchGroup(group, () => handlers.arriveAnd(kind)),
    join: (group: string): Promise<void> => ctx.join(group),
    async *stream(kind: Kind): AsyncGenerator<number> {
      yield 1;
      await misbehave(kind);
    },
    fail: (): Promise<never> => misbehave("throw"),
  };
  return start === null ? handlers : misbehave(start);
});

export default fickle;
/** The handlers of a fickle actor. */
export type Fickle = HandlersOf<typeof fickle>;
