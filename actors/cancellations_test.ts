import assert from "node:assert/strict";
import fc from "fast-check";
import { Cancellations } from "./cancellations.ts";
import { Envelope } from "./envelope.ts";
import { ASK, Message } from "./message.ts";

function ask(replyShard: number, correlation: number): Message {
  const envelope = new Envelope(replyShard, correlation, undefined, false, Infinity);
  return new Message(ASK, "x", [], false, undefined, envelope);
}

const command = fc.oneof(
  fc.constant("push" as const),
  fc.constant("take" as const),
  fc.record({ shard: fc.nat(1), correlation: fc.nat(80) }),
);

Deno.test("Cancellations mark exactly the queued asks that were given up, and stay small", () => {
  const commands = fc.array(command, { maxLength: 300, size: "max" });
  fc.assert(fc.property(commands, (steps) => {
    const cancellations = new Cancellations();
    const queue: { message: Message; cancelled: boolean }[] = [];
    let next = 0;
    for (const what of steps) {
      if (what === "push") {
        queue.push({ message: ask(next % 2, next++), cancelled: false });
      } else if (what === "take") {
        const entry = queue.shift();
        if (entry) assert.equal(cancellations.take(entry.message), entry.cancelled);
      } else if (what.correlation < next) { // a cancel follows its ask
        const messages = queue.map((entry) => entry.message);
        cancellations.add(what.shard, what.correlation, messages, messages.length);
        for (const entry of queue) {
          const { replyShard, correlation } = entry.message.envelope;
          if (replyShard === what.shard && correlation === what.correlation) entry.cancelled = true;
        }
      }
      assert(cancellations.size <= 2 * next + 16);
    }
  }));
});

Deno.test("Cancellations forget cancels that crossed their reply", () => {
  const cancellations = new Cancellations();
  for (let i = 0; i < 10_000; i++) cancellations.add(0, i, [], 0);
  assert(cancellations.size <= 17);
});
