import assert from "node:assert/strict";
import { Watchdog } from "./watchdog.ts";

/** Ticks a watchdog at its period until it says "stuck"; gives the time, or where it gave up. */
function stuckAt(dog: Watchdog, from: number, until: number, answers = (_now: number) => false) {
  for (let now = from + dog.periodMs; now <= until; now += dog.periodMs) {
    if (dog.tick(now) === "stuck") return now;
    if (answers(now)) dog.answered();
  }
  return undefined;
}

Deno.test("Watchdog.tick() finds a process stuck after its time-out, and not before", () => {
  assert.equal(stuckAt(new Watchdog(800, 0), 0, 10_000), 800);
  assert.equal(stuckAt(new Watchdog(100, 5_000), 5_000, 10_000), 5_100);
});

Deno.test("Watchdog.tick() lets a process be that answers, even once in a time-out", () => {
  assert.equal(stuckAt(new Watchdog(800, 0), 0, 60_000, () => true), undefined);
  assert.equal(stuckAt(new Watchdog(800, 0), 0, 60_000, (now) => now % 700 === 0), undefined);
});

Deno.test("Watchdog.tick() finds a process stuck at most a period after its last answer's time-out", () => {
  assert.equal(stuckAt(new Watchdog(800, 0), 0, 60_000, (now) => now <= 5_000), 5_800);
});

Deno.test("Watchdog.tick() does not count the time in which nobody could have heard an answer", () => {
  const dog = new Watchdog(800, 0);
  dog.tick(100);
  assert.equal(dog.tick(60_000), "ping"); // we were stopped for a minute
  dog.answered();
  assert.equal(stuckAt(dog, 60_000, 70_000), 60_800);
});

Deno.test("Watchdog.tick() finds a stuck process though every tick is late", () => {
  const dog = new Watchdog(800, 0);
  let ticks = 1;
  while (dog.tick(ticks * 1_000) === "ping") ticks++;
  assert.equal(ticks, 6);
});
