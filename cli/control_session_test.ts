import assert from "node:assert/strict";
import fc from "fast-check";
import { NoSuchProcedureError, type Value } from "../mod.ts";
import { performOn } from "./control_operations.ts";
import { MAX_LINE_BYTES, MAX_OPEN_REQUESTS, type Message } from "./control_protocol.ts";
import { ControlSession, readMessage } from "./control_session.ts";
import { FakeNode } from "./control_testing.ts";

/** A session with a fake node, whose replies are kept. */
class Bench {
  readonly node = new FakeNode();
  readonly replies: Message[] = [];
  readonly session = new ControlSession(
    performOn(this.node.face(), () => ({ connections: 1, refused: this.refused })),
    (line) => {
      this.replies.push(readMessage(line));
      this.#news.resolve();
      this.#news = Promise.withResolvers();
      return this.room;
    },
    () => this.refused++,
  );
  /** Lines that were refused. */
  refused = 0;
  /** What a write waits for. */
  room = Promise.resolve();
  #news = Promise.withResolvers<void>();

  take(message: unknown): Promise<void> {
    return this.session.take(JSON.stringify(message));
  }

  /** The first reply, there or yet to come, of which `is` holds. */
  async reply(is: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const found = this.replies.find(is);
      if (found) return found;
      await this.#news.promise;
    }
  }
}

const faultCode = ({ error }: Message) => (error as { code?: string } | undefined)?.code;

Deno.test("ControlSession does what a request asks for, and says that it is done", async () => {
  const bench = new Bench();
  await bench.take({ id: 1, do: "publish", topic: "iot/x", payload: { $bytes: "AQID" } });
  assert.deepEqual(await bench.reply(({ id }) => id === 1), { id: 1, ok: {} });
  assert.deepEqual(bench.node.published, [["iot/x", Uint8Array.of(1, 2, 3)]]);
  await bench.take({ id: 2, do: "call", procedure: "lob/x", args: [{ $bigint: "5" }, null] });
  assert.deepEqual(await bench.reply(({ id }) => id === 2), { id: 2, ok: { result: [5n, null] } });
  await bench.session.close();
});

Deno.test("ControlSession begins requests in the order of their lines", async () => {
  const bench = new Bench();
  for (let i = 0; i < 100; i++) {
    await bench.take({ id: i, do: "publish", topic: "iot/x", payload: i });
  }
  await bench.session.close();
  assert.deepEqual(bench.node.published.map(([, payload]) => payload), [...Array(100).keys()]);
});

Deno.test("ControlSession tells errors with code, exit and what they carry", async () => {
  const bench = new Bench();
  bench.node.onCall = () => Promise.reject(new NoSuchProcedureError("nobody", { procedure: "x" }));
  await bench.take({ id: 1, do: "call", procedure: "lob/x", args: [] });
  assert.deepEqual(await bench.reply(({ id }) => id === 1), {
    id: 1,
    error: { code: "no-such-procedure", message: "nobody", exit: 1, data: { procedure: "x" } },
  });
  await bench.session.close();
});

Deno.test("ControlSession refuses and counts what is no message, and goes on", async () => {
  const bench = new Bench();
  const lines = [
    "",
    "nonsense",
    "[]",
    "null",
    `"text"`,
    `{"id":-1,"do":"status"}`,
    `{"id":"1","do":"status"}`,
    `{"id":9007199254740993,"do":"status"}`,
    `{"id":1}`,
    `{"$bytes":"%"}`,
    "[".repeat(MAX_LINE_BYTES),
  ];
  for (const line of lines) await bench.session.take(line);
  assert.equal(bench.refused, lines.length);
  assert.deepEqual(bench.replies.map(faultCode), lines.map(() => "usage"));
  await bench.take({ id: 1, do: "publish", topic: "iot/x" });
  assert.deepEqual(await bench.reply(({ id }) => id === 1), { id: 1, ok: {} });
  await bench.session.close();
});

Deno.test("ControlSession answers a request that lacks something under its id", async () => {
  const bench = new Bench();
  const requests: readonly Message[] = [
    { id: 1, do: "reboot" },
    { id: 2, do: "__proto__" },
    { id: 3, do: "publish" },
    { id: 4, do: "call", procedure: "lob/x", args: "text" },
    { id: 5, do: "call", procedure: "lob/x", args: [], deadlineMs: -1 },
    { id: 6, do: "policy", name: "lob/x", application: 5 },
    { id: 7, do: "constructor" },
  ];
  for (const request of requests) await bench.take(request);
  await bench.session.close();
  assert.deepEqual(bench.replies.map(faultCode), requests.map(() => "usage"));
  assert.deepEqual(bench.replies.map(({ id }) => id), requests.map(({ id }) => id));
});

