import assert from "node:assert/strict";
import { STACKS_A_SECOND } from "./constants.ts";
import { StackBudget } from "./stack_budget.ts";

Deno.test("StackBudget gives out so many stacks a second, and as many in the next", () => {
  const budget = new StackBudget();
  const taken = (now: number) => {
    return Array.from({ length: 3 * STACKS_A_SECOND }, () => budget.take(now)).filter(Boolean)
      .length;
  };
  assert.equal(taken(0), STACKS_A_SECOND);
  assert.equal(taken(999), 0);
  assert.equal(taken(1_000), STACKS_A_SECOND);
});
