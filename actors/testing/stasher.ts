import { type ActorContext, defineActor, type HandlersOf, type Ref } from "../mod.ts";
import type { Gate } from "./gate.ts";

/** The name of the error that `stash` throws, or that it threw none. */
function outcome(ctx: ActorContext): string {
  try {
    ctx.stash();
    return "stashed";
  } catch (error) {
    return (error as Error).name;
  }
}

/** An actor that puts its work aside while it is locked. */
const stasher = defineActor(import.meta, (ctx, isLockedAtFirst: boolean) => {
  const log: string[] = [];
  const stashedAtStart = outcome(ctx);
  let isLocked = (ctx.kept<boolean>() ?? false) ? false : isLockedAtFirst;
  ctx.keep(() => true);

  return {
    /** Notes the word, or puts the message aside. */
    work(word: string): string {
      if (isLocked) {
        ctx.stash();
        return "not this";
      }
      log.push(word);
      return `did ${word}`;
    },
    /** Passes a gate, then puts the message aside, or refuses it where there is no room. */
    async stashLater(gate: Ref<Gate>): Promise<void> {
      await gate.ask.pass();
      try {
        ctx.stash();
      } catch (error) {
        ctx.refuse(error);
      }
    },
    stashAndThrow(word: string): string {
      if (!isLocked) {
        log.push(word);
        return `did ${word}`;
      }
      ctx.stash();
      throw new RangeError("after stashing");
    },
    /** Puts the message aside whatever it has done with it before. */
    stashTwice(): string[] {
      if (!isLocked) return ["not locked"];
      return log.push(...[outcome(ctx), outcome(ctx)]), [];
    },
    stashAfterDefer(): void {
      const reply = ctx.deferReply();
      reply.ok(outcome(ctx));
    },
    stashOnStop(other: Ref<{ note(word: string): void }>): void {
      ctx.onStop(() => other.tell.note(outcome(ctx)));
    },
    stashedAtStart: (): string => stashedAtStart,
    unlock(): void {
      isLocked = false;
      ctx.unstash();
    },
    unlockOnly: (): void => void (isLocked = false),
    unstash: (): void => ctx.unstash(),
    hold: (gate: Ref<Gate>): Promise<void> => gate.ask.pass(),
    queued: (): number => ctx.queued,
    log: (): string[] => log,
    stop: (): void => ctx.stop(),
    fail(): void {
      throw new RangeError("on purpose");
    },
  };
});

export default stasher;
/** The handlers of a stasher. */
export type Stasher = HandlersOf<typeof stasher>;
