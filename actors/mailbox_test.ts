import assert from "node:assert/strict";
import fc from "fast-check";
import { Mailbox, type Overflow } from "./mailbox.ts";

const POLICIES: readonly Overflow[] = ["reject", "drop-oldest", "drop-newest", "wait"];

/** A mailbox in its simplest words. */
class Model {
  inside: number[] = [];
  waiting: number[] = [];
  displaced: number[] = [];
  admitted: number[] = [];

  constructor(readonly bound: number, readonly overflow: Overflow) {}

  offer(message: number, mayWait: boolean): string {
    if (this.inside.length < this.bound) return this.inside.push(message), "accepted";
    if (this.overflow === "drop-newest") return "dropped";
    if (this.overflow === "drop-oldest") {
      this.displaced.push(this.inside.shift()!);
      return this.inside.push(message), "accepted";
    }
    if (this.overflow === "reject" || !mayWait || this.waiting.length === this.bound) {
      return "rejected";
    }
    return this.waiting.push(message), "waiting";
  }

  take(): number | undefined {
    const taken = this.inside.shift();
    const next = taken === undefined ? undefined : this.waiting.shift();
    if (next !== undefined) this.inside.push(next), this.admitted.push(next);
    return taken;
  }
}

const command = fc.oneof(
  { weight: 3, arbitrary: fc.record({ mayWait: fc.boolean() }) },
  { weight: 2, arbitrary: fc.constant("take" as const) },
);

for (const overflow of POLICIES) {
  Deno.test(`Mailbox with ${overflow} does what an array with that rule does`, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(command, { maxLength: 100, size: "max" }),
        (bound, commands) => {
          const model = new Model(bound, overflow);
          const displaced: number[] = [];
          const admitted: number[] = [];
          const mailbox = new Mailbox<number>(
            { bound, overflow },
            (message) => displaced.push(message),
            (message) => admitted.push(message),
          );
          let next = 0;
          for (const what of commands) {
            if (what === "take") assert.equal(mailbox.take(), model.take());
            else assert.equal(mailbox.offer(next, what.mayWait), model.offer(next++, what.mayWait));
            assert.equal(mailbox.size, model.inside.length);
            assert.equal(mailbox.waiting, model.waiting.length);
            assert.deepEqual([...mailbox], [...model.inside, ...model.waiting]);
            assert.deepEqual(displaced, model.displaced);
            assert.deepEqual(admitted, model.admitted);
          }
        },
      ),
    );
  });

  Deno.test(`Mailbox with ${overflow} accounts for every message exactly once`, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(command, { maxLength: 100, size: "max" }),
        (bound, commands) => {
          const fates: number[] = [];
          const mailbox = new Mailbox<number>({ bound, overflow }, (m) => fates.push(m), () => {});
          let next = 0;
          for (const what of commands) {
            if (what === "take") {
              const taken = mailbox.take();
              if (taken !== undefined) fates.push(taken);
              continue;
            }
            const offer = mailbox.offer(next, what.mayWait);
            if (offer === "rejected" || offer === "dropped") {
              fates.push(next);
            }
            next++;
          }
          fates.push(...mailbox.drain());
          assert.deepEqual(fates.sort((a, b) => a - b), Array.from({ length: next }, (_, i) => i));
          assert.equal(mailbox.size + mailbox.waiting, 0);
        },
      ),
    );
  });
}

Deno.test("Mailbox with wait lets nobody overtake those who wait", () => {
  const mailbox = new Mailbox<string>({ bound: 1, overflow: "wait" }, () => {}, () => {});
  assert.equal(mailbox.offer("first", true), "accepted");
  assert.equal(mailbox.offer("second", true), "waiting");
  assert.equal(mailbox.take(), "first");
  assert.equal(mailbox.offer("third", true), "waiting");
  assert.equal(mailbox.take(), "second");
  assert.equal(mailbox.take(), "third");
});

Deno.test("Mailbox.drain() admits none of those who wait", () => {
  const admitted: string[] = [];
  const mailbox = new Mailbox<string>(
    { bound: 1, overflow: "wait" },
    () => {},
    (message) => admitted.push(message),
  );
  mailbox.offer("inside", true);
  mailbox.offer("outside", true);
  assert.deepEqual([...mailbox.drain()], ["inside", "outside"]);
  assert.deepEqual(admitted, []);
});

Deno.test("Mailbox refuses a bound or an overflow that means nothing, and says which", () => {
  const make = (options: object) => () => new Mailbox<number>(options, () => {}, () => {});
  for (const bound of [0, -1, 1.5, NaN, Infinity]) {
    assert.throws(make({ bound }), {
      name: "RangeError",
      message: new RegExp(`bound is ${bound}`),
    });
  }
  assert.throws(make({ overflow: "explode" }), /overflow is "explode": give one of reject, /);
});
