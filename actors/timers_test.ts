import assert from "node:assert/strict";
import { ActorSystem, type Clock, type Ref } from "./mod.ts";
import { settle } from "./testing.ts";
import { guarantee, IN_FAKE_TIME, type Setting, STRICT } from "./testing/conformance.ts";
import ticker, { type Ticker } from "./testing/ticker.ts";

function tickerOf(s: Setting): Promise<Ref<Ticker>> {
  return s.system.spawn(ticker, s.place);
}

const still = { fakeTime: true, placements: IN_FAKE_TIME };

guarantee(
  "timers tell their actor, once or again and again, until they are cancelled",
  async (s) => {
    const ref = await tickerOf(s);
    await ref.ask.every(1, "a");
    await ref.ask.after(0, "b");
    await ref.ask.ticked(10);
    await ref.ask.cancel();
    const log = await ref.ask.log();
    assert.equal(log.filter((word) => word === "b").length, 1);
    await ref.ask.after(20, "c"); // later than what was cancelled
    await ref.ask.ticked(log.length + 1);
    assert.deepEqual((await ref.ask.log()).slice(log.length), ["c"]);
  },
);

guarantee("every() tells at each multiple of the period, the first after one", async (s) => {
  const ref = await tickerOf(s);
  await ref.ask.every(100, "a");
  s.clock.advance(99);
  assert.deepEqual(await ref.ask.log(), []);
  for (let count = 1; count <= 5; count++) {
    s.clock.advance(1);
    assert.equal((await ref.ask.log()).length, count);
    s.clock.advance(99);
    assert.equal((await ref.ask.log()).length, count);
  }
}, still);

guarantee("timers die with their incarnation", async (s) => {
  const ref = await tickerOf(s);
  await ref.ask.every(1, "every");
  await ref.ask.after(10, "after");
  const down = s.down(ref);
  await assert.rejects(ref.ask.fail());
  await down;
  const before = (await ref.ask.log()).length; // what they told before it failed
  await ref.ask.after(30, "of the next one");
  await ref.ask.ticked(before + 1);
  assert.deepEqual((await ref.ask.log()).slice(before), ["of the next one"]);
});

guarantee("an actor that ends leaves no timer behind", async (s) => {
  const ref = await tickerOf(s);
  const before = s.clock.pending;
  await ref.ask.every(100, "a");
  await ref.ask.after(100, "b");
  await settle(); // the asks' own deadlines are gone
  await s.system.stopActor(ref);
  await settle();
  assert(s.clock.pending <= before);
}, still);

guarantee("a timer can be cancelled by what it tells, and twice", async (s) => {
  const ref = await tickerOf(s);
  await ref.ask.everyUntil(1, "a", 3);
  while ((await ref.ask.log()).length < 3) await settle();
  const told = await ref.ask.log(); // more than three, where the actor is slower than its timer
  await ref.ask.after(20, "b");
  while ((await ref.ask.log()).at(-1) !== "b") await settle();
  assert.deepEqual(await ref.ask.log(), [...told, "b"]);
  await ref.ask.cancel();
});

guarantee("the arguments of a timer are copied at the call, and for each message", async (s) => {
  const ref = await tickerOf(s);
  await ref.ask.everyChanged(1);
  while ((await ref.ask.log()).length < 3) await settle();
  assert(new Set(await ref.ask.log()).isSubsetOf(new Set(["as it was"])));
});

guarantee("a timer for a handler that there is not is a dead letter each time", async (s) => {
  const ref = await tickerOf(s);
  await ref.ask.everyUnheardOf(100);
  s.clock.advance(300);
  assert.deepEqual(await ref.ask.log(), []);
  assert.equal(await s.dead("unknown-handler"), 3);
}, still);

guarantee(
  "a time out of bounds, or an argument that is no value, is refused at the call",
  async (s) => {
    const ref = await tickerOf(s);
    const refused = (await ref.ask.badly()).map((words) => words.replace(/: send .*$/, ""));
    assert.deepEqual(refused, [
      ...["-1", "NaN", "Infinity", "2147483648"].map((ms) =>
        `RangeError: delayMs is ${ms}: give 0 to 2147483647 ms`
      ),
      ...["0", "0.5", "-1", "NaN", "2147483648"].map((ms) =>
        `RangeError: periodMs is ${ms}: give 1 to 2147483647 ms`
      ),
      ...["ValueError: args[0] is a Map", "ValueError: args[0] is a function"],
    ]);
    assert.deepEqual(await ref.ask.log(), []);
  },
);

/** A clock whose timers fire when a test says so, however late or early that is. */
class LateClock implements Clock {
  #now = 0;
  #nextId = 1;
  readonly #timers = new Map<number, { readonly at: number; readonly callback: () => void }>();

  now(): number {
    return this.#now;
  }

  setTimer(callback: () => void, delayMs: number): number {
    this.#timers.set(this.#nextId, { at: this.#now + delayMs, callback });
    return this.#nextId++;
  }

  clearTimer(id: number): void {
    this.#timers.delete(id);
  }

  /** Moves time on at one go, and only then fires what is due, or is within `earlyMs`. */
  jump(ms: number, earlyMs = 0): void {
    this.#now += ms;
    for (const [id, { at, callback }] of [...this.#timers]) {
      if (at > this.#now + earlyMs) continue;
      this.#timers.delete(id);
      callback();
    }
  }
}

async function withLateClock(
  body: (ref: Ref<Ticker>, clock: LateClock, count: () => Promise<number>) => Promise<void>,
): Promise<void> {
  const clock = new LateClock();
  await using system = await ActorSystem.start({ userShards: 0, clock });
  const ref = await system.spawn(ticker, { placement: "here" });
  await ref.ask.every(100, "a");
  await settle();
  await body(ref, clock, async () => (await ref.ask.log()).length);
}

Deno.test("every() makes one of what is overdue, and does not drift", STRICT, async () => {
  await withLateClock(async (_ref, clock, count) => {
    clock.jump(130); // 30 late
    assert.equal(await count(), 1);
    clock.jump(69);
    assert.equal(await count(), 1);
    clock.jump(1); // at 200, not at 230
    assert.equal(await count(), 2);
    clock.jump(350); // at 550: 300, 400 and 500 are one
    assert.equal(await count(), 3);
    clock.jump(49);
    assert.equal(await count(), 3);
    clock.jump(1); // at 600
    assert.equal(await count(), 4);
  });
});

Deno.test(
  "every() that fires a little early does not fire twice for one time",
  STRICT,
  async () => {
    await withLateClock(async (_ref, clock, count) => {
      clock.jump(99.7, 0.5);
      assert.equal(await count(), 1);
      clock.jump(0.3, 0.5); // at 100
      assert.equal(await count(), 1);
      clock.jump(100);
      assert.equal(await count(), 2);
    });
  },
);
