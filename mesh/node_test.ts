import assert from "node:assert/strict";
import {
  type ActorError,
  DeadlineError,
  HandlerError,
  UnknownHandlerError,
} from "../actors/mod.ts";
import { ValueError } from "../values/mod.ts";
import { ConfigError } from "./config.ts";
import { DisconnectedError, NoSuchProcedureError, NotExposedError } from "./errors.ts";
import { MaculaNode } from "./node.ts";
import { connected, Probe, take } from "./testing.ts";
import counter from "./testing/counter_actor.ts";

Deno.test("MaculaNode.publish() reaches a subscriber of the same node, numbered and in order", async () => {
  await using probe = await Probe.start();
  const { node } = probe;
  await using readings = node.subscribe("iot/sensor/*", { overflow: "wait" });
  await readings.ready;
  for (let i = 1; i <= 500; i++) await node.publish("iot/sensor/hall", { i });
  const got = await take(readings, 500);
  assert.deepEqual(got.map(({ sequence }) => sequence), [...Array(500).keys()].map((i) => i + 1));
  assert.deepEqual(
    got.map(({ payload }) => (payload as { i: number }).i),
    got.map((p) => p.sequence),
  );
  assert.equal(got[0]?.publisher, node.id);
});

Deno.test("MaculaNode.publish() reaches a slow subscriber of another node once and in order", async () => {
  await using pair = await connected();
  const { a, b } = pair;
  await using readings = b.node.subscribe("iot/**", { overflow: "wait", bound: 4 });
  await readings.ready;
  const count = 5_000;
  const payload = new Uint8Array(64).fill(7);
  const reading = (async () => {
    for (let expected = 1; expected <= count; expected++) {
      const { value } = await readings.next();
      assert.equal(value?.sequence, expected);
      assert.deepEqual(value?.payload, payload);
      assert.equal(value?.publisher, a.node.id);
      if (expected % 500 === 0) await new Promise((turn) => setImmediate(turn));
    }
  })();
  for (let i = 0; i < count; i++) await a.node.publish("iot/deep/er/topic", payload);
  await reading;
  await a.node.flush();
  const { peers, deadLetters } = await a.node.stats();
  assert.equal(peers.sent, count);
  assert.equal(peers.unknown, 0);
  assert.equal(deadLetters.total, 0);
  assert.deepEqual([...a.crashes, ...b.crashes], []);
});

Deno.test("MaculaNode.subscribe() delivers what matches its pattern and nothing else", async () => {
  await using pair = await connected();
  const { a, b } = pair;
  await using readings = b.node.subscribe("iot/*/celsius", { overflow: "wait" });
  await readings.ready;
  for (const topic of ["iot/hall/lux", "iot/celsius", "iot/a/b/celsius", "iot/hall/celsius"]) {
    await a.node.publish(topic, topic);
  }
  assert.deepEqual((await take(readings, 1)).map(({ payload }) => payload), ["iot/hall/celsius"]);
});

Deno.test("MaculaNode.subscribe() with drop-oldest counts as dead letters what it drops", async () => {
  await using probe = await Probe.start();
  const { node } = probe;
  await using readings = node.subscribe("iot/x", { bound: 2 });
  await readings.ready;
  const sent = 3_000;
  for (let i = 0; i < sent; i++) await node.publish("iot/x", i);
  await node.publish("iot/x", "last");
  await node.flush();
  while ((await node.actors()).some(({ path, queued }) => /topic/.test(path) && queued > 0));
  let got = 0;
  let payload: unknown;
  do {
    payload = (await take(readings, 1))[0]?.payload;
    got++;
  } while (payload !== "last");
  const { deadLetters } = await node.stats();
  assert(got < sent, "nothing was dropped, so nothing was tested");
  assert.equal(deadLetters.byReason.displaced, sent + 1 - got);
});

