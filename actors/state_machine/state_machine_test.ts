import assert from "node:assert/strict";
import fc from "fast-check";
import type { ActorContext } from "../context.ts";
import { defineActor } from "../definition.ts";
import { UnknownHandlerError } from "../errors.ts";
import { keptData, type MachineContext, stateMachine } from "./state_machine.ts";
import { next, postpone, repeat, stay } from "./state_outcome.ts";
import { ActorSystem } from "../system.ts";
import { FakeClock } from "../testing.ts";
import { STRICT } from "../testing/conformance.ts";
import { FakeActor, type Told } from "../testing/fake_actor.ts";

const turnstile = (ctx: MachineContext, entered: string[] = []) => {
  let coins = keptData<number>(ctx) ?? 0;
  return stateMachine(ctx, {
    initial: "locked",
    states: {
      locked: {
        enter: (from?: string) => void entered.push(`locked from ${from}`),
        coin(n: number) {
          coins += n;
          return next("unlocked", coins);
        },
      },
      unlocked: {
        enter: (from?: string) => void entered.push(`unlocked from ${from}`),
        timeout: [100, "push", "nobody came"],
        push: (_why?: string) => next("locked", "through"),
        coin(n: number) {
          coins += n;
          return repeat(coins);
        },
      },
    },
    any: {
      coins: () => stay(coins),
      async later() {
        await Promise.resolve();
        return next("unlocked", true);
      },
      nothing() {},
    },
    keep: () => coins,
  });
};

Deno.test("stateMachine() handles an event as the state that it is in does", async () => {
  const entered: string[] = [];
  const actor = new FakeActor().start((ctx) => turnstile(ctx, entered));
  assert.equal(await actor.tell("coin", 2), 2);
  assert.equal(await actor.tell("coins"), 2);
  assert.equal(await actor.tell("push"), "through");
  assert.equal(await actor.tell("later"), true);
  assert.equal(await actor.tell("nothing"), undefined);
  assert.deepEqual(entered, [
    "locked from undefined",
    "unlocked from locked",
    "locked from unlocked",
    "unlocked from locked",
  ]);
  assert.deepEqual(actor.refused, []);
});

Deno.test("stateMachine() refuses an event that the state does not know, and says which there are", async () => {
  const actor = new FakeActor().start(turnstile);
  assert.equal(await actor.tell("push"), undefined);
  const error = actor.refused[0];
  assert(error instanceof UnknownHandlerError);
  assert.equal(
    error.message,
    'machine in state "locked" has no event "push": it has coin, coins, later, nothing',
  );
  assert.deepEqual(error.data, {
    handler: "push",
    state: "locked",
    handlers: ["coin", "coins", "later", "nothing"],
  });
  assert.equal(await actor.tell("coins"), 0, "it has not failed");
});

Deno.test("next() to the present state changes nothing, and repeat() enters it anew", async () => {
  const entered: string[] = [];
  const actor = new FakeActor().start((ctx) => turnstile(ctx, entered));
  await actor.tell("later");
  actor.clock.advance(60);
  await actor.tell("later");
  assert.equal(entered.length, 2);
  actor.clock.advance(39);
  await actor.tell("coin", 1);
  assert.equal(entered.at(-1), "unlocked from unlocked");
  actor.clock.advance(99);
  assert.equal(actor.mailbox.length, 0, "its time-out has started again");
  actor.clock.advance(1);
  assert.equal(actor.mailbox.length, 1);
});

Deno.test("A time-out comes when the state has lasted for so long, with its arguments", async () => {
  const actor = new FakeActor().start((ctx) =>
    stateMachine(ctx, {
      initial: "waiting",
      states: {
        waiting: {
          timeout: [50, "late", 1, "two"],
          late: (a: number, b: string) => next("over", [a, b]),
        },
        over: { enter: () => void reached.push("over") },
      },
    })
  );
  const reached: string[] = [];
  actor.clock.advance(49);
  await actor.run();
  assert.deepEqual(reached, []);
  actor.clock.advance(1);
  const told = actor.mailbox[0];
  await actor.run();
  assert.deepEqual(reached, ["over"]);
  assert.deepEqual(told?.reply, [1, "two"]);
});

