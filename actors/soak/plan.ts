import type {
  MailboxOptions,
  Overflow,
  Placement,
  Restart,
  Strategy,
  SupervisionOptions,
} from "../mod.ts";
import { between, oneOf, type Random } from "./random.ts";

/** A leaf of the tree. */
export type LeafPlan = {
  readonly id: string;
  /** Unique on the node; empty for none. */
  readonly name: string;
  readonly placement: Placement;
  readonly restart: Restart;
  readonly mailbox: MailboxOptions;
  /** How often its timer tells it, in milliseconds; 0 for never. */
  readonly tickMs: number;
  /** The process group that it joins; empty for none. */
  readonly group: string;
};

/** A supervisor of the tree, and all that is below it. */
export type BranchPlan = {
  readonly id: string;
  readonly placement: "here" | "shard";
  readonly shard: string | null;
  readonly supervision: SupervisionOptions;
  readonly branches: readonly BranchPlan[];
  readonly leaves: readonly LeafPlan[];
};

/** What a tree is made of. */
export interface TreeSize {
  /** All of its actors, supervisors included. */
  readonly actors: number;
  /** Those in a Worker of their own, and those in a process of their own. */
  readonly boxes: number;
}

const STRATEGIES: readonly Strategy[] = ["one_for_one", "dynamic", "one_for_all", "rest_for_one"];
const OVERFLOWS: readonly Overflow[] = ["reject", "drop-oldest", "drop-newest", "wait"];
const SHARDS = ["user-1", "user-2"];
const LEAVES = 20;
/** Below this, supervisors of one level are all that a tree has. */
const FANNED = 4;

/**
 * Plans a tree: supervisors of supervisors in the main isolate and both user shards, with every
 * strategy, and leaves of every placement, restart type, and overflow below them.
 */
export function planTree(random: Random, { actors, boxes }: TreeSize): BranchPlan[] {
  const branches = Math.max(FANNED, Math.round(actors / (LEAVES + 1 + 1 / FANNED)));
  const tops = Math.ceil(branches / FANNED);
  const inner = Math.max(tops, branches - tops);
  const leaves = Math.max(inner, actors - tops - inner);
  let boxed = 0;
  let leafNumber = 0;
  return Array.from({ length: tops }, (_, top) => {
    const home = placed(top);
    return {
      ...home,
      id: `top-${top}`,
      supervision: supervisionOf(random, "one_for_one", false),
      branches: spread(inner, tops, top).map((number): BranchPlan => {
        const place = placed(number + top + 1);
        const isMain = home.placement === "here" && place.placement === "here";
        const strategy = STRATEGIES[number % STRATEGIES.length] as Strategy;
        return {
          ...place,
          id: `branch-${number}`,
          supervision: supervisionOf(random, strategy, number % 5 === 4),
          branches: [],
          leaves: spread(leaves, inner, number).map(() => {
            const number = leafNumber++;
            // One box in a few leaves, as long as there are any to give.
            const isBoxed = number % 5 === 0 && boxed < 2 * boxes;
            const placement = isBoxed
              ? (boxed++ % 2 === 0 ? "worker" : "process")
              : number % 4 === 3
              ? "here"
              : "shard";
            return leafOf(random, number, placement, isMain);
          }),
        };
      }),
      leaves: [],
    };
  });
}

/** The paths of a plan that must be there when all has been restarted. */
export function lastingPaths(plan: readonly BranchPlan[], under = ""): string[] {
  return plan.flatMap(({ id, branches, leaves }) => [
    `${under}${id}`,
    ...lastingPaths(branches, `${under}${id}/`),
    ...leaves.filter(({ restart }) => restart !== "temporary")
      .map((leaf) => `${under}${id}/${leaf.name || leaf.id}`),
  ]);
}

/** All leaves of a plan, with their paths. */
export function leavesOf(
  plan: readonly BranchPlan[],
  under = "",
): { readonly path: string; readonly leaf: LeafPlan }[] {
  return plan.flatMap(({ id, branches, leaves }) => [
    ...leavesOf(branches, `${under}${id}/`),
    ...leaves.map((leaf) => ({ path: `${under}${id}/${leaf.name || leaf.id}`, leaf })),
  ]);
}

/** @param isMain whether its supervisor is in the main isolate */
function leafOf(
  random: Random,
  number: number,
  placement: Placement,
  isMain: boolean,
): LeafPlan {
  const restart = number % 10 === 9
    ? "temporary" as const
    : number % 10 === 4
    ? "transient" as const
    : "permanent" as const;
  return {
    ...{ id: `leaf-${number}`, name: number % 5 < 2 ? `name-${number}` : "", placement, restart },
    mailbox: { bound: between(random, 4, 64), overflow: oneOf(random, OVERFLOWS) },
    // In a shard that is lost the ticks would be, too, and have no number.
    tickMs: placement === "here" && isMain ? between(random, 5, 50) : 0,
    group: number % 3 === 0 ? `group-${number % 7}` : "",
  };
}

/** Which of `all` things are those of the `at`-th of `many`. */
function spread(all: number, many: number, at: number): number[] {
  return Array.from({ length: all }, (_, i) => i).filter((i) => i % many === at);
}

function placed(number: number): Pick<BranchPlan, "placement" | "shard"> {
  const shard = [null, ...SHARDS][number % 3] ?? null;
  return shard === null ? { placement: "here", shard } : { placement: "shard", shard };
}

/** @param strict whether it is to fail upward soon */
function supervisionOf(random: Random, strategy: Strategy, strict: boolean): SupervisionOptions {
  const backoff = random() < 0.5 ? { backoff: { minMs: 1, maxMs: 50, resetMs: 200 } } : {};
  const intensity = strict ? { intensity: 3, withinMs: 500 } : { intensity: 100_000 };
  return { strategy, ...intensity, ...backoff };
}
