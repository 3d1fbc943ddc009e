import { defineActor } from "../mod.ts";

/** An actor whose factory throws. */
export default defineActor(import.meta, (_ctx, words: string) => {
  if (words !== "") throw new RangeError(words);
  return { nothing(): void {} };
});
