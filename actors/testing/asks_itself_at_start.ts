import { type ActorError, defineActor, type Ref } from "../mod.ts";

/** An actor that asks itself where it could only wait for ever: as it starts. */
export default defineActor(import.meta, async (ctx) => {
  const self = ctx.self as Ref<{ outcome(): string }>;
  const outcome = await self.ask.outcome().catch((error: ActorError) => error.code);
  return { outcome: (): string => outcome };
});
