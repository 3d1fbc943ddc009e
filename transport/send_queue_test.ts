import assert from "node:assert/strict";
import fc from "fast-check";
import { COALESCE_BYTES, STREAM_QUANTUM_BYTES } from "./constants.ts";
import { SendQueue, type Sink } from "./send_queue.ts";

/** A sink that takes so many bytes a call, cycling; and what it got. */
function sinkOf(capacities: readonly number[]): { sink: Sink; got: number[]; fins: number } {
  let calls = 0;
  const state = {
    got: [] as number[],
    fins: 0,
    sink: (bytes: Uint8Array, fin: boolean): number | null => {
      const room = capacities[calls++ % capacities.length]!;
      if (room === 0 && bytes.length > 0) return null;
      const taken = Math.min(room, bytes.length);
      state.got.push(...bytes.subarray(0, taken));
      if (fin && taken === bytes.length) state.fins++;
      return taken;
    },
  };
  return state;
}

Deno.test("SendQueue hands on every byte once, in order, whatever the sink takes", () => {
  const size = fc.oneof(fc.nat(40), fc.nat(3 * COALESCE_BYTES));
  const step = fc.oneof(size.map((push) => ({ push })), fc.constant({ push: -1 }));
  const capacity = fc.oneof(fc.constant(0), fc.nat(5000), fc.constant(100_000));
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.array(capacity, { minLength: 1, maxLength: 5 }).filter((all) => all.some((c) => c > 0)),
      (steps, capacities) => {
        const queue = new SendQueue();
        const sent = sinkOf(capacities);
        const expected: number[] = [];
        let next = 0;
        for (const { push } of steps) {
          if (push < 0) queue.drain(sent.sink);
          else {
            const bytes = Uint8Array.from({ length: push }, () => next++ % 251);
            expected.push(...bytes);
            queue.push(bytes, false);
            if (push <= COALESCE_BYTES) bytes.fill(255); // a small write is ours once pushed
          }
          assert.equal(queue.bytes, expected.length - sent.got.length);
        }
        queue.push(new Uint8Array(0), true);
        while (queue.drain(sent.sink) !== "done");
        assert.deepEqual(sent.got, expected);
        assert.equal(sent.fins, 1);
        assert.equal(queue.bytes, 0);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("SendQueue gathers small writes into few calls", () => {
  const queue = new SendQueue();
  for (let i = 0; i < 1000; i++) queue.push(new Uint8Array(16).fill(i), false);
  let calls = 0;
  queue.drain((bytes) => (calls++, bytes.length));
  assert(calls <= 8, `${calls} calls for 1000 writes of 16 bytes`);
});

Deno.test("SendQueue.drain() yields to other streams after its quantum", () => {
  const queue = new SendQueue();
  for (let i = 0; i < 5; i++) queue.push(new Uint8Array(STREAM_QUANTUM_BYTES / 2), false);
  let taken = 0;
  const greedy: Sink = (bytes) => (taken += bytes.length, bytes.length);
  assert.equal(queue.drain(greedy), "more");
  assert.equal(taken, STREAM_QUANTUM_BYTES);
});

Deno.test("SendQueue keeps what it offered when the sink throws", () => {
  const queue = new SendQueue();
  queue.push(new Uint8Array(10), false);
  assert.throws(() =>
    queue.drain(() => {
      throw new Error("StreamLimit");
    })
  );
  assert.equal(queue.bytes, 10);
  assert.equal(queue.clear(), 10);
  assert.equal(queue.bytes, 0);
});
