import assert from "node:assert/strict";
import type { ActorInfo } from "../mod.ts";
import { actorTrees, sortedTrees, treeLines } from "./actor_tree.ts";

function actor(path: string, handled = 0): ActorInfo {
  return {
    ...{ path, shard: 0, slot: 0, state: "running", queued: 0, stashed: 0, handled },
    ...{ restarts: 0, deadLetters: 0, busyMs: 0 },
  };
}

function lines(...paths: readonly string[]): string[] {
  const trees = actorTrees(paths.map((path) => actor(path)));
  return [...treeLines(trees)].map(([branches, { label }]) => branches + label);
}

Deno.test("actorTrees() puts every actor under the one that supervises it", () => {
  assert.deepEqual(lines("mesh", "agents", "mesh/bus", "mesh/peers", "mesh/bus/lob"), [
    "├─ mesh",
    "│  ├─ bus",
    "│  │  └─ lob",
    "│  └─ peers",
    "└─ agents",
  ]);
});

Deno.test("actorTrees() takes a slash in a name for a part of it", () => {
  assert.deepEqual(lines("agents", "agents/serves lob/x", "alone/x"), [
    "├─ agents",
    "│  └─ serves lob/x",
    "└─ alone/x",
  ]);
});

Deno.test("actorTrees() keeps actors of one path apart, with their children", () => {
  assert.deepEqual(lines("e", "e/c", "e/c/w", "e/c", "e/c/w", "e/c/w"), [
    "└─ e",
    "   ├─ c",
    "   │  └─ w",
    "   └─ c",
    "      ├─ w",
    "      └─ w",
  ]);
});

Deno.test("sortedTrees() puts those first that have most, with what is below them", () => {
  const actors = [actor("a", 5), actor("b"), actor("b/c", 2), actor("b/d", 4), actor("e", 5)];
  const sorted = sortedTrees(actorTrees(actors), ({ handled }) => handled);
  assert.deepEqual([...treeLines(sorted)].map(([branches, { label }]) => branches + label), [
    "├─ b",
    "│  ├─ d",
    "│  └─ c",
    "├─ a",
    "└─ e",
  ]);
});
