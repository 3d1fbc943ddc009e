import assert from "node:assert/strict";
import fc from "fast-check";
import type { Item } from "../values/mod.ts";
import type { SpawnOptions } from "./mod.ts";
import { settle } from "./testing.ts";
import { guarantee, type Setting, UNBOXED } from "./testing/conformance.ts";
import fountain from "./testing/fountain.ts";
import keepsake from "./testing/keepsake.ts";
import { ruin } from "./testing/ruin.ts";

function keepsakeOf(s: Setting, options: Partial<SpawnOptions<[Item?]>> = {}) {
  return s.system.spawn(keepsake, { args: [], ...s.placed(options) });
}

/** One of every kind that can be changed, small and large, and one in another. */
function sample(): Item {
  const bytes = new Uint8Array(64);
  return {
    words: ["a", { b: ["c"] }],
    at: new Date(86_400_000),
    bytes: Uint8Array.of(1, 2, 3),
    part: bytes.fill(7).subarray(8, 24),
    large: new Uint8Array(40_000).fill(5),
    nested: { deep: [{ deeper: { dates: [new Date(5)], bytes: [Uint8Array.of(9)] } }] },
    empty: { list: [], record: {} },
  };
}

guarantee(
  "a receiver sees nothing of what its sender changes later, however it was sent",
  async (s) => {
    const ref = await keepsakeOf(s);
    const ways: { readonly [way: string]: (value: Item) => Promise<unknown> } = {
      async tell(value) {
        await Promise.resolve(ref.tell.hold(value));
      },
      send: (value) => ref.send.hold(value),
      ask: (value) => ref.ask.hold(value),
      "tell with priority": async (value) => {
        await Promise.resolve(ref.with({ priority: true }).tell.hold(value));
      },
    };
    for (const [way, send] of Object.entries(ways)) {
      const value = sample();
      const sent = send(value);
      ruin(value);
      await sent;
      assert.deepEqual(await ref.ask.held(), sample(), way);
    }
  },
);

guarantee("arguments of a spawn are its actor's own, in each incarnation", async (s) => {
  const value = sample();
  const starting = keepsakeOf(s, { args: [value] });
  ruin(value);
  const ref = await starting;
  assert.deepEqual(await ref.ask.held(), sample());
});

guarantee("an actor that changes what it was told changes nobody else's", async (s) => {
  const [one, other] = [await keepsakeOf(s), await keepsakeOf(s)];
  const value = sample();
  await one.ask.hold(value);
  await other.ask.hold(value);
  await one.ask.ruin();
  assert.deepEqual(value, sample());
  assert.deepEqual(await other.ask.held(), sample());
  assert.notDeepEqual(await one.ask.held(), sample());
});

guarantee("a reply is a copy, for who gives it and for who gets it", async (s) => {
  const ref = await keepsakeOf(s);
  await ref.ask.hold(sample());
  const reply = await ref.ask.held();
  ruin(reply);
  assert.deepEqual(await ref.ask.held(), sample());
  assert.deepEqual(await ref.ask.ruinAfterReply(), sample());
  await ref.ask.hold(sample());
  const deferred = ref.ask.defer() as Promise<unknown>;
  await ref.ask.settle();
  assert.deepEqual(await deferred, sample());
});

guarantee("an item of a stream is a copy", async (s) => {
  const ref = await keepsakeOf(s);
  await ref.ask.hold(sample());
  const items: unknown[] = [];
  for await (const item of ref.stream.stream()) items.push(item);
  assert.deepEqual(items[0], sample());
  assert.notDeepEqual(items[1], sample());
});

guarantee("what an actor passes on, in any way, is nobody else's", async (s) => {
  const [ref, ...others] = [
    await keepsakeOf(s),
    await keepsakeOf(s),
    await keepsakeOf(s, { placement: "here" }),
    await keepsakeOf(s),
  ] as const;
  await ref.ask.hold(sample());
  await ref.ask.passOn(...others);
  for (const other of others) assert.deepEqual(await other.ask.held(), sample());
});

