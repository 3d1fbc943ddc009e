import assert from "node:assert/strict";
import { type Runnable, Scheduler } from "../scheduler.ts";
import { settle } from "../testing.ts";
import { Heartbeat, inTurn, turnsBegun } from "./heartbeat.ts";

Deno.test("Heartbeat says the same through another one over its buffer", () => {
  const [writer, reader] = [new Heartbeat(), new Heartbeat()];
  const other = new Heartbeat(writer.buffer);
  writer.begin(7);
  writer.beat();
  assert.deepEqual(other.read(), { slot: 7, turns: 1, beats: 1 });
  assert(inTurn(other.read()));
  writer.end();
  assert(!inTurn(other.read()));
  assert.equal(turnsBegun(other.read()), 1);
  assert.deepEqual(reader.read(), { slot: 0, turns: 0, beats: 0 }, "of its own");
});

Deno.test("Scheduler writes down whose turn it is, and when it is nobody's", async () => {
  const scheduler = new Scheduler(() => {});
  const seen: unknown[] = [];
  const look = (id: number): Runnable => ({
    id,
    scheduled: false,
    run() {
      const reading = scheduler.heartbeat.read();
      seen.push([reading.slot, inTurn(reading), turnsBegun(reading)]);
      return 1;
    },
  });
  scheduler.requeue(look(5));
  scheduler.requeue(look(9));
  await settle(1);
  assert.deepEqual(seen, [[5, true, 1], [9, true, 2]]);
  assert.deepEqual(scheduler.heartbeat.read(), { slot: 9, turns: 4, beats: 0 });
});

Deno.test("Scheduler is nobody's after a turn that threw", async () => {
  const listener = (event: ErrorEvent) => event.preventDefault();
  addEventListener("error", listener);
  try {
    const scheduler = new Scheduler(() => {});
    scheduler.schedule({
      id: 3,
      scheduled: false,
      run: () => {
        throw new Error("oops");
      },
    });
    await settle(1);
    assert.deepEqual(scheduler.heartbeat.read(), { slot: 3, turns: 2, beats: 0 });
  } finally {
    removeEventListener("error", listener);
  }
});
