import { defineActor, type Ref } from "../mod.ts";
import type { Gate } from "./gate.ts";

/** An actor whose start is held by a gate. */
export default defineActor(import.meta, async (_ctx, gate: Ref<Gate>) => {
  await gate.ask.pass();
  return { nothing(): void {} };
});
