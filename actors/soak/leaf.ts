import { type AnyRef, defineActor, type HandlersOf, type Ref } from "../mod.ts";
import { REF } from "../../values/mod.ts";
import { Courier, type Lane } from "./courier.ts";
import { leafHandlers } from "./leaf_handlers.ts";
import type { Ledger } from "./ledger.ts";
import { tapped } from "./tap.ts";

/** What a leaf is to do on somebody's behalf. */
export interface Errand {
  readonly lane: Lane;
  readonly handler: string;
  /** A ref, or the name of who has it. */
  readonly to: AnyRef | string;
  readonly times: number;
  readonly deadlineMs: number;
  readonly priority: boolean;
}

/** A leaf of the tree, in a shard or the main isolate: it does what it is told, and runs errands. */
const leaf = defineActor(
  import.meta,
  (ctx, path: string, ledger: Ref<Ledger>, tickMs: number, group: string) => {
    const journal = tapped(path);
    const courier = new Courier(journal, ctx.self[REF].shard);
    let alive = true;
    ctx.onEnd(() => alive = false);
    void courier.dispatch("tell", ledger, "started", {}, ctx.path, ctx.self);
    if (tickMs > 0) ctx.every(tickMs, "tick");
    if (group !== "") ctx.join(group).catch(() => {/* it has ended, or its system has */});
    const handlers = leafHandlers(ctx, {
      handled: (number) => journal.write("handled", number),
      returned: (number) => journal.write("returned", number),
    });

    return {
      ...handlers,
      tick(): void {},
      run(number: string, errand: Errand): string {
        const { lane, handler, to, times, deadlineMs, priority } = errand;
        const ref = typeof to === "string" ? ctx.named(to) : to;
        for (let i = 0; alive && i < times; i++) {
          const args = handler.startsWith("count") ? [3] : [1];
          void courier.dispatch(lane, ref, handler, { deadlineMs, priority }, ...args);
        }
        return handlers.work(number);
      },
      /** Ends this shard, the Worker and all of its actors. */
      loseShard(number: string): string {
        if (ctx.self[REF].shard === 0) return handlers.work(number); // that is the program itself
        Event.prototype.preventDefault = () => {};
        setTimeout(() => {
          throw new Error("the shard is lost on purpose");
        });
        return handlers.work(number);
      },
    };
  },
);

export default leaf;
/** The handlers of a leaf. */
export type Leaf = HandlersOf<typeof leaf>;