Deno.test("MaculaNode.subscribe() ends its remote subscription when it is disposed", async () => {
  await using pair = await connected();
  const { a, b } = pair;
  {
    await using readings = b.node.subscribe("iot/x");
    await readings.ready;
    await a.node.publish("iot/x", 1);
    await take(readings, 1);
  }
  await a.node.flush();
  // The withdrawal travels behind what came before it: this call is answered after it.
  await assert.rejects(a.node.call("iot/nothing"), NoSuchProcedureError);
  await using again = b.node.subscribe("iot/y");
  await again.ready;
  const { peers: before } = await a.node.stats();
  await a.node.publish("iot/x", 2);
  await a.node.flush();
  assert.equal((await a.node.stats()).peers.sent, before.sent);
});

Deno.test("MaculaNode.call() reaches a procedure of this node and of another, with its result", async () => {
  await using pair = await connected();
  const { a, b } = pair;
  await using _add = await b.node.serve("lob/add", (x: number, y: number) => x + y);
  assert.equal(await b.node.call("lob/add", [40, 2]), 42);
  assert.equal(await a.node.call("lob/add", [40, 2]), 42);
  const big = new Uint8Array(300_000).map((_, i) => i);
  await using _echo = await b.node.serve("lob/echo", (value: unknown) => value);
  assert.deepEqual(await a.node.call("lob/echo", [big]), big);
  assert.deepEqual(await a.node.call("lob/echo", { one: "argument" }), { one: "argument" });
});

Deno.test("MaculaNode.call() tells apart: nobody serves it, its handler threw, no reply in time", async () => {
  await using pair = await connected();
  const { a, b } = pair;
  await using _bad = await b.node.serve("lob/bad", () => {
    throw new RangeError("out of stock");
  });
  const never = Promise.withResolvers<void>();
  await using _slow = await b.node.serve("lob/slow", () => never.promise);
  await assert.rejects(a.node.call("lob/none"), (error) => {
    return error instanceof NoSuchProcedureError && /lob\/none/.test(error.message);
  });
  await assert.rejects(a.node.call("lob/bad"), (error) => {
    return error instanceof HandlerError && error.message === "out of stock" &&
      error.data.name === "RangeError";
  });
  await assert.rejects(a.node.call("lob/slow", [], { deadlineMs: 30 }), DeadlineError);
  never.resolve();
});

Deno.test("MaculaNode.call() and publish() refuse what is no value or too large at the call", async () => {
  await using probe = await Probe.start({ maxFrameBytes: 8_192 });
  const { node } = probe;
  assert.throws(() => node.publish("iot/x", { at: new Map() }), (error) => {
    return error instanceof ValueError && error.path === "payload.at";
  });
  assert.throws(() => node.publish("iot/x", new Uint8Array(9_000)), /9003 bytes.*maxFrameBytes/);
  assert.throws(() => node.publish("iot/*", 1), /\*/);
  assert.throws(() => node.subscribe("iot/a*b"), /\*/);
  await assert.rejects(node.call("lob/x", [() => {}]), ValueError);
});

Deno.test("MaculaNode.call() rejects with DisconnectedError when the server's node goes away", async () => {
  await using a = await Probe.start();
  const b = await Probe.start({ bootstrap: [a.node.address] });
  await b.node.joined();
  const asked = Promise.withResolvers<void>();
  const never = Promise.withResolvers<void>();
  await b.node.serve("lob/slow", () => {
    asked.resolve();
    return never.promise;
  });
  const call = a.node.call("lob/slow", [], { deadlineMs: 60_000 });
  await asked.promise;
  const stopping = b.node.stop();
  await assert.rejects(call, (error) => {
    // The server may get its refusal out before the connection closes; either is an answer.
    return error instanceof DisconnectedError || (error as ActorError).code === "ended";
  });
  never.resolve();
  await stopping;
});

Deno.test("MaculaNode.actor() tells, sends to and asks an actor that another node exposes", async () => {
  await using pair = await connected();
  const { a, b } = pair;
  await b.node.spawn(counter, { args: [1], placement: "here", name: "counter", expose: "home" });
  const far = a.node.actor<typeof counter>(`macula://${b.node.id}/home/counter`);
  far.tell.add(1);
  await far.send.add(40);
  assert.equal(await far.ask.get(), 42);
  assert.equal(await far.ask.whoCalls(), a.node.id);
  assert(await far.with({ deadlineMs: 2_000 }).ask.remaining() <= 2_000);
});

