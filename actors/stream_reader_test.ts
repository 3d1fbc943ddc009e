import assert from "node:assert/strict";
import fc from "fast-check";
import { Envelope } from "./envelope.ts";
import { Message, STREAM } from "./message.ts";
import { OutStream } from "./out_stream.ts";
import { StreamReader } from "./stream_reader.ts";
import { FakeClock } from "./testing.ts";

const TO = { shard: 1, slot: 7 };

/**
 * Both ends of a stream, with what is on its way between them in two queues that a test moves. The
 * sender is an actor in its simplest words: one step at a time, as long as there is credit.
 */
class World {
  readonly clock = new FakeClock();
  readonly toSender: (() => void)[] = [];
  readonly toReader: (() => void)[] = [];
  readonly aborter = new AbortController();
  readonly reader: StreamReader;
  /** Items that were taken from the generator, and whether that has run its `finally` block. */
  made = 0;
  finished = false;
  ends = 0;
  #out: OutStream | undefined;
  /** Whether a step is queued. */
  #steps = false;

  constructor(count: number, credit: number, failsAt: number) {
    this.reader = new StreamReader({
      ...{ clock: this.clock, to: TO, handler: "count", deadlineMs: 100, credit },
      signal: this.aborter.signal,
      revive: (value) => value,
      start: () => this.toSender.push(() => this.#begin(count, credit, failsAt)),
      grant: (more) => this.toSender.push(() => this.#grant(more)),
      cancel: () => this.toSender.push(() => this.#cancel()),
      ended: () => this.ends++,
    });
  }

  /** One step of the sender, if it may take one. */
  step(): void {
    const out = this.#out;
    if (!out || !this.#steps) return;
    this.#steps = false;
    try {
      const { done, value } = out.next() as IteratorResult<unknown>;
      if (done) {
        this.#out = undefined;
        this.toReader.push(() => this.reader.end());
        return;
      }
      this.toReader.push(() => this.reader.push(value));
      this.#steps = out.spend();
    } catch (error) {
      this.#out = undefined;
      this.toReader.push(() => this.reader.fail(error));
    }
  }

  /** Moves and makes all that there is. */
  run(): void {
    for (let idle = false; !idle;) {
      idle = this.toSender.length === 0 && this.toReader.length === 0 && !this.#steps;
      this.toSender.shift()?.();
      this.step();
      this.toReader.shift()?.();
    }
  }

  #begin(count: number, credit: number, failsAt: number): void {
    const envelope = new Envelope(0, 1, undefined, false, Infinity, credit);
    const message = new Message(STREAM, "count", [], false, undefined, envelope);
    this.#out = OutStream.over(message, this.#count(count, failsAt)) as OutStream;
    this.#steps = true;
  }

  #grant(more: number): void {
    if (this.#out?.grant(more)) this.#steps = true;
  }

  #cancel(): void {
    this.#out?.cancel();
    this.#out = undefined;
    this.#steps = false;
  }

  *#count(count: number, failsAt: number): Generator<number> {
    try {
      for (let i = 0; i < count; i++) {
        if (i === failsAt) throw new RangeError("on purpose");
        this.made++;
        yield i;
      }
    } finally {
      this.finished = true;
    }
  }
}

const commands = fc.array(
  fc.constantFrom("next", "next", "to sender", "step", "step", "to reader"),
  { maxLength: 200, size: "max" },
);
const worlds = fc.record({
  count: fc.nat(30),
  credit: fc.integer({ min: 1, max: 8 }),
  failsAt: fc.oneof(fc.constant(-1), fc.nat(40)),
});
const leaving = fc.constantFrom("return", "abort", "abandon", "deadline", "stay");

Deno.test("StreamReader and OutStream bring every item once, in order, and never more than the credit", async () => {
  await fc.assert(
    fc.asyncProperty(worlds, commands, async ({ count, credit, failsAt }, script) => {
      const world = new World(count, credit, failsAt);
      const read: Promise<unknown>[] = [];
      let settled = 0;
      const next = () => {
        const one = world.reader.next().then(
          ({ done, value }) => done ? "done" : value,
          (error) => error.name,
        );
        read.push(one.finally(() => settled++));
      };
      for (const command of script) {
        if (command === "next") next();
        else if (command === "step") world.step();
        else (command === "to sender" ? world.toSender : world.toReader).shift()?.();
        assert(world.made <= read.length + credit, `${world.made} made, ${read.length} wanted`);
      }
      while (read.length < count + 3) next();
      world.run();
      const got = await Promise.all(read);
      const fails = failsAt >= 0 && failsAt < count;
      const items = Array.from({ length: fails ? failsAt : count }, (_, i) => i);
      const expected: unknown[] = fails ? [...items, "RangeError"] : items;
      assert.deepEqual(got.slice(0, expected.length), expected);
      assert(got.slice(expected.length).every((one) => one === "done"));
      assert.equal(settled, read.length);
      assert.deepEqual([world.finished, world.ends, world.clock.pending], [true, 1, 0]);
    }),
  );
});

Deno.test("a StreamReader that is left settles what waits, and ends the generator, whenever that is", async () => {
  await fc.assert(
    fc.asyncProperty(worlds, commands, commands, leaving, async (parts, before, after, how) => {
      const world = new World(parts.count, parts.credit, parts.failsAt);
      const read: Promise<unknown>[] = [];
      const play = (script: readonly string[]) => {
        for (const command of script) {
          if (command === "next") {
            read.push(
              world.reader.next().then(({ done }) => done ? "done" : "item", () => "error"),
            );
          } else if (command === "step") world.step();
          else (command === "to sender" ? world.toSender : world.toReader).shift()?.();
        }
      };
      play(before);
      if (how === "return") await world.reader.return();
      else if (how === "abort") world.aborter.abort(new RangeError("enough"));
      else if (how === "abandon") world.reader.abandon();
      else if (how === "deadline") world.clock.advance(100);
      play(after);
      world.run();
      // What is still wanted of a stream that nobody left is there, or its end is.
      const got = await Promise.all(read);
      const firstEnd = got.findIndex((one) => one !== "item");
      if (firstEnd >= 0) assert(got.slice(firstEnd + 1).every((one) => one === "done"));
      if (how !== "stay" && how !== "deadline" && world.made > 0) assert(world.finished);
      assert(world.ends <= 1);
      assert.equal(world.clock.pending, 0);
    }),
  );
});

Deno.test("a StreamReader whose stream has ended lets go of its reader, and keeps what has arrived", async () => {
  const world = new World(5, 8, -1);
  const first = world.reader.next();
  let released = 0;
  // As the kernel's: letting go of an incarnation's reader abandons that.
  world.reader.release = {
    [Symbol.dispose]() {
      released++;
      world.reader.abandon();
    },
  };
  world.run();
  assert.equal(released, 1);
  assert.equal((await first).value, 0);
  for (let i = 1; i < 5; i++) assert.equal((await world.reader.next()).value, i);
  assert.equal((await world.reader.next()).done, true);
});

Deno.test("a StreamReader waits for each item as long as its deadline, and for none that nobody wants", async () => {
  const world = new World(5, 8, -1);
  const first = world.reader.next();
  world.clock.advance(99);
  world.run();
  assert.equal((await first).value, 0);
  assert.equal(world.clock.pending, 0);
  world.clock.advance(1_000);
  for (let i = 1; i < 5; i++) assert.equal((await world.reader.next()).value, i);
});

Deno.test("OutStream.over() takes what can be iterated, and nothing else", () => {
  const envelope = new Envelope(0, 1, undefined, false, Infinity, 1);
  const message = new Message(STREAM, "count", [], false, undefined, envelope);
  for (const made of [undefined, null, 5, "words", {}, () => [], { [Symbol.iterator]: 5 }]) {
    const out = OutStream.over(message, made);
    assert(out instanceof TypeError);
    assert.match(out.message, /^"count" does not answer with a stream: make it a generator, or/);
  }
  for (const made of [[], new Set([1]), (function* () {})(), (async function* () {})()]) {
    assert(OutStream.over(message, made) instanceof OutStream);
  }
});
