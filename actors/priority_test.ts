import assert from "node:assert/strict";
import { EndedError, MailboxFullError } from "./mod.ts";
import { guarantee, type Setting } from "./testing/conformance.ts";
import { settle } from "./testing.ts";

/** A probe that a gate holds, so that what is sent to it queues. */
async function held(s: Setting, bound = 100, overflow: "reject" | "drop-oldest" = "reject") {
  const [probe, gate] = [await s.probe({ mailbox: { bound, overflow } }), await s.gate()];
  const hold = probe.ask.hold(gate, "x");
  await gate.ask.arrived(1);
  /** Opens the gate, and waits until all that is queued has been handled. */
  const open = async () => {
    gate.tell.open();
    await hold;
    await settle();
    return (await probe.ask.log()).slice(2);
  };
  return { probe, gate, open, urgent: probe.with({ priority: true }) };
}

guarantee("messages with priority go before those without, in order, however sent", async (s) => {
  const { probe, open, urgent } = await held(s);
  probe.tell.note("a");
  const asked = probe.ask.note("b");
  urgent.tell.note("urgent 1");
  await urgent.send.note("urgent 2");
  const urgentAsk = urgent.ask.note("urgent 3");
  urgent.tell.note("urgent 4");
  assert.deepEqual(await open(), [
    ...["urgent 1", "urgent 2", "urgent 3", "urgent 4", "a", "b"],
  ]);
  await Promise.all([asked, urgentAsk]);
});

guarantee("a message with priority does not interrupt the one in hand", async (s) => {
  const { probe, gate, urgent } = await held(s);
  urgent.tell.note("urgent");
  gate.tell.open();
  assert.deepEqual(await probe.ask.log(), ["in x", "out x", "urgent"]);
});

guarantee("messages with priority count towards the bound of the mailbox", async (s) => {
  const { probe, open, urgent } = await held(s, 2);
  await probe.send.note("a");
  await urgent.send.note("urgent");
  await assert.rejects(urgent.send.note("one more"), MailboxFullError);
  await assert.rejects(probe.send.note("one more"), MailboxFullError);
  assert.deepEqual(await open(), ["urgent", "a"]);
});

guarantee("a full mailbox with drop-oldest lets go of what has no priority first", async (s) => {
  const { probe, open, urgent } = await held(s, 3, "drop-oldest");
  await urgent.send.note("urgent 1");
  await probe.send.note("a");
  await urgent.send.note("urgent 2");
  await urgent.send.note("urgent 3"); // "a" goes
  await urgent.send.note("urgent 4"); // the oldest goes
  await probe.send.note("b"); // all that is in there goes before it
  assert.deepEqual(await open(), ["urgent 2", "urgent 3", "urgent 4"]);
  assert.equal(await s.dead("displaced"), 2);
  assert.equal(await s.dead("mailbox-full"), 1);
});

guarantee("a stop goes before messages with priority", async (s) => {
  const { probe, gate, urgent } = await held(s);
  const asked = assert.rejects(urgent.ask.note("urgent"), EndedError);
  const stopped = s.system.stopActor(probe);
  gate.tell.open();
  await Promise.all([stopped, asked]);
  assert.equal(await s.dead("ended"), 1);
});

guarantee("messages with priority keep their place over a restart", async (s) => {
  const { probe, gate, urgent } = await held(s);
  probe.tell.note("a");
  urgent.tell.throwRange("x");
  urgent.tell.note("urgent");
  gate.tell.open();
  assert.deepEqual(await probe.ask.log(), ["urgent", "a"]);
});
