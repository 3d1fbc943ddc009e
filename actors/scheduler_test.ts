import assert from "node:assert/strict";
import { TURN_BUDGET } from "./constants.ts";
import { type Runnable, Scheduler } from "./scheduler.ts";
import { settle } from "./testing.ts";

/** Something that calls `step` for as long as that returns true. */
function runner(scheduler: Scheduler, step: () => boolean | Promise<boolean>): Runnable {
  const self: Runnable = {
    id: 1,
    scheduled: false,
    run() {
      const more = step();
      if (more === true) scheduler.schedule(self);
      else if (more !== false) more.then((again) => again && scheduler.schedule(self));
      return 1;
    },
  };
  return self;
}

for (const kind of ["at once", "across an await"] as const) {
  Deno.test(`Scheduler lets a timer fire while two runnables work endlessly, ${kind}`, async () => {
    const scheduler = new Scheduler(() => {});
    let fired = false;
    let turns = 0;
    const step = (): boolean | Promise<boolean> => {
      turns++;
      // A scheduler that starves timers ends here, instead of never.
      const more = !fired && turns < 3_000_000;
      return kind === "at once" ? more : Promise.resolve(more);
    };
    scheduler.schedule(runner(scheduler, step));
    scheduler.schedule(runner(scheduler, step));
    await new Promise<void>((resolve) =>
      setTimeout(() => {
        fired = true;
        resolve();
      }, 1)
    );
    assert(turns < 3_000_000, "the timer had to wait until the runnables gave up");
    await settle();
  });
}

Deno.test("Scheduler yields a macrotask after each budget of messages", async () => {
  const scheduler = new Scheduler(() => {});
  let handled = 0;
  const seen: number[] = [];
  scheduler.schedule(runner(scheduler, () => ++handled < 3 * TURN_BUDGET));
  for (let i = 0; i < 4; i++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    seen.push(handled);
  }
  assert.deepEqual(seen, [1, 2, 3, 3].map((budgets) => budgets * TURN_BUDGET));
});

Deno.test("Scheduler runs what was woken last first, and the others in the order in which they were", async () => {
  const order: string[] = [];
  const scheduler = new Scheduler(() => order.push("after"));
  for (const name of ["a", "b", "c"]) {
    scheduler.schedule(runner(scheduler, () => (order.push(name), false)));
  }
  await settle(1);
  assert.deepEqual(order, ["c", "a", "b", "after"]);
});

Deno.test("Scheduler.schedule() gives a runnable that waits for its turn no second one", async () => {
  const scheduler = new Scheduler(() => {});
  let turns = 0;
  const once = runner(scheduler, () => (turns++, false));
  scheduler.schedule(once);
  scheduler.schedule(once);
  await settle(1);
  assert.equal(turns, 1);
});

Deno.test("Scheduler.arm() brings afterTurn although nothing is scheduled", async () => {
  let turns = 0;
  const scheduler = new Scheduler(() => turns++);
  scheduler.arm();
  scheduler.arm();
  assert.equal(turns, 0, "at the end of the turn, not at once");
  await settle(1);
  assert.equal(turns, 1);
});

Deno.test("Scheduler goes on after a runnable that throws", async () => {
  const thrown: unknown[] = [];
  const listener = (event: ErrorEvent) => {
    event.preventDefault();
    thrown.push(event.error);
  };
  addEventListener("error", listener);
  try {
    const scheduler = new Scheduler(() => {});
    const oops = new Error("oops");
    const order: string[] = [];
    scheduler.schedule(runner(scheduler, () => {
      throw oops;
    }));
    scheduler.schedule(runner(scheduler, () => (order.push("next"), false)));
    await settle();
    scheduler.schedule(runner(scheduler, () => (order.push("later"), false)));
    await settle();
    assert.deepEqual(order, ["next", "later"]);
    assert.deepEqual(thrown, [oops]);
  } finally {
    removeEventListener("error", listener);
  }
});
