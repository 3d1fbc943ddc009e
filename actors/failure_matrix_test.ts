import assert from "node:assert/strict";
import type { ActorError, Placement, Ref } from "./mod.ts";
import { settle } from "./testing.ts";
import { guarantee, OF_SHARDS, type Setting } from "./testing/conformance.ts";
import fickle, { type Fickle, type Kind } from "./testing/fickle.ts";
import type { Gate } from "./testing/gate.ts";

/** Who notices a failure, and what: `-` for nothing. */
interface Outcome {
  /** What the spawner or the asker gets. */
  readonly asker: string;
  /** The reason that a monitor tells; of what hangs, once it is stopped. */
  readonly down: string;
  /** What the supervisor does. */
  readonly slot: "lives" | "restarts" | "ends" | "never was";
  /** The handlers that crash reports name. */
  readonly reports: string;
  /** The reasons of dead letters. */
  readonly dead: string;
}

/** One phase of an actor's life: how to make it go wrong there, and what comes of it. */
interface Phase {
  /** Makes it go wrong; returns what the asker got. */
  act(actor: Subject, kind: Kind): Promise<string>;
  readonly outcomes: { readonly [kind in Kind]?: Outcome };
  readonly placements?: readonly Placement[];
}

/** An actor that is to go wrong, and what is around it. */
interface Subject {
  readonly s: Setting;
  readonly ref: Ref<Fickle>;
  readonly gate: Ref<Gate>;
  /** Another actor, to be ended. */
  readonly other: Ref<Fickle>;
}

/** What an asker gets, in a word or two. */
async function told(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "-";
  } catch (error) {
    const { code, data } = error as ActorError;
    return [code, data?.name].filter((word) => word !== undefined).join(" ");
  }
}

/** Asks, and lets the deadline of what hangs pass. */
async function ask({ s, ref }: Subject, handler: "message" | "deferred", kind: Kind) {
  const asked = told(ref.ask[handler](kind));
  if (kind === "hang") await pass(s, 5_010);
  return await asked;
}

async function pass(s: Setting, ms: number): Promise<void> {
  await s.system.deadLetters(); // what was sent has arrived
  await settle();
  s.clock.advance(ms);
}

/** Tells something that goes wrong later, and waits until it has. */
function later(handler: "timer" | "rawTimer" | "unawaitedPromise" | "monitor" | "exit" | "group") {
  return async ({ s, ref, gate, other }: Subject, kind: Kind): Promise<string> => {
    if (handler === "monitor" || handler === "exit") await ref.ask[handler](kind, other);
    else if (handler === "group") await ref.ask.group(kind, "group");
    else await ref.ask[handler](kind);
    if (handler === "timer") s.clock.advance(0);
    if (handler === "group") {
      await s.system.members("group"); // the watch was under way before this
      await other.ask.join("group");
    } else await s.system.stopActor(other);
    await gate.ask.arrived(1);
    return "-";
  };
}

/** Stops it; lets its time to stop pass, where it hangs. */
async function stop({ s, ref }: Subject, hangs: boolean): Promise<string> {
  const stopped = s.system.stopActor(ref);
  if (hangs) await pass(s, 50);
  await stopped;
  return "-";
}

const FAILED = { down: "error", slot: "restarts", reports: "message", dead: "failed" } as const;
const HELD = { down: "killed", slot: "ends", reports: "-", dead: "ended" } as const;
const BY_LISTENER = { ...FAILED, asker: "-", reports: "(monitor)", dead: "-" } as const;
const HELD_BY_LISTENER = { ...HELD, asker: "-", dead: "-" } as const;
const NOBODY_S = { asker: "-", down: "-", slot: "lives", dead: "-" } as const;
const LISTENER = {
  "throw": BY_LISTENER,
  "throw odd": BY_LISTENER,
  "reject": BY_LISTENER,
  "hang": HELD_BY_LISTENER,
};

