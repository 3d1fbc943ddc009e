import assert from "node:assert/strict";
import { BusyTimes } from "./busy_times.ts";
import { BUSY_SAMPLING } from "./constants.ts";

/** Has turns taken, of which each costs what `costOf` says; those are measured that are to be. */
function take(busy: BusyTimes, turns: number, slotOf: (turn: number) => number): void {
  let until = busy.nextGap();
  for (let turn = 0; turn < turns; turn++) {
    if (--until > 0) continue;
    until = busy.nextGap();
    const slot = slotOf(turn);
    busy.measure(slot);
    busy.measured(slot); // an actor's turn costs as many milliseconds as its slot has
  }
}

function near(actual: number, expected: number): void {
  assert(Math.abs(actual / expected - 1) < 0.05, `${actual} is not near ${expected}`);
}

Deno.test("BusyTimes estimates what each actor took, also of actors that take turns", () => {
  for (const ring of [2, 3, 32, BUSY_SAMPLING]) {
    const busy = new BusyTimes();
    const turns = ring * 300_000;
    take(busy, turns, (turn) => 1 + turn % ring);
    for (const slot of [1, 2, ring]) near(busy.of(slot), slot * turns / ring);
    near(busy.totalMs, turns * (ring + 1) / 2);
  }
});

Deno.test("BusyTimes forgets an actor that has ended, in its own turn too", () => {
  const busy = new BusyTimes();
  busy.measure(7);
  busy.measured(1);
  assert.equal(busy.of(7), BUSY_SAMPLING);
  busy.forget(7);
  busy.measure(8);
  busy.forget(8);
  busy.measured(1);
  assert.deepEqual([busy.of(7), busy.of(8)], [0, 0]);
  assert.equal(busy.totalMs, 2 * BUSY_SAMPLING);
});
