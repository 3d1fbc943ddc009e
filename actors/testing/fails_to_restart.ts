import { defineActor } from "../mod.ts";

/** An actor that starts once, and never again. */
export default defineActor(import.meta, (ctx) => {
  if (ctx.kept<boolean>()) throw new RangeError("no second time");
  ctx.keep(() => true);
  return {
    fail(): void {
      throw new RangeError("the first time");
    },
  };
});
