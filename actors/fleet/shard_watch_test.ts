import assert from "node:assert/strict";
import fc from "fast-check";
import type { Reading } from "./heartbeat.ts";
import { type Finding, ShardWatch } from "./shard_watch.ts";

const IDLE: Reading = { slot: 0, turns: 0, beats: 0 };

/** What a shard does from one tick to the next. */
const step = fc.record({
  passedMs: fc.integer({ min: 0, max: 1_000 }),
  turns: fc.constantFrom(0, 0, 0, 1, 2),
  beats: fc.constantFrom(0, 0, 0, 1),
});

Deno.test("ShardWatch finds what ten lines of arithmetic find, and tells it once", () => {
  fc.assert(fc.property(
    fc.integer({ min: 10, max: 300 }),
    fc.integer({ min: 2, max: 6 }),
    fc.array(step, { maxLength: 60 }),
    (everyMs, periods, steps) => {
      const watch = new ShardWatch(everyMs, periods * everyMs, 0, IDLE);
      let [now, silentMs, isStuck, reading] = [0, 0, false, IDLE];
      for (const { passedMs, turns, beats } of steps) {
        now += passedMs;
        reading = { slot: 4, turns: reading.turns + turns, beats: reading.beats + beats };
        const found = watch.tick(now, reading);
        const moved = turns + beats > 0;
        const was = silentMs;
        silentMs = moved ? 0 : silentMs + Math.min(passedMs, 1.5 * everyMs);
        const turned = isStuck !== (isStuck = silentMs >= periods * everyMs);
        assert.equal(found?.type, turned ? isStuck ? "stuck" : "answering" : undefined);
        if (found) assert.equal(found.forMs, moved ? was : silentMs);
        assert.equal(watch.stuck !== undefined, isStuck);
      }
    },
  ));
});

Deno.test("ShardWatch never finds a shard stuck whose event loop comes round", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 10_000 })), (times) => {
    const watch = new ShardWatch(250, 1_000, 0, IDLE);
    let now = 0;
    for (const [i, ms] of times.entries()) {
      assert.equal(watch.tick(now += ms, { ...IDLE, beats: i + 1 }), undefined);
    }
  }));
});

/** Ticks on time until there is something to tell. */
function untilFound(watch: ShardWatch, reading: Reading, from = 0): Finding {
  for (let now = from;; now += 250) {
    const found = watch.tick(now, reading);
    if (found) return found;
  }
}

Deno.test("ShardWatch says who was running, and whether that was a turn", () => {
  const running = { slot: 12, turns: 5, beats: 3 };
  const watch = new ShardWatch(250, 1_000, 0, running);
  const stuck = { type: "stuck", slot: 12, inTurn: true, forMs: 1_000 } as const;
  assert.deepEqual(untilFound(watch, running), stuck);
  watch.tick(1_250, running);
  assert.deepEqual(watch.stuck, { ...stuck, forMs: 1_250 }, "so far");
  const answering = { ...stuck, type: "answering", forMs: 1_250 };
  const after = { ...running, turns: 6 };
  assert.deepEqual(watch.tick(1_500, after), answering, "who was running, not who is");
  assert.deepEqual(untilFound(watch, after, 1_750), { ...stuck, inTurn: false });
});

Deno.test("ShardWatch holds no shard to account for the time in which the machine slept", () => {
  const watch = new ShardWatch(250, 1_000, 0, IDLE);
  assert.equal(watch.tick(3_600_000, IDLE), undefined);
  assert.equal(watch.tick(3_600_250, { ...IDLE, beats: 1 }), undefined);
});
