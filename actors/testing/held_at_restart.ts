import { defineActor, type Ref } from "../mod.ts";
import type { Gate } from "./gate.ts";

/** An actor whose first start is free, and whose every restart is held by a gate. */
export default defineActor(import.meta, async (ctx, gate: Ref<Gate>) => {
  const restarted = ctx.kept<boolean>() ?? false;
  ctx.keep(() => true);
  if (restarted) await gate.ask.pass();
  const log: string[] = [];
  return {
    note: (word: string): void => void log.push(word),
    log: (): string[] => log,
    fail(): void {
      throw new RangeError("once");
    },
  };
});