Deno.test("A time-out is cancelled by leaving the state, even when it is in the mailbox", async () => {
  const actor = new FakeActor().start(turnstile);
  await actor.tell("coin", 1);
  assert.equal(actor.clock.pending, 1);
  await actor.tell("push");
  assert.equal(actor.clock.pending, 0);
  await actor.tell("coin", 1);
  actor.mailbox.push({ handler: "push", args: [], sender: undefined });
  actor.mailbox.push({ handler: "coin", args: [1], sender: undefined });
  actor.clock.advance(100); // comes after both, for the state before
  await actor.run();
  assert.equal(actor.clock.pending, 1, "it is unlocked, and has its own time-out");
  assert.deepEqual(actor.refused, []);
});

Deno.test("A time-out that the last incarnation left in the mailbox is none of the next one's", async () => {
  const actor = new FakeActor().start(turnstile);
  await actor.tell("coin", 1);
  actor.clock.advance(100);
  assert.equal(actor.mailbox.length, 1);
  actor.start(turnstile);
  await actor.run();
  assert.equal(await actor.tell("push"), "through", "it was unlocked still");
});

Deno.test("A time-out that somebody else sends is refused", async () => {
  const actor = new FakeActor().start(turnstile);
  await actor.tell("coin", 1);
  await actor.tell("timeout", "any", 2, "push");
  await actor.tell("timeout");
  assert.equal(actor.refused.length, 2);
  assert(actor.refused[0] instanceof UnknownHandlerError);
  assert.equal(await actor.tell("push"), "through");
});

Deno.test("A machine that keeps starts in its last state, with its data, and enters it anew", async () => {
  const entered: string[] = [];
  const make = (ctx: MachineContext) => turnstile(ctx, entered);
  const actor = new FakeActor().start(make);
  await actor.tell("coin", 5);
  actor.clock.advance(60);
  actor.start(make);
  assert.equal(entered.at(-1), "unlocked from undefined");
  assert.equal(await actor.tell("coins"), 5);
  assert.equal(await actor.tell("push"), "through");
});

Deno.test("A machine that keeps does not start from a state that is none", () => {
  const ctx = (kept: unknown) => {
    const actor = new FakeActor();
    actor.keep(() => kept);
    return () => actor.start(turnstile);
  };
  assert.throws(ctx({ state: "gone" }), /the state it kept is "gone", .*: it has locked, unlocked/);
  for (const kept of [7, null, "locked", { data: 1 }]) assert.throws(ctx(kept), TypeError);
});

Deno.test("What is postponed is handled when the state has changed, in order, before what is new", async () => {
  const make = (ctx: MachineContext) =>
    stateMachine(ctx, {
      initial: "closed",
      states: {
        closed: {
          open: () => next("opened"),
          read: (_n: number) => postpone(),
          stayClosed: () => repeat(),
        },
        opened: { read: (n: number) => stay(n * 10), close: () => next("closed") },
      },
    });
  const actor = new FakeActor().start(make);
  const tell = (handler: string, ...args: unknown[]) => {
    const told: Told = { handler, args, sender: undefined };
    actor.mailbox.push(told);
    return told;
  };
  const asked = [
    tell("read", 1),
    tell("read", 2),
    tell("stayClosed"),
    tell("open"),
    tell("read", 3),
  ];
  await actor.run();
  assert.deepEqual(asked.map(({ reply }) => reply), [10, 20, undefined, undefined, 30]);
  assert.deepEqual(actor.done, ["stayClosed", "open", "read", "read", "read"]);
});