const PHASES: { readonly [promise: string]: Phase } = {
  "a failure in a message has one outcome": {
    act: (subject, kind) => ask(subject, "message", kind),
    outcomes: {
      "throw": { ...FAILED, asker: "handler RangeError" },
      "throw odd": { ...FAILED, asker: "handler object" },
      "reject": { ...FAILED, asker: "handler RangeError" },
      "hang": { ...HELD, asker: "deadline" },
    },
  },
  "a failure in a message whose reply is deferred has one outcome": {
    act: (subject, kind) => ask(subject, "deferred", kind),
    outcomes: {
      "throw": { ...FAILED, asker: "handler RangeError", reports: "deferred" },
      "throw odd": { ...FAILED, asker: "handler object", reports: "deferred" },
      "reject": { ...FAILED, asker: "handler RangeError", reports: "deferred" },
      "hang": { ...HELD, asker: "deadline" },
    },
  },
  "a failure in a timer of its own has one outcome": {
    act: later("timer"),
    outcomes: {
      "throw": { ...FAILED, asker: "-", reports: "arriveAnd" },
      "throw odd": { ...FAILED, asker: "-", reports: "arriveAnd" },
      "reject": { ...FAILED, asker: "-", reports: "arriveAnd" },
      "hang": { ...HELD, asker: "-" },
    },
  },
  "a failure in a listener of a monitor has one outcome": {
    act: later("monitor"),
    outcomes: LISTENER,
  },
  "a failure in a listener of exits has one outcome": { act: later("exit"), outcomes: LISTENER },
  "a failure in a listener of a group has one outcome": { act: later("group"), outcomes: LISTENER },
  "a failure in a step of a stream has one outcome": {
    async act({ s, ref }, kind) {
      const stream = ref.stream.stream(kind);
      await stream.next();
      const next = told(stream.next());
      if (kind === "hang") await pass(s, 5_010);
      return await next;
    },
    outcomes: {
      "throw": { ...FAILED, asker: "handler RangeError", reports: "stream" },
      "throw odd": { ...FAILED, asker: "handler object", reports: "stream" },
      "reject": { ...FAILED, asker: "handler RangeError", reports: "stream" },
      "hang": { ...HELD, asker: "deadline" },
    },
  },
  "a failure in a stop hook has one outcome": {
    async act(subject, kind) {
      await subject.ref.ask.stopHook(kind);
      return await stop(subject, kind === "hang");
    },
    outcomes: {
      "throw": { asker: "-", down: "shutdown", slot: "ends", reports: "(onStop)", dead: "-" },
      "throw odd": { asker: "-", down: "shutdown", slot: "ends", reports: "(onStop)", dead: "-" },
      "reject": { asker: "-", down: "shutdown", slot: "ends", reports: "(onStop)", dead: "-" },
      "hang": HELD_BY_LISTENER,
    },
  },
  "a failure in an end hook has one outcome": {
    async act(subject, kind) {
      await subject.ref.ask.endHook(kind);
      return await stop(subject, false);
    },
    outcomes: {
      "throw": { asker: "-", down: "shutdown", slot: "ends", reports: "(onEnd)", dead: "-" },
      "throw odd": { asker: "-", down: "shutdown", slot: "ends", reports: "(onEnd)", dead: "-" },
      "reject": { asker: "-", down: "shutdown", slot: "ends", reports: "(onEnd)", dead: "-" },
      "hang": { asker: "-", down: "shutdown", slot: "ends", reports: "-", dead: "-" },
    },
  },
  "a failure in what it keeps has one outcome": {
    async act({ ref }, kind) {
      await ref.ask.keep(kind);
      return await told(ref.ask.message("throw"));
    },
    // A promise is no value, whatever becomes of it.
    outcomes: {
      "throw": { ...FAILED, asker: "handler RangeError", reports: "message (keep)" },
      "throw odd": { ...FAILED, asker: "handler RangeError", reports: "message (keep)" },
      "hang": { ...FAILED, asker: "handler RangeError", reports: "message (keep)" },
    },
  },
  "a failure in a timer of the platform has one outcome": {
    act: later("rawTimer"),
    outcomes: {
      "throw": { ...NOBODY_S, reports: "(uncaught)" },
      "throw odd": { ...NOBODY_S, reports: "(uncaught)" },
      "reject": { ...NOBODY_S, reports: "(unhandled rejection)" },
      "hang": { ...NOBODY_S, reports: "-" },
    },
    placements: OF_SHARDS, // such an error ends the process of `here`, as in any program
  },
  "a failure in a promise that nobody waits for has one outcome": {
    act: later("unawaitedPromise"),
    outcomes: {
      "throw": { ...NOBODY_S, reports: "(unhandled rejection)" },
      "throw odd": { ...NOBODY_S, reports: "(unhandled rejection)" },
      "reject": { ...NOBODY_S, reports: "(unhandled rejection)" },
      "hang": { ...NOBODY_S, reports: "-" },
    },
    placements: OF_SHARDS, // as above
  },
};

