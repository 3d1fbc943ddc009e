import assert from "node:assert/strict";
import { Tally } from "./tally.ts";

Deno.test("Tally.sum() settles with the sum of so many numbers", async () => {
  const tally = new Tally();
  const sum = tally.sum(3);
  for (const n of [1, 2]) tally.take(n);
  assert.equal(tally.missing, 1);
  tally.take(4);
  assert.equal(await sum, 7);
});

Deno.test("Tally.expect() forgets what came before, and calls once", () => {
  const tally = new Tally();
  const sums: number[] = [];
  tally.take(100);
  tally.expect(2, (sum) => sums.push(sum));
  for (const n of [1, 2, 3]) tally.take(n);
  assert.deepEqual(sums, [3]);
});