Deno.test("MaculaNode.actor() reports what goes wrong on the other node as it would here", async () => {
  await using pair = await connected();
  const { a, b } = pair;
  await b.node.spawn(counter, { args: [1], placement: "here", name: "counter", expose: "home" });
  const far = a.node.actor<typeof counter>(`macula://${b.node.id}/home/counter`);
  const untyped = far.ask as unknown as Record<string, () => Promise<unknown>>;
  for (const handler of ["nope", "constructor", "__proto__", "toString"]) {
    await assert.rejects(untyped[handler]!(), (error) => {
      return error instanceof UnknownHandlerError && /add, get, whoCalls/.test(error.message);
    });
  }
  await assert.rejects(far.ask.strange(), ValueError);
  await assert.rejects(far.ask.fail("broken"), (error) => {
    return error instanceof HandlerError && error.message === "broken";
  });
  assert.equal(await far.ask.get(), 1);
  const other = a.node.actor(`macula://${b.node.id}/home/other`);
  await assert.rejects((other.ask as typeof untyped).get!(), NotExposedError);
  const elsewhere = a.node.actor(`macula://${b.node.id}/office/counter`);
  await assert.rejects((elsewhere.ask as typeof untyped).get!(), { code: "not-joined" });
  const unknown = a.node.actor(`macula://b${"a".repeat(52)}/home/counter`);
  await assert.rejects((unknown.ask as typeof untyped).get!(), { code: "not-connected" });
  await assert.rejects((async () => await far.ask.add(new Set() as never))(), ValueError);
});

Deno.test("MaculaNode keeps one connection to a peer when both dial each other", async () => {
  const a = await Probe.start();
  const b = await Probe.start();
  await using _stop = {
    async [Symbol.asyncDispose]() {
      await Promise.all([a.node.stop(), b.node.stop()]);
    },
  };
  await using readings = b.node.subscribe("iot/x", { overflow: "wait" });
  await readings.ready;
  await Promise.all([a.node.connect(b.node.address), b.node.connect(a.node.address)]);
  await a.node.publish("iot/x", 1);
  assert.equal((await take(readings, 1)).length, 1);
  assert.equal((await a.node.peers()).length, 1);
  assert.equal((await b.node.peers()).length, 1);
  assert.deepEqual([...a.crashes, ...b.crashes], []);
});

