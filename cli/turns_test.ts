import assert from "node:assert/strict";
import fc from "fast-check";
import { Turns } from "./turns.ts";

const NEVER = new AbortController().signal;

Deno.test("Turns.take() lets so many work at once, in order, and every one in the end", async () => {
  const atOnce = fc.integer({ min: 1, max: 4 });
  await fc.assert(fc.asyncProperty(fc.scheduler(), atOnce, fc.nat(12), async (s, atOnce, count) => {
    const turns = new Turns(atOnce);
    const begun: number[] = [];
    let working = 0;
    const work = Promise.all(Array.from({ length: count }, (_, i) =>
      turns.take(NEVER, async () => {
        begun.push(i);
        assert(++working <= atOnce);
        await s.schedule(Promise.resolve());
        working--;
      })));
    await s.waitFor(work);
    assert.deepEqual(begun, [...Array(count).keys()]);
  }));
});

Deno.test("Turns.take() passes the turn on when the work throws, and when who waits gives up", async () => {
  const turns = new Turns(1);
  const first = Promise.withResolvers<void>();
  const abort = new AbortController();
  const failing = turns.take(NEVER, () => first.promise);
  const waiting = turns.take(abort.signal, () => Promise.resolve("not this one"));
  const last = turns.take(NEVER, () => Promise.resolve("this one"));
  abort.abort(new Error("no longer"));
  await assert.rejects(waiting, { message: "no longer" });
  first.reject(new Error("odd"));
  await assert.rejects(failing, { message: "odd" });
  assert.equal(await last, "this one");
  await assert.rejects(turns.take(abort.signal, () => Promise.resolve()), { message: "no longer" });
});

Deno.test("Turns.take() refuses those for whom there is no room to wait", async () => {
  const turns = new Turns(1);
  const abort = new AbortController();
  const take = () => turns.take(abort.signal, () => new Promise(() => {}));
  void take();
  const waiting = Array.from({ length: 1_024 }, take);
  await assert.rejects(take(), { code: "busy" });
  abort.abort(new Error("over"));
  const ends = await Promise.allSettled(waiting);
  assert(ends.every(({ status }) => status === "rejected"));
});
