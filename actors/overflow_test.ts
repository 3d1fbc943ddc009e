import assert from "node:assert/strict";
import { EndedError, MailboxFullError, type MailboxOptions, type Ref } from "./mod.ts";
import { settle } from "./testing.ts";
import { guarantee, type Setting } from "./testing/conformance.ts";
import type { Gate } from "./testing/gate.ts";
import type { Probe } from "./testing/probe.ts";

/** A probe that is busy until the gate opens, with a mailbox of two that is full of `1` and `2`. */
async function busy(s: Setting, mailbox: MailboxOptions): Promise<[Ref<Probe>, Ref<Gate>]> {
  const options = { mailbox: { bound: 2, ...mailbox }, shutdownMs: 50 };
  const [probe, gate] = [await s.probe(options), await s.gate()];
  probe.tell.hold(gate, "a");
  await gate.ask.arrived(1);
  await probe.send.note("1");
  await probe.send.note("2");
  return [probe, gate];
}

const full = (error: unknown) => {
  assert(error instanceof MailboxFullError);
  assert.match(error.message, /the mailbox of probe is full \(2 messages\): send more slowly/);
  assert.deepEqual(error.data, { bound: 2 });
  return true;
};

guarantee("a full mailbox with reject refuses, and tells who waits", async (s) => {
  const [probe, gate] = await busy(s, { overflow: "reject" });
  probe.tell.note("3");
  await assert.rejects(probe.send.note("4"), full);
  await assert.rejects(probe.ask.note("5"), full);
  gate.tell.open();
  await s.system.lookup("nobody");
  const log = await eventually(() => probe.ask.log());
  assert.deepEqual(log, ["in a", "out a", "1", "2"]);
  assert.equal(await s.dead("mailbox-full"), 3 + log.refused);
});

guarantee("a full mailbox with drop-oldest lets the oldest go, and tells who waits", async (s) => {
  const [probe, gate] = await busy(s, { overflow: "drop-oldest" });
  const displaced = assert.rejects(probe.ask.note("3"), full);
  probe.tell.note("4");
  await probe.send.note("5");
  await displaced;
  const log = probe.ask.log(); // displaces 4
  await gate.send.open();
  assert.deepEqual(await log, ["in a", "out a", "5"]);
  assert.equal(await s.dead("displaced"), 4, "1, 2, 3 and 4");
});

guarantee("a full mailbox with drop-newest lets the new one go, and tells an asker", async (s) => {
  const [probe, gate] = await busy(s, { overflow: "drop-newest" });
  probe.tell.note("3");
  assert.equal(await probe.send.note("4"), undefined, "a send settles all the same");
  await assert.rejects(probe.ask.note("5"), full);
  assert.equal(await s.dead("mailbox-full"), 3);
  gate.tell.open();
  const log = await eventually(() => probe.ask.log());
  assert.deepEqual(log, ["in a", "out a", "1", "2"]);
});

guarantee("a full mailbox with wait holds a send until there is room", async (s) => {
  const [probe, gate] = await busy(s, { overflow: "wait" });
  const order: string[] = [];
  const sent = probe.send.note("3").then(() => order.push("sent"));
  const log = probe.ask.log();
  await assert.rejects(probe.send.note("no room to wait"), full);
  probe.tell.note("a tell cannot wait");
  await settle();
  assert.deepEqual(order, [], "it waits");
  gate.tell.open();
  await sent;
  assert.deepEqual(await log, ["in a", "out a", "1", "2", "3"]);
  assert.equal(await s.dead("mailbox-full"), 2);
});

guarantee("a send that waits for room is rejected when its target ends", async (s) => {
  const [probe] = await busy(s, { overflow: "wait" });
  const sent = assert.rejects(probe.send.note("3"), EndedError);
  const asked = assert.rejects(probe.ask.note("4"), EndedError);
  await settle();
  const stopped = s.system.stopActor(probe);
  await settle();
  s.clock.advance(50);
  await Promise.all([stopped, sent, asked]);
  assert.equal(await s.dead("ended"), 5, "the one being handled, two inside, two outside");
}, { fakeTime: true });

guarantee("a mailbox has a bound unless its spawn says otherwise", async (s) => {
  const [probe, gate] = [await s.probe(), await s.gate()];
  probe.tell.hold(gate, "a");
  await gate.ask.arrived(1);
  for (let i = 0; i < 65_536; i++) probe.tell.nothing();
  await assert.rejects(probe.ask.nothing(), { name: "MailboxFullError", data: { bound: 65_536 } });
  gate.tell.open();
});

/** Asks again while the mailbox is full; counts the refusals. */
async function eventually<T extends object>(
  ask: () => Promise<T>,
): Promise<T & { refused: number }> {
  for (let refused = 0;; refused++) {
    try {
      const reply = await ask();
      Object.defineProperty(reply, "refused", { value: refused });
      return reply as T & { refused: number };
    } catch (error) {
      if (!(error instanceof MailboxFullError)) throw error;
      await settle(1); // lets the actor have its turns
    }
  }
}
