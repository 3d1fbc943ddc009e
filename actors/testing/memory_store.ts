import { type DeferredReply, defineActor, type HandlersOf } from "../mod.ts";
import { decodeValue, type Value } from "../../values/mod.ts";

/** A store in memory, which a test can hold up and make fail. */
const store = defineActor(import.meta, (ctx) => {
  const states = new Map<string, Uint8Array>();
  const begun: Value[] = [];
  const held: (() => void)[] = [];
  const watchers: { readonly count: number; readonly reply: DeferredReply }[] = [];
  let holds = false;
  let failure = "";

  return {
    load(name: string): Uint8Array | null {
      return states.get(name) ?? null;
    },
    save(name: string, state: Uint8Array): void {
      begun.push(decodeValue(state, "state"));
      for (const { count, reply } of watchers) if (begun.length >= count) reply.ok();
      if (failure !== "") return ctx.refuse(new RangeError(failure));
      if (!holds) return void states.set(name, state);
      const reply = ctx.deferReply();
      held.push(() => {
        states.set(name, state);
        reply.ok();
      });
    },
    /** Stores bytes of a test's own. */
    put: (name: string, state: Uint8Array): void => void states.set(name, state),
    /** The state under a name, decoded; `null` where there is none. */
    stored(name: string): Value {
      const state = states.get(name);
      return state ? decodeValue(state, "state") : null;
    },
    /** Every state whose save has begun, in order. */
    begun: (): Value[] => begun,
    /** Settles when `count` saves have begun, all told. */
    beginning(count: number): void {
      if (begun.length < count) watchers.push({ count, reply: ctx.deferReply() });
    },
    hold: (): void => void (holds = true),
    /** Ends the saves that are held, and holds no more. */
    release(): void {
      holds = false;
      for (const end of held.splice(0)) end();
    },
    /** Refuses saves with these words; with none, takes them again. */
    failWith: (words: string): void => void (failure = words),
  };
});

export default store;
/** The handlers of a store in memory. */
export type MemoryStore = HandlersOf<typeof store>;
