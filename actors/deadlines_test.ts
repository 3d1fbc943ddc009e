import assert from "node:assert/strict";
import fc from "fast-check";
import { systemClock } from "./clock.ts";
import { DEADLINE_TICK_MS } from "./constants.ts";
import { Deadlines } from "./deadlines.ts";
import { FakeClock } from "./testing.ts";

const step = fc.oneof(
  fc.record({ set: fc.integer({ min: 0, max: 500 }) }),
  fc.record({ clear: fc.nat(60) }),
  fc.record({ advance: fc.integer({ min: 0, max: 120 }) }),
);

Deno.test("Deadlines expire once each, never early, at most a tick late, and never once cleared", () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 100, size: "max" }), (steps) => {
    const clock = new FakeClock();
    const due = new Map<number, { at: number; tick: number }>();
    const deadlines = new Deadlines<number>(clock, (key) => {
      const expected = due.get(key);
      assert(expected, `${key} was cleared, or expired before`);
      due.delete(key);
      assert(clock.now() >= expected.at, "early");
      assert(clock.now() <= expected.at + DEADLINE_TICK_MS, "late");
    });
    let nextKey = 0;
    for (const what of steps) {
      if ("set" in what) {
        const at = clock.now() + what.set;
        due.set(nextKey, { at, tick: deadlines.set(nextKey, at) });
        nextKey++;
      } else if ("clear" in what) {
        const entry = due.get(what.clear);
        due.delete(what.clear);
        if (entry) deadlines.clear(what.clear, entry.tick);
      } else {
        clock.advance(what.advance);
      }
      assert(clock.pending <= 1, "more than one timer");
    }
    clock.advance(1_000);
    assert.equal(due.size, 0);
    assert.equal(clock.pending, 0);
  }));
});

Deno.test("Deadlines.clear() holds when an expiry of the same tick calls it", () => {
  const clock = new FakeClock();
  const expired: number[] = [];
  const deadlines = new Deadlines<number>(clock, (key) => {
    expired.push(key);
    if (key === 1) deadlines.clear(2, tick);
  });
  deadlines.set(1, 20);
  const tick = deadlines.set(2, 20);
  clock.advance(100);
  assert.deepEqual(expired, [1]);
  assert.equal(clock.pending, 0);
});

Deno.test("Deadlines leave no timer when an expiry clears the only later deadline", () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines<number>(clock, () => deadlines.clear(2, later));
  deadlines.set(1, 20);
  const later = deadlines.set(2, 3_000);
  clock.advance(20);
  assert.equal(clock.pending, 0);
});

Deno.test("Deadlines that an expiry sets expire too", () => {
  const clock = new FakeClock();
  const expired: number[] = [];
  const deadlines = new Deadlines<number>(clock, (key) => {
    expired.push(key);
    if (key < 3) deadlines.set(key + 1, clock.now());
  });
  deadlines.set(1, 10);
  clock.advance(40);
  assert.deepEqual(expired, [1, 2, 3]);
  assert.equal(clock.pending, 0);
});

Deno.test("Deadlines.close() forgets all of them and its timer", () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines<number>(clock, () => assert.fail("expired after close"));
  for (let key = 0; key < 10; key++) deadlines.set(key, key * 7);
  deadlines.close();
  assert.equal(clock.pending, 0);
  clock.advance(1_000);
});

Deno.test("Deadlines hold on the machine's clock, whose timers may fire early", async () => {
  const expired = Promise.withResolvers<number>();
  const deadlines = new Deadlines<number>(systemClock, () => expired.resolve(systemClock.now()));
  const at = systemClock.now() + 3;
  deadlines.set(1, at);
  assert(await expired.promise >= at);
  deadlines.close();
});
