import {
  ActorError,
  type AnyRef,
  defineActor,
  type HandlersOf,
  NameTakenError,
  type Ref,
} from "../mod.ts";
import { REF } from "../../values/mod.ts";
import boxedLeaf from "./boxed_leaf.ts";
import { Courier } from "./courier.ts";
import leaf from "./leaf.ts";
import { leafHandlers } from "./leaf_handlers.ts";
import type { Ledger } from "./ledger.ts";
import type { BranchPlan, LeafPlan } from "./plan.ts";
import { tapped } from "./tap.ts";

/** What boxes may import from. */
const ROOT = new URL("../..", import.meta.url).href;

/** A supervisor of the tree: it starts its children in order, as its plan says. */
const branch = defineActor(
  import.meta,
  async (ctx, plan: BranchPlan, path: string, ledger: Ref<Ledger>) => {
    const journal = tapped(path);
    const courier = new Courier(journal, ctx.self[REF].shard);
    let alive = true;
    ctx.onEnd(() => alive = false);
    ctx.supervise(plan.supervision);
    for (const child of plan.branches) {
      const { id, placement, shard } = child;
      await ctx.spawn(branch, {
        ...{ id, label: id, placement, restart: "permanent", args: [child, path, ledger] },
        ...shard === null ? {} : { shard },
      });
    }
    for (const child of plan.leaves) {
      const ref = await patiently(() => start(child));
      const isBoxed = child.placement === "worker" || child.placement === "process";
      if (isBoxed) announce(`${ctx.path}/${child.name || child.id}`, ref);
    }
    announce(ctx.path, ctx.self);

    function announce(path: string, ref: AnyRef): void {
      if (alive) void courier.dispatch("tell", ledger, "started", {}, path, ref);
    }

    function start(child: LeafPlan): Promise<AnyRef> {
      const { id, name, placement, restart, mailbox, tickMs, group } = child;
      const common = { id, label: id, restart, mailbox, shutdownMs: 500, ...name ? { name } : {} };
      if (placement === "worker") {
        return ctx.spawn(boxedLeaf, { ...common, placement, args: [ledger] });
      }
      if (placement === "process") {
        const box = { root: ROOT, unansweredMs: 400 };
        return ctx.spawn(boxedLeaf, { ...common, placement, box, args: [ledger] });
      }
      const args: [string, Ref<Ledger>, number, string] = [path, ledger, tickMs, group];
      return ctx.spawn(leaf, { ...common, placement, args });
    }

    return leafHandlers(ctx, {
      handled: (number) => journal.write("handled", number),
      returned: (number) => journal.write("returned", number),
    });
  },
);

/** Starts a child whose name may not be free yet: its last holder has just ended. */
async function patiently(start: () => Promise<AnyRef>): Promise<AnyRef> {
  for (let tries = 0;; tries++) {
    try {
      return await start();
    } catch (error) {
      const isTaken = error instanceof NameTakenError ||
        (error instanceof ActorError && error.code === "name-taken");
      if (!isTaken || tries === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

export default branch;
/** The handlers of a branch. */
export type Branch = HandlersOf<typeof branch>;
