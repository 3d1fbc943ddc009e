import type { ActorInfo } from "../mod.ts";

/** An actor and those that it supervises. */
export interface ActorTree {
  readonly actor: ActorInfo;
  /** Its name among its siblings. */
  readonly label: string;
  readonly children: ActorTree[];
}

/**
 * Makes the tree of a node's actors out of their paths.
 *
 * @param actors the list, parents before their children
 * @returns those that stand under nobody that is listed
 */
export function actorTrees(actors: readonly ActorInfo[]): readonly ActorTree[] {
  const roots: ActorTree[] = [];
  // Of actors with the same path the last one so far: its children come right after it.
  const byPath = new Map<string, ActorTree>();
  for (const actor of actors) {
    const { path } = actor;
    const parent = parentOf(path, byPath);
    const label = parent ? path.slice(parent.actor.path.length + 1) : path;
    const tree: ActorTree = { actor, label, children: [] };
    byPath.set(path, tree);
    (parent?.children ?? roots).push(tree);
  }
  return roots;
}

/**
 * The lines of a tree, each with the branches that lead to it.
 *
 * @returns `[branches, tree]` in the order in which they are printed
 */
export function* treeLines(
  trees: readonly ActorTree[],
  indent = "",
): Generator<readonly [branches: string, tree: ActorTree]> {
  for (const [at, tree] of trees.entries()) {
    const last = at === trees.length - 1;
    yield [`${indent}${last ? "└─ " : "├─ "}`, tree];
    yield* treeLines(tree.children, `${indent}${last ? "   " : "│  "}`);
  }
}

/**
 * The same trees with the siblings in another order: those first that have most, their children's
 * included.
 *
 * @param measure what is compared
 */
export function sortedTrees(
  trees: readonly ActorTree[],
  measure: (actor: ActorInfo) => number,
): readonly ActorTree[] {
  const sorted = (level: readonly ActorTree[]): { tree: ActorTree; sum: number }[] =>
    level.map(({ actor, label, children }) => {
      const below = sorted(children);
      const sum = below.reduce((sum, child) => sum + child.sum, measure(actor));
      return { tree: { actor, label, children: below.map(({ tree }) => tree) }, sum };
    }).sort((a, b) => b.sum - a.sum);
  return sorted(trees).map(({ tree }) => tree);
}

/** The longest path above this one that is somebody's: a name may have a slash in it. */
function parentOf(path: string, byPath: ReadonlyMap<string, ActorTree>): ActorTree | undefined {
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
    const tree = byPath.get(path.slice(0, end));
    if (tree) return tree;
  }
  return undefined;
}