Deno.test("A time-out that is postponed is handled in the next state", async () => {
  const handled: string[] = [];
  const actor = new FakeActor().start((ctx) =>
    stateMachine(ctx, {
      initial: "busy",
      states: {
        busy: { timeout: [10, "tick"], tick: () => postpone(), done: () => next("idle") },
        idle: { tick: () => void handled.push("tick") },
      },
    })
  );
  actor.clock.advance(10);
  await actor.run();
  assert.deepEqual(handled, []);
  await actor.tell("done");
  assert.deepEqual(handled, ["tick"]);
});

Deno.test("stateMachine() has only own properties for states and events", async () => {
  class Base {
    inherited() {
      return stay();
    }
  }
  const actor = new FakeActor().start((ctx) =>
    stateMachine(ctx, {
      initial: "a",
      states: {
        a: Object.assign(new Base() as object, { go: (to: string) => next(to as "a") }),
        constructor: { back: () => next("a") },
      },
    })
  );
  assert.deepEqual(Object.keys(actor.handlers), ["go", "back"]);
  assert.equal(Object.getPrototypeOf(actor.handlers), null);
  for (const name of ["toString", "__proto__", "hasOwnProperty", ""]) {
    await assert.rejects(actor.tell("go", name), RangeError);
  }
  await actor.tell("go", "constructor");
  await actor.tell("back");
  assert.deepEqual(actor.refused, []);
});

Deno.test("stateMachine() says at the start what is wrong with its states", () => {
  const spec = (states: unknown, any?: unknown, initial = "a") => () =>
    stateMachine(new FakeActor(), { initial, states, any } as never);
  assert.throws(spec(null), /^TypeError: states is null: give an object$/);
  assert.throws(spec({ a: 7 }), /state "a" is number/);
  assert.throws(spec({ a: { go: 7 } }), /"go" in state "a" is number/);
  assert.throws(spec({ a: { enter: 7 } }), /"enter" of state "a" is number/);
  assert.throws(spec({ a: { timeout: 7 } }), /"timeout" of state "a" is number/);
  assert.throws(spec({ a: { timeout: [-1, "x"], x() {} } }), RangeError);
  assert.throws(spec({ a: { timeout: [NaN, "x"], x() {} } }), RangeError);
  assert.throws(
    spec({ a: { timeout: [1, "toString"] } }),
    /the event "toString", which it does not/,
  );
  assert.throws(spec({ a: { timeout: [1] } }), TypeError);
  assert.throws(spec({ a: {} }, { timeout() {} }), /"timeout" in any is no event/);
  assert.throws(spec({ a: {} }, {}, "toString"), /initial is "toString".*: it has a$/);
  assert.throws(
    spec({ a: { enter: () => Promise.reject(new Error("late")) } }),
    /returned a promise/,
  );
});

Deno.test("An event that returns what is no outcome is the actor's failure", async () => {
  const make = (returned: unknown) =>
    new FakeActor().start((ctx) =>
      stateMachine(ctx, { initial: "a", states: { a: { go: () => returned as undefined } } })
    );
  for (const returned of [7, null, { kind: "stay" }, Promise.resolve("x")]) {
    await assert.rejects(make(returned).tell("go"), /"go" in state "a" of machine returned/);
  }
});

const letter = fc.constantFrom("a", "b", "c");
const event = fc.record({
  what: fc.constantFrom("next", "stay", "repeat", "postpone"),
  /** The state that it is for: in the others it is postponed. */
  only: fc.option(letter, { nil: undefined }),
  to: letter,
});