/** What came of it, by those who could notice. */
async function observe(s: Setting, phase: Phase, kind: Kind): Promise<Outcome> {
  const reportsBefore = s.crashes.length;
  const deadBefore = (await s.system.deadLetters()).byReason;
  const gate = await s.gate();
  const options = { args: [gate, null] as [Ref<Gate>, null], ...s.place };
  const ref = await s.system.spawn(fickle, { ...options, shutdownMs: 50, label: "subject" });
  const other = await s.system.spawn(fickle, { ...options, label: "other" });
  const expected = phase.outcomes[kind]!;
  const down = s.down(ref).then((reason) => reason.kind);
  const asker = await phase.act({ s, ref, gate, other }, kind);
  if (expected.down === "killed") await stop({ s, ref, gate, other }, true);
  const reason = expected.down === "-" ? "-" : await down;
  const reports = expected.reports === "-" ? 0 : expected.reports.split(/ (?=\()/).length;
  await s.crashed(reportsBefore + reports);
  const lives = expected.slot === "lives" || expected.slot === "restarts";
  if (lives) await ref.ask.nothing();
  const { byReason } = await s.system.deadLetters();
  const deadOf = (counts: object) => Object.entries(counts) as [string, number][];
  const dead = deadOf(byReason).filter(([reason, count]) =>
    count !== ((deadBefore as Record<string, number>)[reason] ?? 0)
  );
  const info = (await s.system.actors()).find(({ path }) => path === "subject");
  await Promise.all([ref, other].map((one) => s.system.stopActor(one)));
  const handlers = s.crashes.slice(reportsBefore).map(({ handler }) => handler);
  return {
    asker,
    down: reason,
    slot: !info ? "ends" : info.restarts > 0 ? "restarts" : "lives",
    // What is kept is read after each message in a box, and elsewhere as the incarnation ends.
    reports: handlers.sort().reverse().join(" ") || "-",
    dead: dead.map(([reason]) => reason).join(" ") || "-",
  };
}

for (const [promise, phase] of Object.entries(PHASES)) {
  guarantee(promise, async (s) => {
    const kinds = Object.keys(phase.outcomes) as Kind[];
    const seen: { [kind: string]: Outcome } = {};
    for (const kind of kinds) seen[kind] = await observe(s, phase, kind);
    assert.deepEqual(seen, phase.outcomes);
  }, {
    fakeTime: true,
    supervise: { intensity: 100 },
    ...phase.placements && { placements: phase.placements },
  });
}

guarantee("a failure at the start is the spawner's error, and nobody else's", async (s) => {
  const gate = await s.gate();
  const before = await s.actors();
  const outcomes = {
    "throw": /RangeError: on purpose/,
    "throw odd": /something that cannot be put in words was thrown/,
    "reject": /on purpose/,
  };
  for (const [kind, words] of Object.entries(outcomes)) {
    const started = s.system.spawn(fickle, {
      args: [gate, kind as Kind],
      ...s.place,
    });
    await assert.rejects(started, (error) => {
      assert.equal((error as Error).name, "SpawnError");
      assert.match((error as Error).message, words);
      return true;
    });
  }
  assert.equal(await s.actors(), before);
  assert.deepEqual(s.crashes, []);
  assert.deepEqual((await s.system.deadLetters()).byReason, {});
});

guarantee(
  "a start that hangs holds its spawner, and nobody else, until it is given up",
  async (s) => {
    const gate = await s.gate();
    const started = told(s.system.spawn(fickle, {
      args: [gate, "hang"],
      ...s.place,
      shutdownMs: 50,
    }));
    await gate.ask.arrive();
    assert.equal(await Promise.race([started, settle().then(() => "waits")]), "waits");
    const stopped = s.system.stop();
    await settle();
    s.clock.advance(50);
    await stopped;
    assert.match(await started, /^(spawn|ended)/);
  },
  { fakeTime: true },
);
