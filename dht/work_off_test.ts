import assert from "node:assert/strict";
import { workOff } from "./work_off.ts";

Deno.test("workOff() does each item once, so many at a time, whatever fails", async () => {
  const done: number[] = [];
  let running = 0;
  let most = 0;
  await workOff(Array(100).keys(), 8, async (item) => {
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
    done.push(item);
    if (item % 3 === 0) throw new Error("it fails");
  });
  assert.deepEqual(done.toSorted((a, b) => a - b), [...Array(100).keys()]);
  assert.equal(most, 8);
});

Deno.test("workOff() of nothing settles", async () => {
  await workOff([], 8, () => Promise.reject(new Error("there is nothing to do")));
});