Deno.test("ControlSession survives every line", async () => {
  const word = fc.constantFrom("subscribe", "serve", "call", "publish", "status", "dht-put", "x");
  const near = fc.record({
    id: fc.oneof(fc.nat(3), fc.jsonValue()),
    do: fc.oneof(word, fc.jsonValue()),
    cancel: fc.jsonValue(),
    call: fc.oneof(fc.nat(3), fc.jsonValue()),
    pattern: fc.constant("iot/**"),
    procedure: fc.oneof(fc.constant("lob/x"), fc.jsonValue()),
    args: fc.jsonValue(),
    result: fc.jsonValue(),
    error: fc.jsonValue(),
  }, { requiredKeys: ["id"] }).map((message) => JSON.stringify(message));
  const line = fc.oneof(fc.string(), fc.json(), near);
  await fc.assert(fc.asyncProperty(fc.array(line), async (lines) => {
    const bench = new Bench();
    for (const line of lines) await bench.session.take(line);
    await bench.session.close();
    assert.equal(bench.node.served.size, 0);
    assert(bench.node.subscriptions.every(({ ended }) => ended));
  }));
});

Deno.test("ControlSession sends a stream item by item until it is cancelled", async () => {
  const bench = new Bench();
  await bench.take({ id: 1, do: "subscribe", pattern: "iot/**" });
  await bench.reply(({ ok }) => ok !== undefined);
  const [publications] = bench.node.subscriptions;
  publications?.publish({ celsius: 19.5 });
  publications?.publish(undefined);
  const second = await bench.reply(({ item }) => (item as Message | undefined)?.sequence === 2);
  assert.deepEqual(Object.keys(second.item as Message), [
    "topic",
    "publisher",
    "incarnation",
    "sequence",
  ]);
  await bench.take({ id: 1, cancel: true });
  assert.deepEqual(await bench.reply(({ end }) => end === true), { id: 1, end: true });
  assert(publications?.ended);
  await bench.session.close();
});

Deno.test("ControlSession takes no further publication while the last one is not written", async () => {
  const bench = new Bench();
  await bench.take({ id: 1, do: "subscribe", pattern: "iot/**" });
  await bench.reply(({ ok }) => ok !== undefined);
  const room = Promise.withResolvers<void>();
  bench.room = room.promise;
  const publications = bench.node.subscriptions[0]!;
  for (let i = 0; i < 1_000; i++) publications.publish(i);
  await bench.reply(({ item }) => item !== undefined);
  assert.equal(publications.taken, 1);
  room.resolve();
  await bench.reply(({ item }) => (item as Message | undefined)?.sequence === 1_000);
  await bench.session.close();
});

Deno.test("ControlSession reads no further while the answer to nonsense is not written", async () => {
  const bench = new Bench();
  const room = Promise.withResolvers<void>();
  bench.room = room.promise;
  let taken = false;
  const taking = bench.session.take("nonsense").then(() => taken = true);
  await bench.reply(({ error }) => error !== undefined);
  assert(!taken);
  room.resolve();
  await taking;
});

Deno.test("ControlSession has so many requests under way and no more, and still takes cancels", async () => {
  const bench = new Bench();
  bench.node.onCall = (_, signal) =>
    new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  const call = { do: "call", procedure: "lob/x", args: [] };
  for (let id = 0; id < MAX_OPEN_REQUESTS; id++) await bench.take({ id, ...call });
  await bench.take({ id: 9_999, ...call });
  assert.deepEqual(bench.replies.map(faultCode), ["busy"]);
  await bench.take({ id: 7, ...call });
  assert.deepEqual(bench.replies.map(faultCode), ["busy", "usage"]);
  await bench.take({ id: 7, cancel: true });
  assert.equal(faultCode(await bench.reply(({ id }) => id === 7)), "cancelled");
  await bench.session.close();
});

Deno.test("ControlSession has the client answer the calls of what it serves", async () => {
  const bench = new Bench();
  await bench.take({ id: 3, do: "serve", procedure: "lob/x" });
  await bench.reply(({ ok }) => ok !== undefined);
  const serve = bench.node.served.get("lob/x")!;
  const signal = new AbortController().signal;
  const ask = (...args: Value[]) => serve({ args, caller: "bcaller", signal });

  const sum = ask(40, 2);
  const { item } = await bench.reply(({ item }) => item !== undefined);
  assert.deepEqual(item, { args: [40, 2], caller: "bcaller", call: 1 });
  await bench.take({ id: 3, call: 1, result: 42 });
  assert.equal(await sum, 42);

  const failing = ask();
  await bench.take({ id: 3, call: 2, error: { code: "failed", message: "exit code 3" } });
  await assert.rejects(failing, { message: "exit code 3" });

  const abort = new AbortController();
  const late = serve({ args: [], caller: undefined, signal: abort.signal });
  abort.abort(new Error("too late"));
  await assert.rejects(late, { message: "too late" });
  await bench.reply(({ item }) => (item as Message | undefined)?.cancel === true);
  await bench.take({ id: 3, call: 3, result: 1 }); // crossed the cancel: dropped

  const left = ask();
  const closing = bench.session.close();
  await assert.rejects(left, /is gone/);
  await closing;
  assert.equal(bench.node.served.size, 0);
});
