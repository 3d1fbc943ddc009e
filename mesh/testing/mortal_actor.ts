import { defineActor } from "../../actors/mod.ts";

/** Ends in every way there is, when it is told to. */
const mortal = defineActor(import.meta, (ctx) => ({
  alive(): boolean {
    return true;
  },
  quit(): void {
    ctx.stop();
  },
  fail(why: string): void {
    throw new Error(why);
  },
  beKilled(): void {
    ctx.exit(ctx.self, "killed");
  },
  /** Has a child that fails more often than it may. */
  async failBelow(): Promise<void> {
    ctx.supervise({ intensity: 0 });
    const child = await ctx.spawn(mortal, { placement: "here" });
    child.tell.fail("below");
  },
  /** Takes the catch-all away and throws, which is the end of a Worker. */
  loseShard(): void {
    Event.prototype.preventDefault = () => {};
    setTimeout(() => {
      throw new Error("the shard is lost on purpose");
    });
  },
  spin(): void {
    for (;;);
  },
}));
export default mortal;
