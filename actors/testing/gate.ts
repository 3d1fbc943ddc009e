import { type DeferredReply, defineActor, type HandlersOf } from "../mod.ts";

/** A gate: who passes is held until it is opened, and a test can wait for those who arrive. */
const gate = defineActor(import.meta, (ctx) => {
  let isOpen = false;
  let arrivals = 0;
  const held: DeferredReply[] = [];
  const watchers: { readonly count: number; readonly reply: DeferredReply }[] = [];

  function arrive(): void {
    arrivals++;
    for (const { count, reply } of watchers) if (arrivals >= count) reply.ok();
  }

  return {
    /** Arrives, and is held until the gate is open. */
    pass(): void {
      arrive();
      if (!isOpen) held.push(ctx.deferReply());
    },
    /** Arrives without being held. */
    arrive,
    /** Settles when `count` have arrived, all told. */
    arrived(count: number): void {
      if (arrivals < count) watchers.push({ count, reply: ctx.deferReply() });
    },
    open(): void {
      isOpen = true;
      for (const reply of held.splice(0)) reply.ok();
    },
  };
});

export default gate;
/** The handlers of a gate. */
export type Gate = HandlersOf<typeof gate>;
