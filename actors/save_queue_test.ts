import assert from "node:assert/strict";
import * as fc from "fast-check";
import { SaveQueue } from "./save_queue.ts";
import { settle } from "./testing.ts";
import { STRICT } from "./testing/conformance.ts";

const state = (n: number) => Uint8Array.of(n);

/** A queue whose writes a test ends by hand. */
class Bench {
  readonly written: number[] = [];
  readonly underWay: PromiseWithResolvers<void>[] = [];
  readonly queue = new SaveQueue((bytes) => {
    this.written.push(bytes[0]!);
    const write = Promise.withResolvers<void>();
    this.underWay.push(write);
    return write.promise;
  });
}

Deno.test("SaveQueue has one save under way and at most one waiting, which is shared", async () => {
  const { queue, written, underWay } = new Bench();
  const first = queue.save(state(1));
  const second = queue.save(state(2));
  assert.equal(queue.save(state(3)), second);
  underWay.shift()!.resolve();
  await first;
  await settle(1);
  assert.deepEqual(written, [1, 3]);
  const fourth = queue.save(state(4));
  assert.notEqual(fourth, second, "what is under way already is not shared");
  underWay.shift()!.resolve();
  await second;
  await settle(1);
  underWay.shift()!.resolve();
  await fourth;
  assert.deepEqual(written, [1, 3, 4]);
});

Deno.test("SaveQueue goes on after a save that failed, whose callers get the error", async () => {
  const { queue, written, underWay } = new Bench();
  const first = assert.rejects(queue.save(state(1)), /disk full/);
  const second = queue.save(state(2));
  underWay.shift()!.reject(new Error("disk full"));
  await first;
  await settle(1);
  underWay.shift()!.resolve();
  await second;
  assert.deepEqual(written, [1, 2]);
});

Deno.test("SaveQueue.drop() rejects the save that waits, and lets the other end", async () => {
  const { queue, written, underWay } = new Bench();
  queue.drop(new Error("nothing waits"));
  const first = queue.save(state(1));
  const second = assert.rejects(queue.save(state(2)), /gone/);
  queue.drop(new Error("gone"));
  await second;
  underWay.shift()!.resolve();
  await first;
  await settle(1);
  assert.deepEqual(written, [1]);
});

Deno.test(
  "SaveQueue writes in order, the newest last, and settles every call",
  STRICT,
  () =>
    fc.assert(fc.asyncProperty(
      fc.array(fc.constantFrom("save", "end", "fail"), { maxLength: 60 }),
      async (steps) => {
        const { queue, written, underWay } = new Bench();
        const calls: Promise<unknown>[] = [];
        for (const step of steps) {
          if (step === "save") calls.push(queue.save(state(calls.length)).catch(() => "failed"));
          else if (step === "end") underWay.shift()?.resolve();
          else underWay.shift()?.reject(new Error("failed"));
          await settle(1);
          assert(underWay.length <= 1);
        }
        while (underWay.length > 0) {
          underWay.shift()!.resolve();
          await settle(1);
        }
        await Promise.all(calls);
        assert.deepEqual(written, written.toSorted((a, b) => a - b));
        assert.equal(written.at(-1), calls.length === 0 ? undefined : calls.length - 1);
      },
    )),
);
