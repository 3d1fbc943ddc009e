import { defineActor } from "../mod.ts";

/** An actor whose factory returns what cannot be handlers. */
export default defineActor(import.meta, (_ctx, what: string): object => {
  switch (what) {
    case "null":
      return null as never;
    case "state":
      return { count: 0 };
    case "__proto__":
      return { ["__proto__"]() {} };
    default:
      return { [what]() {} };
  }
});
