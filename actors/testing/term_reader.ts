import { defineActor, type HandlersOf } from "../mod.ts";
import type { Item } from "../../values/mod.ts";

/** Whether a value and all its parts but byte arrays are frozen. */
function isFrozen(value: unknown): boolean {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return true;
  return Object.isFrozen(value) && Object.values(value).every(isFrozen);
}

/** An actor that reads terms. */
const termReader = defineActor(import.meta, (ctx) => {
  let last: unknown;

  return {
    read: (name: string): Item => ctx.term<Item>(name) ?? null,
    /** Whether it is the object that the last call saw. */
    isSame(name: string): boolean {
      const former = last;
      last = ctx.term(name);
      return last === former;
    },
    isFrozen: (name: string): boolean => isFrozen(ctx.term(name)),
    /** What comes of changing it. */
    change(name: string): string {
      const term = ctx.term<{ words: string[] }>(name);
      try {
        term?.words.push("changed");
        return "changed";
      } catch (error) {
        return (error as Error).name;
      }
    },
  };
});

export default termReader;
/** The handlers of a reader of terms. */
export type TermReader = HandlersOf<typeof termReader>;
