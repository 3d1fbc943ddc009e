import assert from "node:assert/strict";
import { FakeClock, settle } from "../testing.ts";
import { Watchdog } from "./watchdog.ts";
import { resolveWatchdog } from "./watchdog_options.ts";

Deno.test("Watchdog looks every period, and not several times at once", async () => {
  const clock = new FakeClock();
  const looks: number[] = [];
  const watchdog = new Watchdog(clock, 250, (now) => looks.push(now));
  for (const ms of [249, 1, 10_000, 250]) {
    clock.advance(ms);
    await settle(1);
  }
  assert.deepEqual(looks, [250, 500, 10_500]);
  clock.advance(250);
  watchdog.close();
  await settle(1);
  assert.equal(clock.pending, 0, "closed between a look and the next timer");
});

Deno.test("resolveWatchdog() refuses times that mean nothing", () => {
  assert.deepEqual(resolveWatchdog({}), { everyMs: 250, stuckAfterMs: 1_000 });
  assert.deepEqual(resolveWatchdog({ everyMs: 1_000 }), { everyMs: 1_000, stuckAfterMs: 4_000 });
  for (const everyMs of [0, -1, NaN, 9, 60_001, Infinity]) {
    assert.throws(() => resolveWatchdog({ everyMs }), {
      name: "RangeError",
      message: `watchdog.everyMs is ${everyMs}: give 10 to 60000 ms`,
    });
  }
  for (const stuckAfterMs of [0, 499, NaN, 3_600_001]) {
    assert.throws(() => resolveWatchdog({ stuckAfterMs }), {
      name: "RangeError",
      message: /^watchdog\.stuckAfterMs is .*: give 500 \(twice everyMs\) to 3600000 ms$/,
    });
  }
});
