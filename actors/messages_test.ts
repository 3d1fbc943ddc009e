import assert from "node:assert/strict";
import { type Item, ValueError } from "../values/mod.ts";
import { EndedError, type Ref, refKey, sameRef, SpawnError, UnknownHandlerError } from "./mod.ts";
import badHandlers from "./testing/bad_handlers.ts";
import { guarantee } from "./testing/conformance.ts";
import inherits from "./testing/inherits.ts";

guarantee("an actor handles one message at a time, across await too", async (s) => {
  const [probe, gate] = [await s.probe(), await s.gate()];
  for (const word of ["a", "b", "c"]) probe.tell.hold(gate, word);
  await gate.ask.arrived(1);
  gate.tell.open();
  assert.deepEqual(await probe.ask.log(), ["in a", "out a", "in b", "out b", "in c", "out c"]);
});

guarantee("messages of one sender arrive in the order sent, however they were sent", async (s) => {
  const probe = await s.probe();
  const expected: string[] = [];
  const settled: Promise<unknown>[] = [];
  for (let i = 0; i < 3_000; i++) {
    expected.push(`${i}`);
    if (i % 3 === 0) probe.tell.note(`${i}`);
    else settled.push(i % 3 === 1 ? probe.send.note(`${i}`) : probe.ask.note(`${i}`));
  }
  await Promise.all(settled);
  assert.deepEqual(await probe.ask.log(), expected);
});

guarantee("messages of one actor to another arrive in the order sent", async (s) => {
  const [a, b, sink] = [await s.probe(), await s.probe(), await s.probe()];
  a.tell.tellNotes(sink, "a", 2_000);
  b.tell.tellNotes(sink, "b", 2_000);
  await Promise.all([a.ask.nothing(), b.ask.nothing()]);
  const log = await sink.ask.log();
  assert.equal(log.length, 4_000);
  for (const word of ["a", "b"]) {
    const of = log.filter((line) => line.startsWith(word));
    assert.deepEqual(of, Array.from({ length: 2_000 }, (_, i) => `${word} ${i}`));
  }
});

guarantee("tell never throws for what becomes of the message", async (s) => {
  const [probe, ended] = [await s.probe(), await s.probe()];
  await s.system.stopActor(ended);
  const unknown = probe as unknown as Ref<{ unheardOf(): void }>;
  assert.equal(ended.tell.note("x"), undefined);
  assert.equal(unknown.tell.unheardOf(), undefined);
  assert.equal(probe.tell.throwRange("x"), undefined);
  await probe.ask.nothing();
  assert.equal(await s.dead("no-such-actor"), 1);
  assert.equal(await s.dead("unknown-handler"), 1);
  assert.equal(await s.dead("failed"), 1);
});

guarantee("send settles when the message is in the mailbox, before it is handled", async (s) => {
  const [probe, gate] = [await s.probe(), await s.gate()];
  probe.tell.hold(gate, "a");
  await gate.ask.arrived(1);
  assert.equal(await probe.send.note("queued"), undefined);
  gate.tell.open();
  assert.deepEqual(await probe.ask.log(), ["in a", "out a", "queued"]);
});

guarantee("send to an actor that has ended rejects", async (s) => {
  const probe = await s.probe();
  await s.system.stopActor(probe);
  await assert.rejects(probe.send.note("x"), EndedError);
});

guarantee("a value outside of the domain is the caller's error at the call", async (s) => {
  const probe = await s.probe();
  const bad = { deep: [1, new Map()] } as never;
  const atPath = { name: "ValueError", path: "args[0].deep[1]", found: "a Map" };
  assert.throws(() => probe.tell.echo(bad), atPath);
  await assert.rejects(probe.send.echo(bad), atPath);
  await assert.rejects(probe.ask.echo(bad), atPath);
  assert.throws(() => probe.tell.note((() => {}) as never), ValueError);
  assert.deepEqual(await probe.ask.log(), [], "nothing of it has arrived");
});

guarantee("every kind of value arrives as it was sent, and comes back so", async (s) => {
  const probe = await s.probe();
  const values: Item[] = [
    ...[null, true, 0, -0, 1.5, NaN, Infinity, 2 ** 53, 12n ** 40n, "", "grüße 🐟"],
    ...[new Uint8Array([1, 2, 3]), new Uint8Array(), new Date(7), [], [[null]], {}],
    { a: [{ b: 1 }], "weird key": "", constructor: 1, toString: 2 },
  ];
  for (const value of values) assert.deepEqual(await probe.ask.echo(value), value);
  assert.deepEqual(await probe.ask.echo(values), values);
  assert.equal(await probe.ask.nothing(), undefined);
});