Deno.test("stateMachine() handles every event once, as gen_statem's queue would", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 40, size: "max" }), async (events) => {
      const handled: number[] = [];
      let state = "a";
      const go = (id: number) => {
        const { what, only, to } = events[id]!;
        if (what === "postpone" && only !== undefined && only !== state) return postpone();
        handled.push(id);
        return what === "next" ? next(to as "a") : what === "repeat" ? repeat() : stay();
      };
      const at = (name: string) => ({ enter: () => void (state = name), go });
      const actor = new FakeActor().start((ctx) =>
        stateMachine(ctx, { initial: "a", states: { a: at("a"), b: at("b"), c: at("c") } })
      );
      events.forEach((_, id) =>
        actor.mailbox.push({ handler: "go", args: [id], sender: undefined })
      );
      await actor.run();

      let now = "a";
      const expected: number[] = [];
      const queue = events.map((_, id) => id);
      const postponed: number[] = [];
      for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
        const { what, only, to } = events[id]!;
        if (what === "postpone" && only !== undefined && only !== now) {
          postponed.push(id);
          continue;
        }
        expected.push(id);
        if (what !== "next" || to === now) continue;
        now = to;
        queue.unshift(...postponed.splice(0));
      }
      assert.deepEqual(handled, expected);
      assert.deepEqual(actor.aside.map(({ args }) => args[0]), postponed);
      assert.equal(state, now);
    }),
  );
});

/** The context of a real actor; nothing in these tests is postponed. */
const withoutStash = (ctx: ActorContext): MachineContext => ({
  ...{ self: ctx.self, path: ctx.path, stash: () => {}, unstash: () => {} },
  after: (ms, handler, ...args) => ctx.after(ms, handler, ...args),
  keep: (state) => ctx.keep(state),
  kept: () => ctx.kept(),
  refuse: (error) => ctx.refuse(error),
  get message() {
    return ctx.message;
  },
});

const door = defineActor(import.meta, (ctx) => ({
  ...turnstile(withoutStash(ctx)),
  crash() {
    throw new Error("crashed");
  },
}));

Deno.test(
  "A state machine is an actor's behaviour, across its time-outs and restarts",
  STRICT,
  async () => {
    const clock = new FakeClock();
    await using system = await ActorSystem.start({ userShards: 0, clock, onCrash: () => {} });
    const ref = await system.spawn(door, { placement: "here" });
    await assert.rejects(ref.ask.push(), UnknownHandlerError);
    assert.equal(await ref.ask.coin(3), 3);
    await assert.rejects(ref.ask.crash());
    assert.equal(await ref.ask.coins(), 3);
    assert.equal(await ref.ask.push(), "through");
    await ref.ask.coin(1);
    clock.advance(100);
    await assert.rejects(ref.ask.push(), /in state "locked"/);
    const { byReason } = await system.deadLetters();
    assert.equal(byReason.refused, 2);
  },
);

/** Only the types are of interest: it is never called. */
function _typed(ctx: MachineContext): void {
  const machine = turnstile(ctx);
  const reply: number = machine.coin(1);
  const through: string = machine.push();
  // @ts-expect-error: coin takes a number
  machine.coin("1");
  // @ts-expect-error: there is no such event in any state
  machine.pull;
  // @ts-expect-error: enter is no event
  machine.enter;
  stateMachine(ctx, {
    // @ts-expect-error: there is no such state
    initial: "open",
    states: { closed: {} },
  });
  stateMachine(ctx, {
    initial: "closed",
    // @ts-expect-error: an event leads to a state that there is
    states: { closed: { open: () => next("opend") }, opened: {} },
  });
  stateMachine(ctx, {
    initial: "closed",
    states: { closed: {} },
    // @ts-expect-error: so does one that any state handles
    any: { open: () => next("opened") },
  });
  stateMachine(ctx, {
    initial: "closed",
    // @ts-expect-error: a reply is wrapped
    states: { closed: { open: () => 7 } },
  });
  const merged = stateMachine(ctx, {
    initial: "a",
    states: {
      a: { go: (_n: number, _s: string) => next("b", 1) },
      b: { go: async (_n: number) => await Promise.resolve(stay("x")) },
      c: { go: () => postpone() },
    },
  });
  const either: number | string = merged.go(1, "s");
  // @ts-expect-error: one of them wants a string, too
  merged.go(1);
  void [reply, through, either];
}
