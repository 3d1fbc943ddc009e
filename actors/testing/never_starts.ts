import { defineActor, type Ref } from "../mod.ts";
import type { Gate } from "./gate.ts";

/** An actor whose start never ends. */
export default defineActor(import.meta, async (_ctx, gate: Ref<Gate>) => {
  gate.tell.arrive();
  await new Promise<never>(() => {});
  return { nothing(): void {} };
});
