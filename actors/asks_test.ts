import assert from "node:assert/strict";
import { ValueError } from "../values/mod.ts";
import { DeadlineError, defineActor, EndedError, HandlerError } from "./mod.ts";
import { settle } from "./testing.ts";
import asksItselfAtStart from "./testing/asks_itself_at_start.ts";
import { guarantee, IN_FAKE_TIME, INLINE } from "./testing/conformance.ts";

guarantee("an ask settles with the handler's error, thrown or rejected", async (s) => {
  const probe = await s.probe();
  for (const handler of ["throwRange", "rejectRange"] as const) {
    await assert.rejects(probe.ask[handler]("too far"), (error) => {
      assert(error instanceof HandlerError);
      assert.equal(error.message, "too far");
      assert.deepEqual(error.data, { name: "RangeError" });
      return true;
    });
  }
  await s.crashed(2);
});

guarantee("an ask settles with an error whatever odd thing was thrown", async (s) => {
  const probe = await s.probe();
  for (const what of ["undefined", "no prototype", "ill-formed"]) {
    await assert.rejects(probe.ask.throwOdd(what), HandlerError);
  }
  await s.crashed(3);
  assert.equal(await probe.ask.echo("alive"), "alive");
});

guarantee("an ask settles with the deadline, and a later reply is ignored", async (s) => {
  const [probe, gate] = [await s.probe(), await s.gate()];
  const asked = probe.with({ deadlineMs: 4_000 }).ask.hold(gate, "a");
  const settled = assert.rejects(asked, (error) => {
    assert(error instanceof DeadlineError);
    assert.match(error.message, /no reply to "hold" from ref .* within 4000 ms: it may or may not/);
    assert.deepEqual(error.data, { handler: "hold", deadlineMs: 4_000 });
    return true;
  });
  await gate.ask.arrived(1);
  await settle();
  s.clock.advance(3_999);
  const state = await Promise.race([asked.catch(() => "rejected"), settle().then(() => "pending")]);
  assert.equal(state, "pending");
  s.clock.advance(11);
  await settled;
  gate.tell.open();
  assert.deepEqual(await probe.ask.echo("next"), "next");
}, { fakeTime: true });

guarantee("an ask has a deadline of 5 s unless it names one", async (s) => {
  const [probe, gate] = [await s.probe(), await s.gate()];
  const settled = assert.rejects(probe.ask.hold(gate, "a"), /within 5000 ms/);
  await gate.with({ deadlineMs: 10_000 }).ask.arrived(1);
  await settle();
  s.clock.advance(5_010);
  await settled;
  gate.tell.open();
}, { fakeTime: true });

guarantee("an ask that was given up while it was queued is not handled", async (s) => {
  const [probe, gate] = [await s.probe(), await s.gate()];
  const aborter = new AbortController();
  probe.tell.hold(gate, "a");
  await gate.ask.arrived(1);
  const late = assert.rejects(probe.with({ deadlineMs: 100 }).ask.note("late"), DeadlineError);
  const given = probe.with({ signal: aborter.signal, deadlineMs: 9_000 }).ask.note("given up");
  const givenUp = assert.rejects(given, { name: "AbortError" });
  const kept = probe.with({ deadlineMs: 9_000 }).ask.note("kept");
  await settle(); // a deadline runs from the end of the turn
  s.clock.advance(110);
  aborter.abort();
  await Promise.all([late, givenUp]);
  gate.tell.open();
  await kept;
  assert.deepEqual(await probe.ask.log(), ["in a", "out a", "kept"]);
  assert.equal(await s.dead("cancelled") + await s.dead("expired"), 2);
}, { fakeTime: true });

guarantee(
  "an ask that expires before its asker's clock ticks is the asker's deadline all the same",
  async (s) => {
    const [probe, gate] = [await s.probe(), await s.gate()];
    probe.tell.hold(gate, "a");
    await gate.ask.arrived(1);
    const late = assert.rejects(probe.with({ deadlineMs: 105 }).ask.note("late"), DeadlineError);
    await settle();
    s.clock.advance(106);
    gate.tell.open();
    assert.deepEqual(await probe.ask.log(), ["in a", "out a"]);
    assert.equal(await s.dead("expired"), 1);
    s.clock.advance(4);
    await late;
  },
  { fakeTime: true, placements: IN_FAKE_TIME },
);

guarantee("an ask with a signal that is aborted already is not sent", async (s) => {
  const probe = await s.probe();
  const reason = new Error("never mind");
  const signal = AbortSignal.abort(reason);
  await assert.rejects(probe.with({ signal }).ask.note("a"), reason);
  assert.deepEqual(await probe.ask.log(), []);
});

