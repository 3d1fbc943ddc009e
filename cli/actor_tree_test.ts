import assert from "node:assert/strict";
import type { ActorInfo } from "../mod.ts";
import { actorTrees, treeLines } from "./actor_tree.ts";

function lines(...paths: readonly string[]): string[] {
  const actors = paths.map((path): ActorInfo => (
    { path, shard: 0, slot: 0, state: "running", queued: 0, handled: 0, restarts: 0 }
  ));
  return [...treeLines(actorTrees(actors))].map(([branches, { label }]) => branches + label);
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
