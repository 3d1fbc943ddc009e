import assert from "node:assert/strict";
import fc from "fast-check";
import { TRANSFER_THRESHOLD_BYTES } from "./constants.ts";
import type { ExitKind } from "./exit_reason.ts";
import { Link, type LinkReceiver } from "./link.ts";
import { STRICT } from "./testing/conformance.ts";
import { Envelope, PLAIN } from "./envelope.ts";
import { ASK, type Kind, Message, SEND, STREAM, TELL } from "./message.ts";

const RUN = 77;

/** A receiver that writes down what arrives. */
class Receiver implements LinkReceiver {
  readonly shard = 2;
  readonly run = RUN;
  readonly got: unknown[] = [];
  #waiting: { readonly count: number; readonly resolve: () => void } | undefined;

  now = () => 1_000;
  deliver = (slot: number, message: Message) => this.#take({ slot, message });
  replied = (correlation: number, value: unknown) => this.#take({ replied: correlation, value });
  failed = (correlation: number, error: unknown) => this.#take({ failed: correlation, error });
  cancelled = (...cancelled: number[]) => this.#take({ cancelled });
  signalled = (slot: number, signal: unknown) => this.#take({ slot, signal });
  itemArrived = (item: number, value: unknown) => this.#take({ item, value });
  streamEndArrived = (streamEnd: number) => this.#take({ streamEnd });
  granted = (...granted: number[]) => this.#take({ granted });
  down = (id: number, kind: string, message: string) => this.#take({ id, kind, message });

  /** Settles when `count` things have arrived. */
  arrived(count: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.got.length >= count) resolve();
      else this.#waiting = { count, resolve };
    });
  }

  #take(what: unknown): void {
    this.got.push(what);
    if (this.#waiting && this.got.length >= this.#waiting.count) this.#waiting.resolve();
  }
}

/** Two ends of a link; `armed` counts how often the sender asked to be flushed. */
function join(): { link: Link; receiver: Receiver; armed: () => number } & Disposable {
  const { port1, port2 } = new MessageChannel();
  const receiver = new Receiver();
  let armed = 0;
  const link = new Link(2, port1, new Receiver(), () => armed++);
  const far = new Link(1, port2, receiver, () => {});
  return {
    ...{ link, receiver, armed: () => armed },
    [Symbol.dispose]() {
      link.close();
      far.close();
    },
  };
}

/** Records as programs make them, with a prototype. */
function plain<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record<T>(model, { noNullPrototype: true });
}

const id = fc.nat();
const value = fc.oneof(fc.string(), fc.double(), fc.constant(null), fc.uint8Array());
const told = plain({
  handler: fc.string(),
  args: fc.array(value, { maxLength: 4 }),
  refs: fc.boolean(),
  sender: fc.option(plain({ run: fc.constant(RUN), shard: id, slot: id }), { nil: undefined }),
});
const envelope = plain({
  kind: fc.constantFrom<Kind>(TELL, SEND, ASK, STREAM),
  caller: fc.option(fc.string(), { nil: undefined }),
  replyShard: id,
  correlation: id,
  urgent: fc.boolean(),
  credit: id,
  bytes: id,
  remainingMs: fc.oneof(fc.constant(Infinity), fc.nat()),
});
const record = fc.oneof(
  plain({ slot: id, told, envelope: fc.option(envelope) }),
  plain({ replied: id, value }),
  plain({ failed: id, error: plain({ code: fc.string(), message: fc.string() }) }),
  plain({ cancelled: fc.tuple(id, id, id) }),
  plain({ slot: id, signal: fc.constant({ type: "kill" as const, keep: true }) }),
  plain({ id, kind: fc.constantFrom<ExitKind>("normal", "killed"), message: fc.string() }),
  plain({ item: id, value }),
  plain({ streamEnd: id }),
  plain({ granted: fc.tuple(id, id, id, id) }),
);

Deno.test("Link brings every record over as it was, in order, in one post", STRICT, async () => {
  await fc.assert(fc.asyncProperty(fc.array(record, { minLength: 1 }), async (records) => {
    using ends = join();
    const { link, receiver } = ends;
    const expected: unknown[] = [];
    for (const what of records) {
      if ("replied" in what) link.reply(what.replied, what.value);
      else if ("failed" in what) link.fail(what.failed, { ...what.error, data: {} });
      else if ("cancelled" in what) link.cancel(...what.cancelled);
      else if ("signal" in what) link.signal(what.slot, what.signal);
      else if ("id" in what) link.down(what.id, what.kind, what.message);
      else if ("item" in what) link.item(what.item, what.value);
      else if ("streamEnd" in what) link.streamEnd(what.streamEnd);
      else if ("granted" in what) link.more(...what.granted);
      else {
        const { slot, told: { handler, args, refs, sender }, envelope } = what;
        const of = (deadline: number) => {
          if (!envelope) return new Message(TELL, handler, args, refs, sender, PLAIN);
          const { kind, caller, replyShard, correlation, urgent, credit, bytes } = envelope;
          const whole = new Envelope(
            ...[replyShard, correlation, caller, urgent, deadline, credit, bytes] as const,
          );
          return new Message(kind, handler, args, refs, sender, whole);
        };
        const remainingMs = envelope?.remainingMs ?? Infinity;
        link.message(slot, of(7), remainingMs);
        expected.push({ slot, message: of(1_000 + remainingMs) });
        continue;
      }
      expected.push("failed" in what ? { ...what, error: { ...what.error, data: {} } } : what);
    }
    assert.equal(ends.armed(), 1, "asked once to be flushed");
    link.flush();
    await receiver.arrived(expected.length);
    assert.deepEqual(receiver.got, expected);
  }));
});

Deno.test("Link moves large byte arrays, and copies small ones", STRICT, async () => {
  using ends = join();
  const { link, receiver } = ends;
  const large = new Uint8Array(TRANSFER_THRESHOLD_BYTES).fill(7);
  const small = new Uint8Array(TRANSFER_THRESHOLD_BYTES - 1).fill(7);
  link.reply(1, large);
  link.reply(2, small);
  link.flush();
  assert.equal(large.byteLength, 0, "moved");
  assert.equal(small.byteLength, TRANSFER_THRESHOLD_BYTES - 1, "copied");
  await receiver.arrived(2);
  assert.deepEqual(receiver.got, [
    { replied: 1, value: new Uint8Array(TRANSFER_THRESHOLD_BYTES).fill(7) },
    { replied: 2, value: small },
  ]);
});

Deno.test("Link.flush() with nothing gathered posts nothing", STRICT, async () => {
  using ends = join();
  ends.link.flush();
  ends.link.reply(1, "first");
  ends.link.flush();
  ends.link.flush();
  await ends.receiver.arrived(1);
  assert.deepEqual(ends.receiver.got, [{ replied: 1, value: "first" }]);
});
