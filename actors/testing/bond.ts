import { type AnyRef, defineActor, type HandlersOf, type Ref, type SentExit } from "../mod.ts";
import type { Gate } from "./gate.ts";

/** An actor that links, traps and sends exits as a test tells it, and keeps a log of it. */
const bond = defineActor(import.meta, (ctx, first: string = "") => {
  const log: string[] = first === "" ? [] : [first];

  return {
    log: (): string[] => log,
    note: (word: string): void => void log.push(word),
    link: (ref: AnyRef): void => ctx.link(ref),
    unlink: (ref: AnyRef): void => ctx.unlink(ref),
    /** Notes each exit with its reason, and tells the gate. */
    trap(gate: Ref<Gate>): void {
      ctx.trapExit(({ reason }) => {
        log.push(`exit ${reason.kind}: ${reason.message}`);
        gate.tell.arrive();
      });
    },
    untrap: (): void => ctx.trapExit(undefined),
    /** Tells whoever an exit comes from a word. */
    trapAndAnswer(word: string): void {
      ctx.trapExit(({ ref }) => (ref as Ref<{ note(word: string): void }>).tell.note(word));
    },
    trapAndFail(): void {
      ctx.trapExit(({ reason }) => {
        throw new RangeError(`an exit: ${reason.kind}`);
      });
    },
    /** Notes when the ref's incarnation ends, and tells the gate. */
    watch(ref: AnyRef, gate: Ref<Gate>): void {
      ctx.monitor(ref, ({ reason }) => {
        log.push(`down ${reason.kind}`);
        gate.tell.arrive();
      });
    },
    exit: (ref: AnyRef, kind: SentExit): void => ctx.exit(ref, kind),
    exitWith: (ref: AnyRef, kind: SentExit, words: string): void => ctx.exit(ref, kind, words),
    /** The error of an exit of that kind. */
    exitBadly(ref: AnyRef, kind: string): string {
      try {
        ctx.exit(ref, kind as SentExit);
        return "sent";
      } catch (error) {
        return String(error);
      }
    },
    hold: (gate: Ref<Gate>): Promise<void> => gate.ask.pass(),
    /** Notes a word when it is stopped, by telling it to another. */
    tellOnStop(other: Ref<{ note(word: string): void }>, word: string): void {
      ctx.onStop(() => other.tell.note(word));
    },
    stop: (): void => ctx.stop(),
    fail(words: string): void {
      throw new RangeError(words);
    },
  };
});

export default bond;
/** The handlers of a bond. */
export type Bond = HandlersOf<typeof bond>;