guarantee("what an actor tells itself later, or starts a child with, is a copy", async (s) => {
  const ref = await keepsakeOf(s);
  await ref.ask.hold(sample());
  await ref.ask.holdLater();
  let held = await ref.ask.held();
  while (held.ruined) held = await ref.ask.held();
  assert.deepEqual(held, sample());
  for (const placement of ["here", "shard"] as const) {
    await ref.ask.hold(sample());
    assert.deepEqual(await ref.ask.holdInChild(placement), sample());
  }
}, { userShards: 1, placements: UNBOXED });

guarantee("bytes that are handed over are the receiver's alone", async (s) => {
  const ref = await keepsakeOf(s);
  const bytes = new Uint8Array(40_000).fill(3);
  const { buffer } = bytes;
  ref.with({ transfer: [buffer] }).tell.hold({ bytes, also: [1] });
  assert.equal(bytes.byteLength, 0, "the sender has nothing left to change");
  assert.equal(buffer.detached, true);
  const held = await ref.ask.held();
  assert.deepEqual(held, { bytes: new Uint8Array(40_000).fill(3), also: [1] });
  const small = Uint8Array.of(1, 2, 3);
  await ref.with({ transfer: [small.buffer] }).ask.hold(small);
  assert.equal(small.buffer.detached, true);
  assert.deepEqual(await ref.ask.held(), Uint8Array.of(1, 2, 3));
});

guarantee(
  "bytes that were handed over already, or are in a message twice, are refused",
  async (s) => {
    const ref = await keepsakeOf(s);
    const bytes = Uint8Array.of(1, 2, 3);
    const giving = ref.with({ transfer: [bytes.buffer] });
    assert.throws(() => giving.tell.hold([bytes, bytes.subarray(1)]), { name: "ValueError" });
    assert.throws(() => giving.tell.hold(bytes), { name: "ValueError" });
    assert.equal(await ref.ask.held(), null, "nothing of it has arrived");
  },
);

guarantee("bytes that are not handed over stay the sender's, shared memory too", async (s) => {
  const ref = await keepsakeOf(s);
  const [given, kept] = [Uint8Array.of(1), Uint8Array.of(2)];
  ref.with({ transfer: [given.buffer] }).tell.hold({ given, kept });
  assert.deepEqual([given.byteLength, kept.byteLength], [0, 1]);
  kept.fill(9);
  assert.deepEqual(await ref.ask.held(), { given: Uint8Array.of(1), kept: Uint8Array.of(2) });
  const shared = new Uint8Array(new SharedArrayBuffer(3)).fill(4);
  ref.with({ transfer: [shared.buffer] }).tell.hold(shared);
  shared.fill(9);
  const held = await ref.ask.held();
  assert.deepEqual(held, Uint8Array.of(4, 4, 4));
  assert(held.buffer instanceof ArrayBuffer);
});

guarantee("a generator that yields one array again and again yields copies", async (s) => {
  const ref = await s.system.spawn(fountain, s.place);
  const seen: number[] = [];
  for await (const bytes of ref.stream.sameBytes(20)) {
    seen.push(bytes[0]!);
    await settle(1);
  }
  assert.deepEqual(seen, Array.from({ length: 20 }, (_, i) => i));
});

const values: fc.Arbitrary<Item> = fc.letrec<{ item: Item }>((tie) => ({
  item: fc.oneof(
    { depthSize: "medium" },
    fc.constantFrom<Item>(null, true, 7, "word", 2n ** 70n),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie("item"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom("a", "b", "c", "toString"), tie("item"), {
      noNullPrototype: true,
    }),
  ),
})).item;

guarantee("whatever is sent, and whatever of it changes, each has its own", async (s) => {
  const [one, other] = [await keepsakeOf(s), await keepsakeOf(s)];
  const choices = fc.infiniteStream(fc.boolean());
  await fc.assert(
    fc.asyncProperty(values, choices, choices, async (value, first, second) => {
      const before = structuredClone(value);
      const chosen = (stream: fc.Stream<boolean>) => () => stream.next().value as boolean;
      one.tell.hold(value);
      const sent = other.send.hold(value);
      ruin(value, chosen(first));
      await sent;
      const reply = await one.ask.held();
      assert.deepEqual(reply, before);
      ruin(reply, chosen(second));
      assert.deepEqual(await one.ask.held(), before);
      await one.ask.ruin();
      assert.deepEqual(await other.ask.held(), before);
    }),
    { numRuns: s.placement === "here" ? 300 : 50 },
  );
});