Deno.test("MaculaNode reconnects to a node that comes back, and is subscribed there again", async () => {
  const data = await Deno.makeTempDir();
  try {
    const first = await Probe.start({ data });
    const { address } = first.node;
    const listen = address.slice(address.indexOf("@") + 1);
    await using b = await Probe.start({ bootstrap: [address] });
    await using readings = b.node.subscribe("iot/x", { overflow: "wait" });
    await readings.ready;
    await b.node.joined();
    await first.event("peer-synced");
    await first.node.publish("iot/x", "before");
    const [before] = await take(readings, 1);
    await first.node.stop();
    await b.event("peer-down");
    await using second = await Probe.start({ data, listen });
    assert.equal(second.node.id, first.node.id);
    await second.event("peer-synced");
    await second.node.publish("iot/x", "after");
    const [after] = await take(readings, 1);
    assert.equal(after?.payload, "after");
    assert(before && after && after.incarnation > before.incarnation);
    assert.equal(after.sequence, 1);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("MaculaNode.start() with an address where nobody answers works alone and keeps dialling", async () => {
  const silent = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  try {
    const { port } = silent.addr as Deno.NetAddr;
    const id = `b${"a".repeat(52)}`;
    await using probe = await Probe.start({ bootstrap: [`macula://${id}@127.0.0.1:${port}`] });
    await using _one = await probe.node.serve("lob/one", () => 1);
    assert.equal(await probe.node.call("lob/one"), 1);
    const failure = await probe.event("dial-failed", ({ failures }) => failures === 2);
    assert(failure.retryMs > 0);
    assert.match(failure.address, new RegExp(`${port}$`));
  } finally {
    silent.close();
  }
});

Deno.test("MaculaNode refuses a peer with another id than the one dialled, and says both", async () => {
  await using a = await Probe.start();
  const other = `b${"a".repeat(52)}`;
  const address = a.node.address.replace(a.node.id, other);
  await using b = await Probe.start({ bootstrap: [address] });
  const failure = await b.event("dial-failed");
  assert.equal(failure.code, "wrong-id");
  assert(failure.message.includes(other) && failure.message.includes(a.node.id));
  assert.equal((await b.node.stats()).transport.refused["wrong-id"], 1);
  assert.deepEqual(await b.node.peers(), []);
});

Deno.test("MaculaNode with `allow` refuses every other peer, and both sides say so", async () => {
  const stranger = `b${"a".repeat(52)}`;
  await using a = await Probe.start({ allow: [stranger] });
  await using b = await Probe.start({ bootstrap: [a.node.address] });
  const failure = await b.event("dial-failed");
  assert.equal(failure.code, "not-allowed");
  const refused = await a.event("refused");
  assert.deepEqual([refused.by, refused.code], ["here", "not-allowed"]);
});

Deno.test("MaculaNode refuses a peer of another network", async () => {
  await using a = await Probe.start({ network: "one" });
  await using b = await Probe.start({ network: "two", bootstrap: [a.node.address] });
  const failure = await b.event("dial-failed");
  assert.equal(failure.code, "wrong-network");
  assert.match(failure.message, /"one"|"two"/);
});

Deno.test("MaculaNode refuses to connect to itself", async () => {
  await using a = await Probe.start();
  await assert.rejects(a.node.connect(a.node.address), { code: "self" });
});

Deno.test("MaculaNode.start() refuses an address beyond loopback unless it is told `open`", async () => {
  await assert.rejects(MaculaNode.start({ listen: "0.0.0.0:0" }), (error) => {
    return error instanceof ConfigError && /--open/.test(error.message);
  });
  await using probe = await Probe.start({ listen: "0.0.0.0:0", open: true });
  assert.match(probe.node.address, /@0\.0\.0\.0:\d+$/);
});

Deno.test("MaculaNode.start() says which port is in use", async () => {
  await using a = await Probe.start();
  const listen = a.node.address.slice(a.node.address.indexOf("@") + 1);
  await assert.rejects(MaculaNode.start({ listen }), (error) => {
    return error instanceof Error && error.message.includes(listen);
  });
});

Deno.test("MaculaNode.spawn() with `expose` wants a name, and frees the name in the realm at the end", async () => {
  await using pair = await connected();
  const { a, b } = pair;
  await assert.rejects(
    b.node.spawn(counter, { args: [1], placement: "here", expose: "home" }),
    TypeError,
  );
  const options = { placement: "here", name: "counter", expose: "home" } as const;
  const first = await b.node.spawn(counter, { ...options, args: [1] });
  const far = a.node.actor<typeof counter>(`macula://${b.node.id}/home/counter`);
  assert.equal(await far.ask.get(), 1);
  await b.node.stopActor(first);
  await assert.rejects(far.ask.get(), NotExposedError);
  await b.node.spawn(counter, { ...options, args: [2] });
  assert.equal(await far.ask.get(), 2);
});

Deno.test("MaculaNode meets the other peers of the node that it connects to", async () => {
  await using hub = await Probe.start();
  await using listener = await Probe.start({ bootstrap: [hub.node.address] });
  await listener.node.joined();
  await using readings = listener.node.subscribe("iot/x", { overflow: "wait" });
  await readings.ready;
  await using _one = await listener.node.serve("lob/one", () => 1);
  await using newcomer = await Probe.start({ bootstrap: [hub.node.address] });
  await newcomer.node.joined();
  await newcomer.node.publish("iot/x", "hello");
  assert.equal((await take(readings, 1))[0]?.publisher, newcomer.node.id);
  assert.equal(await newcomer.node.call("lob/one"), 1);
  assert.equal((await newcomer.node.peers()).length, 2);
  assert.equal((await listener.node.peers()).length, 2);
});

Deno.test("MaculaNode joins although a peer that it is told of refuses it", async () => {
  await using hub = await Probe.start();
  await using picky = await Probe.start({ bootstrap: [hub.node.address], allow: [hub.node.id] });
  await picky.node.joined();
  await using newcomer = await Probe.start({ bootstrap: [hub.node.address] });
  await newcomer.node.joined();
  assert.deepEqual((await newcomer.node.peers()).map(({ peer }) => peer), [hub.node.id]);
  assert.equal((await newcomer.event("refused")).code, "not-allowed");
});

Deno.test("MaculaNode.stop() sends what was published before", async () => {
  await using listener = await Probe.start();
  await using readings = listener.node.subscribe("iot/x", { overflow: "wait" });
  await readings.ready;
  const publisher = await Probe.start({ bootstrap: [listener.node.address] });
  await publisher.node.joined();
  for (let i = 0; i < 500; i++) await publisher.node.publish("iot/x", i);
  await publisher.node.stop();
  const got = await take(readings, 500);
  assert.equal(got.at(-1)?.payload, 499);
});

Deno.test("MaculaNode.connect() rejects when the other id answers, and when the node stops", async () => {
  await using a = await Probe.start();
  const b = await Probe.start();
  const wrong = a.node.address.replace(a.node.id, `b${"a".repeat(52)}`);
  await assert.rejects(b.node.connect(wrong), { code: "wrong-id" });
  const silent = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const { port } = silent.addr as Deno.NetAddr;
  const pending = b.node.connect(`macula://${a.node.id}@127.0.0.1:${port}`);
  const rejected = assert.rejects(pending, { code: "ended" });
  await b.node.stop();
  await rejected;
  silent.close();
});

Deno.test("Subscription.next() ends when its node stops", async () => {
  const probe = await Probe.start();
  const readings = probe.node.subscribe("iot/x");
  await readings.ready;
  const next = readings.next();
  await probe.node.stop();
  assert.equal((await next).done, true);
});

Deno.test("MaculaNode.subscribe() refuses wrong options at the call, and harms nobody else", async () => {
  await using probe = await Probe.start();
  const { node } = probe;
  await using _one = await node.serve("iot/one", () => 1);
  await using wrong = node.subscribe("iot/x", { bound: 0 });
  await assert.rejects(wrong.ready, RangeError);
  assert.equal(await node.call("iot/one"), 1);
  assert.deepEqual(probe.crashes, []);
});

Deno.test("MaculaNode.start() checks options as it checks a file", async () => {
  for (const options of [{ maxFrameBytes: 10 }, { maxFrameBytes: NaN }, { shards: -1 }]) {
    await assert.rejects(MaculaNode.start(options), ConfigError);
  }
});

Deno.test("MaculaNode.serve() disposed twice leaves a later server of the same name alone", async () => {
  await using probe = await Probe.start();
  const first = await probe.node.serve("lob/x", () => "first");
  await first[Symbol.asyncDispose]();
  await using _second = await probe.node.serve("lob/x", () => "second");
  await first[Symbol.asyncDispose]();
  assert.equal(await probe.node.call("lob/x"), "second");
});

Deno.test("A ref to an actor of another node is refused as a value, with the address to send", async () => {
  await using probe = await Probe.start();
  const far = probe.node.actor<typeof counter>(`macula://b${"a".repeat(52)}/home/counter`);
  const local = await probe.node.spawn(counter, { placement: "here", args: [1] });
  assert.throws(() => local.tell.add(far as never), ValueError);
  await assert.rejects(async () => await probe.node.stopActor(far), /send its address/);
  assert.throws(() => far.tell.add(new Uint8Array(2_000_000) as never), RangeError);
});
