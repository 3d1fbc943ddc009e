import assert from "node:assert/strict";
import fc from "fast-check";
import { type ActorError, EndedError } from "./errors.ts";
import { FakeClock } from "./testing.ts";
import { Waiter } from "./waiter.ts";
import { Waiters } from "./waiters.ts";

const SHARD = 0;
/** Longest deadline of the model. */
const LONGEST_MS = 400;
const index = fc.nat(40);

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      ask: fc.constantFrom(0, 1, 2), // the shard that is to answer
      ms: fc.option(fc.integer({ min: 1, max: LONGEST_MS }), { nil: Infinity }),
      signal: fc.constantFrom(
        "none" as const,
        "own" as const,
        "shared" as const,
      ),
      within: fc.option(index, { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ reply: index }) },
  { weight: 2, arbitrary: fc.record({ fail: index }) },
  { weight: 2, arbitrary: fc.record({ abort: index }) },
  { weight: 1, arbitrary: fc.constant("abort all" as const) },
  {
    weight: 3,
    arbitrary: fc.record({ advance: fc.integer({ min: 0, max: 150 }) }),
  },
  { weight: 3, arbitrary: fc.constant("end turn" as const) },
  { weight: 1, arbitrary: fc.record({ lost: fc.constantFrom(1, 2) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A signal that counts who listens to it. */
class CountedSignal {
  readonly controller = new AbortController();
  listeners = 0;

  constructor() {
    const { signal } = this.controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (
      type: string,
      listener: EventListener,
      options?: unknown,
    ) => {
      this.listeners++;
      const once = (event: Event) => {
        this.listeners--;
        listener(event);
      };
      this.#wrapped.set(listener, once);
      add(type, once, options as AddEventListenerOptions);
    };
    signal.removeEventListener = (type: string, listener: EventListener) => {
      const wrapped = this.#wrapped.get(listener);
      if (this.#wrapped.delete(listener)) this.listeners--;
      if (wrapped) remove(type, wrapped);
    };
  }

  readonly #wrapped = new Map<EventListener, EventListener>();
}

/** One ask of the model, and how its promise was seen to settle. */
interface Asked {
  readonly waiter: Waiter;
  readonly signal: CountedSignal | undefined;
  readonly seen: string[];
  /** What the first of all that happened to it should lead to; `undefined` as long as it waits. */
  due: string | undefined;
}

/** The registry beside a model that knows, for each ask, what was first. */
class Model {
  readonly clock = new FakeClock();
  readonly givenUp: Waiter[] = [];
  readonly waiters = new Waiters(
    this.clock,
    (waiter) => this.givenUp.push(waiter),
  );
  readonly asked: Asked[] = [];
  readonly shared = new CountedSignal();

  ask(
    { ask: shard, ms, signal: which, within }: Extract<Step, { ask: number }>,
  ): void {
    const signal = which === "none"
      ? undefined
      : which === "own"
      ? new CountedSignal()
      : this.shared;
    if (signal?.controller.signal.aborted) return; // the post does not send it
    const outer = within === undefined ? undefined : this.#at(within)?.waiter;
    const to = { shard, slot: 9 };
    const bound = outer && outer.ms !== Infinity && ms !== Infinity ? outer : undefined;
    const waiter = new Waiter(SHARD, to, "work", undefined, ms, bound, {});
    const asked: Asked = { waiter, signal, seen: [], due: undefined };
    waiter.promise.then(
      (value) => asked.seen.push(`reply ${value}`),
      (error: ActorError) => asked.seen.push(error.code ?? String(error)),
    );
    this.waiters.add(waiter, signal?.controller.signal);
    if (shard !== SHARD) this.waiters.number(waiter);
    this.asked.push(asked);
  }

  take(what: Step): void {
    if (what === "end turn") return this.waiters.endTurn();
    if (what === "abort all") return this.#abort(this.shared);
    if ("ask" in what) return this.ask(what);
    if ("advance" in what) return this.#advance(what.advance);
    if ("lost" in what) return this.#lose(what.lost);
    if ("abort" in what) return this.#abort(this.#at(what.abort)?.signal);
    const one = this.#at("reply" in what ? what.reply : what.fail);
    if (!one) return;
    const { waiter } = one;
    // From another shard comes no more than a number.
    const found = waiter.to.shard === SHARD ? waiter : this.waiters.find(waiter.correlation);
    const taken = found !== undefined && this.waiters.take(found);
    assert.equal(taken, one.due === undefined, "settled twice, or not at all");
    if (!taken) return;
    one.due = "reply" in what ? "reply 7" : "ended";
    if ("reply" in what) waiter.resolve(7);
    else waiter.reject(new EndedError("it ended"));
  }

  close(): void {
    for (const one of this.asked) one.due ??= "ended";
    this.waiters.close();
  }

  #at(at: number): Asked | undefined {
    return this.asked[at % Math.max(1, this.asked.length)];
  }

  #abort(signal: CountedSignal | undefined): void {
    if (!signal || signal.controller.signal.aborted) return;
    for (const one of this.asked) {
      if (one.signal === signal) one.due ??= "AbortError";
    }
    const reason = Object.assign(new Error("aborted"), { code: "AbortError" });
    signal.controller.abort(reason);
  }

  #advance(ms: number): void {
    this.clock.advance(ms);
    for (const one of this.asked) {
      if (one.due === undefined && one.waiter.settled) one.due = "deadline";
      const { deadline } = one.waiter;
      if (one.due === "deadline") {
        assert(deadline <= this.clock.now(), "given up too early");
      }
    }
  }

  #lose(shard: number): void {
    for (const one of this.asked) {
      if (one.waiter.to.shard === shard) one.due ??= "ended";
    }
    this.waiters.shardLost(shard);
  }
}

