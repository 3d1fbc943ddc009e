import assert from "node:assert/strict";
import { settle } from "../actors/testing.ts";
import { Turns } from "./turns.ts";

Deno.test("Turns.take() does so much at once, and the rest in the order it came", async () => {
  const turns = new Turns(2, 10);
  const order: number[] = [];
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const all = gates.map(({ promise }, i) =>
    turns.take(async () => {
      order.push(i);
      await promise;
    })
  );
  await settle();
  assert.deepEqual(order, [0, 1]);
  gates[1]?.resolve();
  await settle();
  assert.deepEqual(order, [0, 1, 2]);
  for (const { resolve } of gates) resolve();
  await Promise.all(all);
  assert.deepEqual(order, [0, 1, 2, 3]);
  assert.equal(turns.running, 0);
});

Deno.test("Turns.take() refuses when too many wait, and goes on after a failure", async () => {
  const turns = new Turns(1, 1);
  const gate = Promise.withResolvers<void>();
  const first = turns.take(() => gate.promise);
  const second = turns.take(() => Promise.resolve(2));
  await assert.rejects(turns.take(() => Promise.resolve(3)), { code: "busy" });
  gate.reject(new Error("failed"));
  await assert.rejects(first, /failed/);
  assert.equal(await second, 2);
});
