import assert from "node:assert/strict";
import fc from "fast-check";
import { Mailbox, type MailboxHost, type Overflow } from "./mailbox.ts";

const POLICIES: readonly Overflow[] = ["reject", "drop-oldest", "drop-newest", "wait"];

type Entry = { readonly message: number; readonly urgent: boolean };

/** A mailbox in its simplest words. */
class Model {
  urgent: number[] = [];
  queue: number[] = [];
  stash: number[] = [];
  waiting: Entry[] = [];
  displaced: number[] = [];
  admitted: number[] = [];

  constructor(readonly bound: number, readonly overflow: Overflow) {}

  get size(): number {
    return this.urgent.length + this.queue.length + this.stash.length;
  }

  push({ message, urgent }: Entry): void {
    (urgent ? this.urgent : this.queue).push(message);
  }

  offer(message: number, mayWait: boolean, urgent: boolean): string {
    if (this.size < this.bound) return this.push({ message, urgent }), "accepted";
    if (this.overflow === "drop-newest") return "dropped";
    if (this.overflow === "drop-oldest") {
      const oldest = this.queue.shift() ?? (urgent ? this.urgent.shift() : undefined);
      if (oldest === undefined) return "dropped";
      this.displaced.push(oldest);
      return this.push({ message, urgent }), "accepted";
    }
    if (this.overflow === "reject" || !mayWait || this.waiting.length === this.bound) {
      return "rejected";
    }
    return this.waiting.push({ message, urgent }), "waiting";
  }

  take(): number | undefined {
    const taken = this.urgent.shift() ?? this.queue.shift();
    const next = taken === undefined || this.size >= this.bound ? undefined : this.waiting.shift();
    if (next !== undefined) this.push(next), this.admitted.push(next.message);
    return taken;
  }

  putAside(message: number): boolean {
    return this.size < this.bound && this.stash.push(message) > 0;
  }

  unstash(): void {
    this.queue.unshift(...this.stash.splice(0));
  }

  get all(): number[] {
    return [
      ...[...this.urgent, ...this.stash, ...this.queue],
      ...this.waiting.map(({ message }) => message),
    ];
  }
}

/** Writes down what it is told. */
class Host implements MailboxHost<number> {
  readonly displacedOnes: number[] = [];
  readonly admittedOnes: number[] = [];
  displaced(message: number): void {
    this.displacedOnes.push(message);
  }
  admitted(message: number): void {
    this.admittedOnes.push(message);
  }
}

const command = fc.oneof(
  { weight: 4, arbitrary: fc.record({ mayWait: fc.boolean(), urgent: fc.boolean() }) },
  { weight: 2, arbitrary: fc.constant("take" as const) },
  { weight: 1, arbitrary: fc.constant("accept" as const) },
  { weight: 1, arbitrary: fc.constant("take and stash" as const) },
  { weight: 1, arbitrary: fc.constant("unstash" as const) },
);

for (const overflow of POLICIES) {
  Deno.test(`Mailbox with ${overflow} does what arrays with that rule do`, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(command, { maxLength: 100, size: "max" }),
        (bound, commands) => {
          const model = new Model(bound, overflow);
          const host = new Host();
          const mailbox = new Mailbox<number>({ bound, overflow }, host);
          let next = 0;
          for (const what of commands) {
            if (what === "take") assert.equal(mailbox.take(), model.take());
            else if (what === "unstash") mailbox.unstash(), model.unstash();
            else if (what === "accept") {
              const room = model.size < bound;
              assert.equal(mailbox.accept(next), room);
              if (room) model.push({ message: next++, urgent: false });
            } else if (what === "take and stash") {
              const taken = mailbox.take();
              assert.equal(taken, model.take());
              if (taken !== undefined) assert.equal(mailbox.stash(taken), model.putAside(taken));
            } else {
              const { mayWait, urgent } = what;
              const expected = model.offer(next, mayWait, urgent);
              assert.equal(mailbox.offer(next++, mayWait, urgent), expected);
            }
            assert.equal(mailbox.size, model.size);
            assert.equal(mailbox.stashed, model.stash.length);
            assert.equal(mailbox.ready, model.urgent.length + model.queue.length > 0);
            assert.equal(mailbox.waiting, model.waiting.length);
            assert.deepEqual([...mailbox], model.all);
            assert.deepEqual(host.displacedOnes, model.displaced);
            assert.deepEqual(host.admittedOnes, model.admitted);
          }
          const rest = model.all;
          assert.deepEqual([...mailbox.drain()], rest);
          assert.equal(mailbox.size + mailbox.waiting, 0);
        },
      ),
    );
  });
}

Deno.test("Mailbox with wait lets nobody overtake those who wait", () => {
  const mailbox = new Mailbox<number>({ bound: 1, overflow: "wait" }, new Host());
  assert.equal(mailbox.offer(1, true), "accepted");
  assert.equal(mailbox.offer(2, true), "waiting");
  assert.equal(mailbox.take(), 1);
  assert.equal(mailbox.offer(3, true), "waiting");
  assert.equal(mailbox.take(), 2);
  assert.equal(mailbox.take(), 3);
});

Deno.test("Mailbox.drain() admits none of those who wait", () => {
  const host = new Host();
  const mailbox = new Mailbox<number>({ bound: 1, overflow: "wait" }, host);
  mailbox.offer(1, true);
  mailbox.offer(2, true);
  assert.deepEqual([...mailbox.drain()], [1, 2]);
  assert.deepEqual(host.admittedOnes, []);
});

Deno.test("Mailbox refuses a bound or an overflow that means nothing, and says which", () => {
  const make = (options: object) => () => new Mailbox<number>(options, new Host());
  for (const bound of [0, -1, 1.5, NaN, Infinity]) {
    assert.throws(make({ bound }), {
      name: "RangeError",
      message: new RegExp(`bound is ${bound}`),
    });
  }
  assert.throws(make({ overflow: "explode" }), /overflow is "explode": give one of reject, /);
});