Deno.test("Waiters settles each promise once, by what comes first, and leaves nothing behind", async () => {
  const steps = fc.array(step, { maxLength: 80, size: "max" });
  await fc.assert(
    fc.asyncProperty(steps, fc.boolean(), async (steps, closes) => {
      const model = new Model();
      for (const what of steps) {
        model.take(what);
        assert(model.clock.pending <= 1, "more than one timer");
      }
      if (closes) model.close();
      else {
        // All that has a deadline is given up in time; what has none is answered.
        model.waiters.endTurn();
        model.take({ advance: LONGEST_MS + 100 });
        model.asked.forEach((one, reply) => one.due === undefined && model.take({ reply }));
      }
      await Promise.resolve();
      await Promise.resolve();
      for (const { waiter, signal, seen, due } of model.asked) {
        assert.deepEqual(seen, [due]);
        assert.equal(model.waiters.find(waiter.correlation), undefined);
        assert.equal(
          signal?.listeners ?? 0,
          0,
          "a listener is left on a signal",
        );
      }
      const told = new Set(model.givenUp);
      assert.equal(
        told.size,
        model.givenUp.length,
        "told twice that nobody waits",
      );
      for (const { waiter, due } of model.asked) {
        const nobodyWaits = due === "deadline" || due === "AbortError";
        assert.equal(told.has(waiter), nobodyWaits);
        assert.equal(waiter.givenUp, nobodyWaits);
      }
      model.clock.advance(2 * LONGEST_MS);
      assert.equal(model.clock.pending, 0, "a timer is left");
    }),
    { numRuns: 300 },
  );
});

Deno.test("Waiters gives up what an ask's own deadline bounds no later than the ask within which it is", async () => {
  const clock = new FakeClock();
  const waiters = new Waiters(clock, () => {});
  const to = { shard: 1, slot: 9 };
  const outer = new Waiter(SHARD, to, "outer", undefined, 50, undefined, {});
  waiters.add(outer, undefined);
  waiters.endTurn();
  clock.advance(30);
  const inner = new Waiter(SHARD, to, "inner", undefined, 5_000, outer, {});
  waiters.add(inner, undefined);
  waiters.endTurn();
  const settled = Promise.allSettled([outer.promise, inner.promise]);
  clock.advance(30);
  const states = (await settled).map(({ status }) => status);
  assert.deepEqual(states, ["rejected", "rejected"]);
  assert.equal(clock.pending, 0);
});