guarantee("an asker that gives up aborts the signal of the handler", async (s) => {
  const [probe, gate] = [await s.probe(), await s.gate()];
  const aborter = new AbortController();
  const asked = probe.with({ signal: aborter.signal }).ask.untilAborted(gate);
  await gate.ask.arrived(1);
  const reason = new Error("never mind");
  aborter.abort(reason);
  await assert.rejects(asked, reason);
  assert.deepEqual(await probe.ask.log(), ["aborted"]);
});

guarantee("a deadline that passes aborts the signal of the handler", async (s) => {
  const [probe, gate] = [await s.probe(), await s.gate()];
  const settled = assert.rejects(
    probe.with({ deadlineMs: 100 }).ask.untilAborted(gate),
    DeadlineError,
  );
  await gate.ask.arrived(1);
  await settle();
  s.clock.advance(110);
  await settled;
  assert.deepEqual(await probe.ask.log(), ["aborted"]);
}, { fakeTime: true });

guarantee("an asker that gives up aborts the signal of a deferred ask", async (s) => {
  const [probe, gate] = [await s.probe(), await s.gate()];
  const aborter = new AbortController();
  const settled = assert.rejects(
    probe.with({ signal: aborter.signal }).ask.deferUntilAborted(gate),
    { name: "AbortError" },
  );
  await probe.ask.nothing();
  aborter.abort();
  await settled;
  await gate.ask.arrived(1);
});

guarantee("an ask settles with the end of its target, handled, queued or deferred", async (s) => {
  const [probe, gate] = [await s.probe({ shutdownMs: 50 }), await s.gate()];
  const outcomes = [
    probe.ask.defer(),
    probe.ask.hold(gate, "a"),
    probe.ask.note("queued"),
  ].map((asked) =>
    assert.rejects(asked, (error) => {
      assert(error instanceof EndedError);
      assert.equal(error.data.reason, "killed");
      assert.match(error.message, /probe has ended \(killed\)/);
      return true;
    })
  );
  await gate.ask.arrived(1);
  const stopped = s.system.stopActor(probe);
  await settle();
  await settle();
  s.clock.advance(50);
  await Promise.all([stopped, ...outcomes]);
  assert.equal(await s.dead("ended"), 2, "one was being handled, one was queued");
}, { fakeTime: true });

guarantee("an ask of an actor that has ended is rejected", async (s) => {
  const probe = await s.probe();
  await s.system.stopActor(probe);
  await assert.rejects(probe.ask.log(), { name: "EndedError", data: { reason: "no-such-actor" } });
  assert.equal(await s.dead("no-such-actor"), 1);
});

guarantee("an actor that asks itself is refused at once", async (s) => {
  const probe = await s.probe();
  assert.equal(await probe.ask.askSelf(), "self-ask");
  const starting = await s.system.spawn(asksItselfAtStart, s.place);
  assert.equal(await starting.ask.outcome(), "self-ask");
  const sink = await s.probe();
  await probe.ask.askSelfOnStop(sink);
  await s.system.stopActor(probe);
  assert.deepEqual(await sink.ask.log(), ["self-ask"]);
});

guarantee("an ask that a handler makes inherits what is left of its deadline", async (s) => {
  const [probe, other] = [await s.probe(), await s.probe()];
  const [own, inherited] = await probe.with({ deadlineMs: 2_000 }).ask.relayRemaining(other, 4_000);
  assert(own! > 0 && own! <= 2_000);
  assert(inherited! > 0 && inherited! <= own!, "not more than is left");
  const [, shorter] = await probe.with({ deadlineMs: 2_000 }).ask.relayRemaining(other, 1_000);
  assert(shorter! > 0 && shorter! <= 1_000, "but less, if it says so");
});

guarantee("what is left of a deadline shrinks with time", async (s) => {
  const [probe, gate] = [await s.probe(), await s.gate()];
  probe.tell.hold(gate, "a");
  await gate.ask.arrived(1);
  const asked = probe.with({ deadlineMs: 1_000 }).ask.remaining();
  await settle();
  s.clock.advance(400);
  gate.tell.open();
  assert.equal(await asked, 600);
}, { fakeTime: true, placements: IN_FAKE_TIME });

guarantee("a deadline out of bounds is refused", async (s) => {
  const probe = await s.probe();
  for (const deadlineMs of [0, -1, NaN, Infinity, 3_600_001]) {
    await assert.rejects(probe.with({ deadlineMs }).ask.log(), {
      name: "RangeError",
      message: `deadlineMs is ${deadlineMs}: give more than 0 and at most 3600000 ms`,
    });
  }
});

