import { defineActor, type HandlersOf, type Ref } from "../mod.ts";
import type { Gate } from "./gate.ts";
import type { Journal } from "./journal.ts";

/** A child that writes its starts and stops down before it goes on. */
const relative = defineActor(import.meta, async (ctx, id: string, journal: Ref<Journal>) => {
  await journal.ask.note(`start ${id}`);
  ctx.onStop(() => journal.ask.note(`stop ${id}`));

  return {
    id: (): string => id,
    /** Hangs when it is stopped, once that is written down. */
    hangOnStop(): void {
      ctx.onStop(async () => {
        await journal.ask.note(`hang ${id}`);
        await new Promise(() => {});
      });
    },
    /** Is held by the gate when it is stopped. */
    holdOnStop: (gate: Ref<Gate>): void => ctx.onStop(() => gate.ask.pass()),
    hold: (gate: Ref<Gate>): Promise<void> => gate.ask.pass(),
    stop: (): void => ctx.stop(),
    fail(): void {
      throw new RangeError(`${id} failed`);
    },
  };
});

export default relative;
/** The handlers of a relative. */
export type Relative = HandlersOf<typeof relative>;
