import { defineActor, type HandlersOf } from "../../mod.ts";

/** Does nothing else for as long as there is that file. */
function spinWhile(file: string): void {
  for (;;) {
    try {
      Deno.statSync(file);
    } catch {
      return; // it is gone
    }
  }
}

/** An actor that holds up its shard until the test lets it go, so that its Worker can end. */
const spinner = defineActor(import.meta, () => ({
  spinWhile,
  async spinLater(file: string): Promise<void> {
    await Promise.resolve();
    spinWhile(file);
  },
  echo: (word: string): string => word,
}));

export default spinner;
/** The handlers of a spinner. */
export type Spinner = HandlersOf<typeof spinner>;