guarantee("a reply outside of the domain is the asker's error, and the actor lives", async (s) => {
  const probe = await s.probe();
  probe.tell.note("before");
  await assert.rejects(probe.ask.badReply(), (error) => {
    assert(error instanceof ValueError);
    assert.equal(error.path, "result of badReply");
    assert.equal(error.found, "a Map");
    return true;
  });
  assert.deepEqual(await probe.ask.log(), ["before"]);
});

guarantee("a thenable that settles twice is one reply", async (s) => {
  const probe = await s.probe();
  assert.equal(await probe.ask.twoFacedReply() as unknown, "first");
  const gate = await s.gate();
  probe.tell.settleAgain(gate);
  probe.tell.note("next");
  await gate.ask.arrived(1);
  await settle();
  gate.tell.open();
  assert.deepEqual(await probe.ask.log(), ["out", "next"], "one message at a time all the same");
  await assert.rejects(probe.ask.throwingThenable(), { name: "HandlerError", message: "then" });
  await s.crashed(1);
  assert.equal(await probe.ask.echo("alive"), "alive");
});

guarantee("a deferred reply settles its ask when it is given, once", async (s) => {
  const probe = await s.probe();
  const asks = [1, 2, 3, 4, 5, 6].map(() => probe.ask.defer());
  probe.tell.settleDeferred({ late: true });
  probe.tell.settleDeferredTwice("once");
  probe.tell.failDeferred("no");
  probe.tell.failDeferred("");
  probe.tell.settleDeferredBadly();
  probe.tell.failDeferredWithFunctions();
  assert.deepEqual(await asks[0] as unknown, { late: true });
  assert.equal(await asks[1], "once");
  await assert.rejects(asks[2]!, { name: "HandlerError", message: "no" });
  await assert.rejects(asks[3]!, { name: "HandlerError", message: "undefined" });
  await assert.rejects(asks[4]!, ValueError);
  await assert.rejects(asks[5]!, { code: "odd", message: "with a function", data: {} });
  assert.equal(await probe.ask.echo("alive"), "alive");
});

guarantee("an ask whose reply was deferred settles with the failure of its actor", async (s) => {
  const probe = await s.probe();
  const deferred = assert.rejects(probe.ask.defer(), { data: { reason: "error" } });
  await assert.rejects(probe.ask.deferAndThrow(), { name: "HandlerError" });
  await deferred;
  await s.crashed(1);
});

guarantee("a message that is refused is a dead letter, and the actor lives", async (s) => {
  const probe = await s.probe({ args: ["first"] });
  await assert.rejects(probe.ask.refuse("not yours"), { code: "refused", message: "not yours" });
  await assert.rejects(probe.ask.refuse(""), { code: "handler" });
  probe.tell.refuse("whoever you are");
  assert.deepEqual(await probe.ask.log(), ["first"]);
  assert.equal(await s.dead("refused"), 3);
});

guarantee("an ask leaves no listener at its signal", async (s) => {
  const probe = await s.probe();
  const { signal } = new AbortController();
  let listeners = 0;
  for (const [method, change] of [["addEventListener", 1], ["removeEventListener", -1]] as const) {
    const original = signal[method].bind(signal) as (...args: unknown[]) => void;
    signal[method] = (...args: unknown[]) => {
      listeners += change;
      original(...args);
    };
  }
  await probe.with({ signal }).ask.nothing();
  await assert.rejects(probe.with({ signal }).ask.throwRange("x"));
  assert.equal(listeners, 0);
});

guarantee("an incarnation that ends aborts the signals of what it handles and owes", async (s) => {
  const aborted: string[] = [];
  const started: string[] = [];
  const watcher = defineActor(import.meta, (ctx) => {
    const watch = (what: string) => {
      ctx.message?.signal.addEventListener("abort", () => void aborted.push(what));
      started.push(what);
    };
    return {
      owe() {
        ctx.deferReply();
        watch("owed");
      },
      async handle() {
        watch("handled");
        await new Promise(() => {});
      },
    };
  });
  const ref = await s.system.spawn(watcher, { placement: "here", shutdownMs: 50 });
  const owed = assert.rejects(ref.ask.owe(), EndedError);
  const handled = assert.rejects(ref.ask.handle(), EndedError);
  await settle();
  assert.deepEqual(started, ["owed", "handled"]);
  const stopped = s.system.stopActor(ref);
  await settle();
  s.clock.advance(50);
  await Promise.all([stopped, owed, handled]);
  assert.deepEqual(aborted.sort(), ["handled", "owed"]);
}, { fakeTime: true, placements: INLINE });
