import assert from "node:assert/strict";
import fc from "fast-check";
import { type BranchPlan, lastingPaths, leavesOf, planTree } from "./plan.ts";
import { seeded } from "./random.ts";

const size = fc.record({
  actors: fc.integer({ min: 30, max: 1_200 }),
  boxes: fc.nat(16),
});

function branchesOf(plan: readonly BranchPlan[]): BranchPlan[] {
  return plan.flatMap((branch) => [branch, ...branchesOf(branch.branches)]);
}

Deno.test("planTree() plans as many actors and boxes as are asked for, of all kinds", () => {
  fc.assert(fc.property(fc.nat(), size, (seed, size) => {
    const plan = planTree(seeded(seed), size);
    const leaves = leavesOf(plan).map(({ leaf }) => leaf);
    assert.equal(branchesOf(plan).length + leaves.length, size.actors);
    const boxed = leaves.filter(({ placement }) => placement === "process").length;
    assert(
      boxed === Math.min(size.boxes, boxed) &&
        (size.actors < 400 || boxed === size.boxes),
    );
    const paths = leavesOf(plan).map(({ path }) => path);
    assert.equal(new Set(paths).size, paths.length, "a path twice");
    const lasting = new Set(lastingPaths(plan));
    for (const { path, leaf } of leavesOf(plan)) {
      assert.equal(lasting.has(path), leaf.restart !== "temporary");
    }
  }));
});

Deno.test("planTree() plans the same tree for the same seed", () => {
  const plan = (seed: number) => planTree(seeded(seed), { actors: 100, boxes: 2 });
  assert.deepEqual(plan(1), plan(1));
  assert.notDeepEqual(plan(1), plan(2));
});
