import assert from "node:assert/strict";
import { ValueError } from "../values/mod.ts";
import {
  DeadlineError,
  EndedError,
  HandlerError,
  MailboxFullError,
  type Ref,
  type SpawnOptions,
  UnknownHandlerError,
} from "./mod.ts";
import { settle } from "./testing.ts";
import { guarantee, OF_SHARDS, type Setting } from "./testing/conformance.ts";
import drinker, { type Drinker } from "./testing/drinker.ts";
import fountain, { type Fountain } from "./testing/fountain.ts";

function fountainOf(s: Setting, options: Partial<SpawnOptions> = {}): Promise<Ref<Fountain>> {
  return s.system.spawn(fountain, { ...s.placed(options) } as SpawnOptions<[]>);
}

function drinkerOf(s: Setting, options: Partial<SpawnOptions> = {}): Promise<Ref<Drinker>> {
  return s.system.spawn(drinker, { ...s.placed(options) } as SpawnOptions<[]>);
}

/** All items of a stream, and how it ended. */
async function drain<T>(stream: AsyncIterable<T>): Promise<{ items: T[]; error: unknown }> {
  const items: T[] = [];
  try {
    for await (const item of stream) items.push(item);
    return { items, error: undefined };
  } catch (error) {
    return { items, error };
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

guarantee(
  "a handler that is a generator, or returns an iterable, answers with a stream",
  async (s) => {
    const ref = await fountainOf(s);
    for (const handler of ["count", "countLater", "list", "listLater"] as const) {
      for (const count of [0, 1, 200]) {
        const { items, error } = await drain(ref.stream[handler](count));
        assert.equal(error, undefined);
        assert.deepEqual(items, upTo(count), `${handler} of ${count}`);
      }
    }
  },
);

guarantee("a stream is not more items ahead of its reader than its credit", async (s) => {
  const ref = await fountainOf(s);
  for (const handler of ["count", "countLater"] as const) {
    for (const credit of [1, 2, 5, 32]) {
      const before = await ref.ask.made();
      const stream = ref.with({ credit }).stream[handler](100);
      for (let read = 1; read <= 100; read++) {
        assert.deepEqual(await stream.next(), { done: false, value: read - 1 });
        await settle(1);
        const made = await ref.ask.made() - before;
        assert(made <= read + credit, `${made} made, ${read} read, credit ${credit}`);
      }
      assert.deepEqual(await stream.next(), { done: true, value: undefined });
    }
  }
});

guarantee("a credit out of bounds is the reader's error", async (s) => {
  const ref = await fountainOf(s);
  for (const credit of [0, -1, 1.5, NaN, 65_537]) {
    assert.throws(() => ref.with({ credit }).stream.count(1), {
      name: "RangeError",
      message: `credit is ${credit}: give a whole number from 1 to 65536`,
    });
  }
});

guarantee("nothing is sent for a stream before its first item is wanted", async (s) => {
  const ref = await fountainOf(s);
  const [never, left] = [ref.stream.count(5), ref.stream.count(5)];
  assert.deepEqual(await left.return?.(), { done: true, value: undefined });
  assert.deepEqual(await left.next(), { done: true, value: undefined });
  assert.equal(await ref.ask.made(), 0);
  await never.next();
  assert.equal(await ref.ask.made() > 0, true);
});

guarantee("an actor handles other messages between two items of a stream", async (s) => {
  const ref = await fountainOf(s);
  const { items } = await drain(ref.with({ credit: 1_000 }).stream.noted("a", 1_000));
  assert.equal(items.length, 1_000);
  const log = await ref.ask.log();
  const at = log.indexOf("between");
  assert(at > log.indexOf("a 10") && at < log.indexOf("a 999"), `it was handled at ${at}`);
});

guarantee("an actor handles other messages while a stream waits for its reader", async (s) => {
  const ref = await fountainOf(s);
  const stream = ref.with({ credit: 2 }).stream.endless("a");
  await stream.next();
  for (let i = 0; i < 3; i++) assert.deepEqual(await ref.ask.log(), []);
  await stream.return?.();
});

guarantee("each reader has a stream of its own", async (s) => {
  const ref = await fountainOf(s);
  const streams = ["a", "b", "c"].map((word) => drain(ref.stream.noted(word, 100)));
  for (const [at, { items }] of (await Promise.all(streams)).entries()) {
    assert.deepEqual(items, upTo(100).map((i) => `${"abc"[at]} ${i}`));
  }
});

guarantee("several calls of next() get the items in order, then the end", async (s) => {
  const stream = (await fountainOf(s)).stream.countLater(3);
  const all = await Promise.all(upTo(5).map(() => stream.next()));
  assert.deepEqual(all.map(({ done, value }) => done ? "done" : value), [
    ...[0, 1, 2, "done", "done"],
  ]);
});

guarantee("leaving the loop ends the generator, whose finally blocks run", async (s) => {
  const ref = await fountainOf(s);
  for (const handler of ["endless", "endlessLater"] as const) {
    for await (const item of ref.stream[handler](handler)) if (item === 50) break;
    while (!(await ref.ask.log()).includes(`end of ${handler}`)) await settle(1);
  }
  assert.deepEqual(await ref.ask.log(), ["end of endless", "end of endlessLater"]);
  assert.deepEqual(s.crashes, []);
});

guarantee("a finally block that throws fails the actor", async (s) => {
  const ref = await fountainOf(s);
  const down = s.down(ref);
  for await (const item of ref.stream.failAtTheEnd()) if (item === 5) break;
  assert.deepEqual(await down, { kind: "error", message: "RangeError: at the end" });
});

guarantee("a signal that is aborted ends a stream, with its reason", async (s) => {
  const ref = await fountainOf(s);
  const aborter = new AbortController();
  const stream = ref.with({ signal: aborter.signal }).stream.endless("a");
  await stream.next();
  aborter.abort(new RangeError("enough"));
  await assert.rejects(stream.next(), { name: "RangeError", message: "enough" });
  assert.deepEqual(await stream.next(), { done: true, value: undefined });
  assert.deepEqual(await ref.ask.log(), ["end of a"]);
  const never = ref.with({ signal: aborter.signal }).stream.endless("b");
  await assert.rejects(never.next(), { message: "enough" });
  assert.deepEqual(await ref.ask.log(), ["end of a"]);
});

guarantee("a reader that leaves aborts the signal of a step that awaits", async (s) => {
  const [ref, gate] = [await fountainOf(s), await s.gate()];
  const stream = ref.stream.untilAborted(gate);
  assert.equal((await stream.next()).value, 1);
  await gate.ask.arrived(1);
  await stream.return?.();
  assert.deepEqual(await ref.ask.log(), ["aborted"]);
});

guarantee("a stream whose reader leaves before its turn is not begun", async (s) => {
  const [ref, gate] = [await fountainOf(s), await s.gate()];
  const first = ref.stream.held(gate);
  await first.next();
  await gate.ask.arrived(1); // which holds the actor
  const second = ref.stream.count(5);
  const next = second.next();
  await second.return?.();
  assert.deepEqual(await next, { done: true, value: undefined });
  gate.tell.open();
  assert.equal(await ref.ask.made(), 0);
  assert.equal(await s.dead("cancelled"), 1);
  await first.return?.();
});

guarantee("an item that does not come within the deadline ends the stream", async (s) => {
  const [ref, gate] = [await fountainOf(s), await s.gate()];
  const stream = ref.with({ deadlineMs: 100 }).stream.held(gate);
  await stream.next();
  await gate.ask.arrived(1);
  s.clock.advance(1_000); // nobody waits for an item
  const late = assert.rejects(stream.next(), (error) => {
    assert(error instanceof DeadlineError);
    assert.match(error.message, /^no reply to "held" from ref .* within 100 ms/);
    return true;
  });
  s.clock.advance(100);
  await late;
  assert.deepEqual(await stream.next(), { done: true, value: undefined });
  gate.tell.open();
  assert.deepEqual(await ref.ask.log(), ["end of held"]);
}, { fakeTime: true });

guarantee("a generator that throws fails its actor; its reader has what came before", async (s) => {
  const ref = await fountainOf(s);
  for (const handler of ["failAfter", "rejectAfter"] as const) {
    const down = s.down(ref);
    const { items, error } = await drain(ref.stream[handler](5));
    assert.deepEqual(items, upTo(5));
    assert(error instanceof HandlerError);
    assert.equal(error.message, "in the middle");
    assert.deepEqual(await down, { kind: "error", message: "RangeError: in the middle" });
  }
  const { items, error } = await drain(ref.stream.failNow());
  assert.deepEqual(items, []);
  assert(error instanceof HandlerError);
  await s.crashed(3);
  assert.deepEqual(s.crashes.map(({ handler }) => handler), [
    ...["failAfter", "rejectAfter", "failNow"],
  ]);
  assert.equal(await s.dead("failed"), 3);
  assert.deepEqual((await drain(ref.stream.count(3))).items, upTo(3));
});

guarantee(
  "a handler that answers with no stream is the reader's error, and the actor lives",
  async (s) => {
    const ref = await fountainOf(s);
    const streams = ref.stream as unknown as {
      readonly [name: string]: () => AsyncIterable<number>;
    };
    const { error } = await drain(streams.nothing!());
    assert.match(
      String(error),
      /"nothing" does not answer with a stream: make it a generator, or ask/,
    );
    assert((await drain(streams.unheardOf!())).error instanceof UnknownHandlerError);
    assert.equal(await ref.ask.nothing(), 5);
    assert.deepEqual(s.crashes, []);
  },
);

guarantee("a stream that is asked for as a reply is the asker's error", async (s) => {
  const ref = await fountainOf(s);
  await assert.rejects(ref.ask.count(5) as Promise<unknown>, ValueError);
  assert.equal(await ref.ask.made(), 0);
});

guarantee("an item outside of the domain ends the stream with the reader's error", async (s) => {
  const ref = await fountainOf(s);
  const { items, error } = await drain(ref.stream.oddAfter(3));
  assert.deepEqual(items, upTo(3));
  assert(error instanceof ValueError);
  assert.match(error.message, /^item of oddAfter is a Map/);
  assert.deepEqual(await ref.ask.log(), ["end of odd"], "the actor lives");
});

guarantee("an argument outside of the domain is the error of who asks for a stream", async (s) => {
  const ref = await fountainOf(s);
  assert.throws(() => ref.stream.count((() => {}) as never), ValueError);
});

guarantee("items are copies, and their refs are refs of their reader", async (s) => {
  const [ref, probe] = [await fountainOf(s), await s.probe()];
  const { items: bytes } = await drain(ref.stream.sameBytes(5));
  assert.deepEqual(bytes.map(([first]) => first), upTo(5));
  const { items } = await drain(ref.stream.refs(probe));
  await (items[0]?.to as typeof probe).ask.note("through an item");
  assert.deepEqual(await probe.ask.log(), ["through an item"]);
  assert.deepEqual(await (items[1]?.to as typeof ref).ask.log(), []);
  assert.deepEqual((await drain(ref.stream.facts())).items, ["facts", null]);
});

guarantee("an actor that ends ends its streams, after what had come", async (s) => {
  for (const how of ["stop", "stopped", "fail"] as const) {
    const ref = await fountainOf(s);
    const stream = ref.with({ credit: 4 }).stream.endless("a");
    assert.equal((await stream.next()).value, 0);
    await settle();
    const reason = { stop: "normal", stopped: "shutdown", fail: "error" }[how];
    const down = s.down(ref);
    if (how === "stopped") await s.system.stopActor(ref);
    else ref.tell[how]();
    await down;
    const { items, error } = await drain(stream);
    assert.deepEqual(items, upTo(items.length + 1).slice(1));
    assert(error instanceof EndedError);
    assert.equal(error.data.reason, reason);
    assert.deepEqual(await stream.next(), { done: true, value: undefined });
  }
});

guarantee("an actor that is killed ends its streams, also one that it is busy with", async (s) => {
  const [ref, gate] = [await fountainOf(s, { shutdownMs: 50 }), await s.gate()];
  const [busy, queued] = [ref.stream.held(gate), ref.stream.count(5)];
  assert.equal((await busy.next()).value, 1);
  await gate.ask.arrived(1);
  const rejected = [busy, queued].map((stream) =>
    assert.rejects(stream.next(), { data: { reason: "killed" } })
  );
  await settle();
  const stopped = s.system.stopActor(ref);
  s.clock.advance(50);
  await stopped;
  await Promise.all(rejected);
  gate.tell.open();
}, { fakeTime: true });

guarantee(
  "a stream of an actor that has ended, or whose mailbox is full, is rejected",
  async (s) => {
    const [ref, ended, gate] = [
      await fountainOf(s, { mailbox: { bound: 1 } }),
      await fountainOf(s),
      await s.gate(),
    ];
    await s.system.stopActor(ended);
    const { error } = await drain(ended.stream.count(5));
    assert(error instanceof EndedError);
    assert.equal(error.data.reason, "no-such-actor");
    const held = ref.stream.held(gate);
    await held.next();
    await gate.ask.arrived(1);
    await ref.send.note("fills it");
    assert((await drain(ref.stream.count(5))).error instanceof MailboxFullError);
    gate.tell.open();
    await held.return?.();
  },
);

guarantee("an actor reads a stream at its own pace, to the last item", async (s) => {
  const [ref, reader] = [await fountainOf(s), await drinkerOf(s)];
  for (const credit of [1, 3, 64]) {
    assert.deepEqual(await reader.ask.drink(ref, 40, credit), upTo(40), `credit ${credit}`);
  }
});

guarantee("a reader that ends ends its streams", async (s) => {
  const ref = await fountainOf(s);
  for (const how of ["stop", "fail", "stopped", "in the loop"] as const) {
    const [reader, gate] = [await drinkerOf(s), await s.gate()];
    const down = s.down(reader);
    if (how === "in the loop") {
      reader.tell.drinkHeld(ref, gate, how);
      await gate.ask.arrived(1);
      const stopped = s.system.stopActor(reader);
      s.clock.advance(5_000);
      await stopped;
    } else {
      assert.equal(await reader.ask.sip(ref, how), 0);
      if (how === "stopped") await s.system.stopActor(reader);
      else reader.tell[how]();
    }
    await down;
    while (!(await ref.ask.log()).includes(`end of ${how}`)) await settle(1);
  }
}, { fakeTime: true });

guarantee("an actor that reads its own stream from a handler is refused", async (s) => {
  const reader = await drinkerOf(s);
  assert.equal(await reader.ask.drinkOwn(), "self-ask");
  assert.deepEqual(await reader.ask.drinkOwnLater() as unknown, [1, 2, 3]);
});

guarantee("a shard that is lost ends the streams from it, and those to it", async (s) => {
  const [from, to] = [{ shard: "user-1" }, { shard: "user-2" }];
  const temporary = { restart: "temporary" } as const;
  const [lost, other] = [
    await drinkerOf(s, { ...from, ...temporary }),
    await fountainOf(s, to),
  ];
  const lostToo = await fountainOf(s, { ...from, ...temporary });
  const reader = await drinkerOf(s, to);
  assert.equal(await lost.ask.sip(other, "read by the lost"), 0);
  const own = lostToo.with({ credit: 2 }).stream.endless("a");
  assert.equal((await own.next()).value, 0);
  const held = await s.gate();
  const drinking = assert.rejects(
    reader.ask.drinkHeld(lostToo, held, "b"),
    /shard 1 was lost before/,
  );
  await held.ask.arrived(1);
  const down = s.down(lost);
  lost.tell.loseShard();
  assert.equal((await down).kind, "shard-lost");
  held.tell.open();
  await drinking;
  const { items, error } = await drain(own);
  assert.deepEqual(items, upTo(3).slice(1, 1 + items.length));
  assert(error instanceof EndedError);
  assert.equal(error.data.reason, "shard-lost");
  while (!(await other.ask.log()).includes("end of read by the lost")) await settle(1);
  assert.equal(
    ((await drain(lostToo.stream.count(1))).error as EndedError).data.reason,
    "shard-lost",
  );
}, { placements: OF_SHARDS, userShards: 2 });

guarantee("streams that are read when the system stops are ended", async (s) => {
  const ref = await fountainOf(s);
  const read = ref.with({ deadlineMs: 1_000 }).stream.endless("a");
  await read.next();
  await s.system.stop();
  const { error } = await drain(read);
  assert(error instanceof EndedError);
  assert.equal(error.data.reason, "shutdown");
  const late = await drain(ref.stream.count(5));
  assert(late.error instanceof EndedError);
});
