import assert from "node:assert/strict";
import { machineClock, type TickClock, ticks } from "./ticks.ts";

/** A clock that stands still but for sleeps, which oversleep by so many milliseconds. */
function fakeClock(oversleepMs = 0): TickClock & { advance(ms: number): void } {
  let now = 1_000;
  return {
    now: () => now,
    sleep: (ms) => {
      now += ms + oversleepMs;
      return Promise.resolve();
    },
    advance: (ms) => now += ms,
  };
}

const never = new AbortController().signal;

Deno.test("ticks() does not drift, however late each tick is", async () => {
  const clock = fakeClock(7);
  const times: number[] = [];
  for await (const _ of ticks({ periodMs: 100, count: 50 }, never, clock)) times.push(clock.now());
  assert.deepEqual(times.slice(0, 3), [1_000, 1_107, 1_207]);
  assert.equal(times.at(-1), 1_000 + 49 * 100 + 7);
});

Deno.test("ticks() leaves none out after a stall", async () => {
  const clock = fakeClock();
  const seen: [number, number][] = [];
  for await (const i of ticks({ periodMs: 10, count: 6, firstMs: 5 }, never, clock)) {
    seen.push([i, clock.now() - 1_000]);
    if (i === 1) clock.advance(22);
  }
  assert.deepEqual(seen, [[0, 5], [1, 15], [2, 37], [3, 37], [4, 45], [5, 55]]);
});

Deno.test("ticks() ends quietly when aborted while it waits", async () => {
  const stop = new AbortController();
  const seen: number[] = [];
  for await (const i of ticks({ periodMs: 3_600_000 }, stop.signal, machineClock)) {
    seen.push(i);
    queueMicrotask(() => stop.abort());
  }
  assert.deepEqual(seen, [0]);
});
