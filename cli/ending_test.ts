import assert from "node:assert/strict";
import { Ending } from "./ending.ts";
import { Failure } from "./failure.ts";

Deno.test("Ending.interrupts() gives the result of work that is done first", async () => {
  assert.equal(await new Ending().interrupts(Promise.resolve(7)), 7);
});

Deno.test("Ending.interrupts() ends the wait for work when the command is to end", async () => {
  const ending = new Ending();
  const waiting = ending.interrupts(new Promise(() => {}));
  ending.come("signal");
  await assert.rejects(waiting, (error) => error instanceof Failure && error.exit === 1);
});

Deno.test("Ending keeps its first cause", async () => {
  const ending = new Ending();
  ending.come("output");
  ending.come("signal");
  assert.equal(ending.cause, "output");
  assert.equal(await ending.came, "output");
});