guarantee("a message is a copy: nobody sees what the other does with it", async (s) => {
  const probe = await s.probe();
  const sent = { list: [1], bytes: new Uint8Array([1]) };
  const echoed = probe.ask.echo(sent);
  sent.list.push(2);
  sent.bytes[0] = 9;
  assert.deepEqual(await echoed, { list: [1], bytes: new Uint8Array([1]) });
  probe.tell.note("a");
  (await probe.ask.log()).push("of my own");
  assert.deepEqual(await probe.ask.log(), ["a"]);
});

guarantee("large byte arrays arrive intact, and the sender keeps its own", async (s) => {
  const probe = await s.probe();
  const bytes = new Uint8Array(500_000).map((_, i) => i * 7);
  const part = bytes.subarray(50_000, 100_000);
  const [whole, echoed] = await Promise.all([probe.ask.echo(bytes), probe.ask.echo(part)]);
  assert.deepEqual(whole, bytes);
  assert.deepEqual(echoed, part.slice());
  assert.equal(bytes.length, 500_000, "not taken away");
  assert.deepEqual(await probe.ask.echo([bytes, { bytes }]), [bytes, { bytes }]);
});

guarantee("refs in messages and in replies are refs", async (s) => {
  const [probe, other] = [await s.probe(), await s.probe()];
  const { one, same } = await probe.ask.refs(other, { by: { name: probe } });
  assert(sameRef(one, other));
  assert(sameRef(same[0]!, probe));
  assert(!sameRef(one, same[0]!));
  assert.equal(refKey(one), refKey(other));
  (one as typeof other).tell.note("through a ref that came back");
  await probe.ask.relayNote(other, "through a ref that was sent");
  assert.deepEqual((await other.ask.log()).sort(), [
    "through a ref that came back",
    "through a ref that was sent",
  ]);
});

guarantee("ctx.message says who sent what", async (s) => {
  const [probe, other] = [await s.probe(), await s.probe()];
  assert.deepEqual(await probe.with({ caller: "a node's id" }).ask.message(), {
    ...{ handler: "message", sender: null, caller: "a node's id", forever: false },
  });
  const { sender } = await probe.ask.relayMessage(other) as { sender: typeof probe };
  assert(sameRef(sender, probe));
});

const NO_HANDLERS = ["unheardOf", "constructor", "__proto__", "toString", "hasOwnProperty", ""];

guarantee("only handlers can be called, and the error lists them", async (s) => {
  const probe = await s.system.spawn(inherits, s.place);
  const any = probe as unknown as Ref<Record<string, () => void>>;
  for (const name of [...NO_HANDLERS, "inherited"]) {
    await assert.rejects(any.ask[name]!(), (error) => {
      assert(error instanceof UnknownHandlerError, String(error));
      assert.match(error.message, /inherits has no handler ".*": it has own/);
      assert.deepEqual(error.data, { handler: name, handlers: ["own"] });
      return true;
    });
  }
  assert.equal(await any.ask.own!(), "own");
  assert.equal(any.ask.then, undefined, "a lane that is awaited by mistake is no promise");
  assert.equal(await s.dead("unknown-handler"), NO_HANDLERS.length + 1);
});

guarantee("an actor whose handlers cannot be called does not start", async (s) => {
  const start = (what: string) => s.system.spawn(badHandlers, { args: [what], ...s.place });
  await assert.rejects(start("then"), { name: "SpawnError", message: /has a handler "then"/ });
  await assert.rejects(start("constructor"), /has a handler "constructor": choose another name/);
  await assert.rejects(start("__proto__"), /has a handler "__proto__"/);
  await assert.rejects(start("state"), /"count" of bad_handlers is number: handlers are functions/);
  await assert.rejects(start("null"), SpawnError);
  assert.equal(await s.actors(), 6 + s.shard, "the system's own");
});

for (const handler of ["pingPong", "pingPongLater"] as const) {
  guarantee(`actors that never rest (${handler}) starve neither timers nor others`, async (s) => {
    const [a, b, other] = [await s.probe(), await s.probe(), await s.probe()];
    a.tell[handler](b as never);
    await other.ask.after(1, "fired");
    while ((await other.ask.log()).length === 0) await other.ask.nothing();
    assert.equal(await a.ask.gaveUp(), false);
  });
}
