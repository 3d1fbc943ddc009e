import { type AnyRef, defineActor, type HandlersOf } from "../mod.ts";
import { tapped } from "./tap.ts";

/**
 * Takes down in the main isolate what leaves in boxes cannot take down themselves, and where the
 * actors of the tree are.
 */
const ledger = defineActor(import.meta, (_ctx, path: string) => {
  const journal = tapped(path);
  const homes = new Map<string, AnyRef>();
  let starts = 0;

  return {
    /** From a box: a message of its own, which has no number and cannot get lost. */
    returned: (number: string): void => journal.write("returned", number),
    /** An incarnation has started. */
    started(number: string, path: string, ref: AnyRef): void {
      starts++;
      homes.set(path, ref);
      journal.write("handled", number);
    },
    starts: (): number => starts,
    /** Where the actors were seen last, by their place in the tree. */
    homes: (): { path: string; ref: AnyRef }[] => [...homes].map(([path, ref]) => ({ path, ref })),
  };
});

export default ledger;
/** The handlers of a ledger. */
export type Ledger = HandlersOf<typeof ledger>;
