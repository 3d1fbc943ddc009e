import { defineActor, type HandlersOf, type Ref } from "../mod.ts";

/** Counts the starts of another actor, across all isolates. */
export interface Starts {
  /** How many there were, this one too. */
  next(): number;
}

/** An actor of which every second start fails. */
const startsOnOdd = defineActor(import.meta, async (_ctx, starts: Ref<Starts>) => {
  const number = await starts.ask.next();
  if (number % 2 === 0) throw new RangeError(`start ${number} fails`);
  return { start: (): number => number };
});

export default startsOnOdd;
/** The handlers of such an actor. */
export type StartsOnOdd = HandlersOf<typeof startsOnOdd>;
