import assert from "node:assert/strict";
import fc from "fast-check";
import { createIdentity } from "../security/mod.ts";
import { LEASE_MS, PROVIDER_VALIDITY_MS } from "./constants.ts";
import { compareDistance, keyBytes, keyText, providerKey } from "./key.ts";
import { immutableRecord, mutableRecord, providerRecord, readRecord } from "./record.ts";
import { RecordStore } from "./record_store.ts";

const NOW = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;
const self = keyText(new Uint8Array(32));
const from = keyText(new Uint8Array(32).fill(1));
const ada = createIdentity();
const bytes = (text: string) => new TextEncoder().encode(text);

function record(sequence: number, text = "value", validUntil = NOW + 30 * DAY, name = "key") {
  return mutableRecord(ada, { name, sequence, value: bytes(text), validUntil });
}
const key = readRecord(record(1)).key;

function provider(by = createIdentity(), sequence = 1, withdrawn = false, now = NOW) {
  const validUntil = now + PROVIDER_VALIDITY_MS;
  return providerRecord(by, { name: "proc", sequence, addresses: [], withdrawn, validUntil });
}

Deno.test("RecordStore.put() keeps the highest sequence and refuses a lower one as stale", () => {
  const store = new RecordStore(self);
  store.put(record(2), NOW, from);
  assert.throws(() => store.put(record(1), NOW, from), { code: "stale" });
  store.put(record(5), NOW, from);
  assert.deepEqual(store.get(key, NOW)?.bytes, record(5));
  assert.equal(store.records, 1);
});

Deno.test("RecordStore.put() refuses a second record of one sequence, and keeps the first", () => {
  const store = new RecordStore(self);
  store.put(record(1, "one"), NOW, from);
  assert.throws(() => store.put(record(1, "two"), NOW, from), { code: "equivocation" });
  assert.deepEqual(store.get(key, NOW)?.bytes, record(1, "one"));
  store.put(record(1, "one"), NOW, from);
});

Deno.test("RecordStore.put() with `expected` refuses when it knows a higher sequence", () => {
  const store = new RecordStore(self);
  store.put(record(3), NOW, from, 0);
  assert.throws(() => store.put(record(9), NOW, from, 2), {
    code: "conflict",
    data: { sequence: 3 },
  });
  store.put(record(4), NOW, from, 3);
  store.put(record(9), NOW, from, 8); // this holder was behind
  assert.equal(store.sequenceOf(key), 9);
});

Deno.test("RecordStore.put() checks what it is given", () => {
  const store = new RecordStore(self);
  const bad = record(1);
  bad[bad.length - 1] = (bad[bad.length - 1] ?? 0) ^ 1;
  assert.throws(() => store.put(bad, NOW, from), { code: "bad-signature" });
  assert.throws(() => store.put(record(1), NOW + 31 * DAY, from), { code: "expired" });
  assert.equal(store.records + store.marks, 0);
});

Deno.test("RecordStore lets a record go after its lease, and keeps its mark", () => {
  const store = new RecordStore(self);
  store.put(record(2), NOW, from);
  assert.equal(store.get(key, NOW + LEASE_MS), null);
  assert.equal(store.sweep(NOW + LEASE_MS), 1);
  assert.deepEqual([store.records, store.marks], [0, 1]);
  assert.throws(() => store.put(record(1), NOW + LEASE_MS, from), { code: "stale" });
  assert.throws(() => store.put(record(2, "x"), NOW + LEASE_MS, from), { code: "equivocation" });
  store.put(record(2), NOW + LEASE_MS, from);
  assert.deepEqual([store.records, store.marks], [1, 0]);
});

Deno.test("RecordStore forgets a mark when all that it superseded has expired", () => {
  const store = new RecordStore(self);
  store.put(record(1), NOW, from);
  store.put(record(2, "short", NOW + DAY), NOW, from);
  store.sweep(NOW + DAY);
  assert.equal(store.marks, 1, "sequence 1 could still come back");
  store.sweep(NOW + 30 * DAY);
  assert.equal(store.marks, 0);
});

Deno.test("RecordStore renews a lease when the same bytes come again", () => {
  const store = new RecordStore(self);
  store.put(record(1), NOW, from);
  store.put(record(1), NOW + LEASE_MS - 1, from);
  assert(store.get(key, NOW + LEASE_MS));
});

Deno.test("RecordStore.providersOf() gives one record for each provider, without the withdrawn", () => {
  const store = new RecordStore(self);
  const bob = createIdentity();
  const where = keyText(providerKey("proc"));
  store.put(provider(ada), NOW, from);
  store.put(provider(bob), NOW, from);
  store.put(provider(ada, 2), NOW, from);
  assert.deepEqual(store.providersOf(where, NOW).map(({ owner }) => owner), [
    ada.nodeId,
    bob.nodeId,
  ]);
  store.put(provider(bob, 2, true), NOW, from);
  assert.deepEqual(store.providersOf(where, NOW).filter((p) => !p.withdrawn).length, 1);
  assert.throws(() => store.put(provider(bob, 1), NOW, from), { code: "stale" });
  assert.deepEqual(store.providersOf(where, NOW + PROVIDER_VALIDITY_MS), []);
});

Deno.test("RecordStore lets the provider go that was heard longest ago", () => {
  const store = new RecordStore(self, { providersPerKey: 3 });
  const nodes = Array.from({ length: 4 }, () => createIdentity());
  for (const [i, node] of nodes.slice(0, 3).entries()) store.put(provider(node), NOW + i, from);
  store.put(provider(nodes[0]), NOW + 10, from); // renewed
  store.put(provider(nodes[3]), NOW + 20, from);
  const left = store.providersOf(keyText(providerKey("proc")), NOW + 20);
  assert.deepEqual(
    new Set(left.map(({ owner }) => owner)),
    new Set([nodes[0], nodes[2], nodes[3]].map((node) => node?.nodeId)),
  );
});

Deno.test("RecordStore bounds what one owner takes, by who brought them for immutable ones", () => {
  const store = new RecordStore(self, { perOwner: 2 });
  store.put(record(1, "x", NOW + DAY, "a"), NOW, from);
  store.put(record(1, "x", NOW + DAY, "b"), NOW, from);
  assert.throws(() => store.put(record(1, "x", NOW + DAY, "c"), NOW, from), { code: "full" });
  store.put(record(2, "x", NOW + DAY, "b"), NOW, from);
  for (const text of ["1", "2"]) store.put(immutableRecord(bytes(text)), NOW, from);
  assert.throws(() => store.put(immutableRecord(bytes("3")), NOW, from), { code: "full" });
});

Deno.test("RecordStore makes room for what is nearer to it, never at its own records' cost", () => {
  const own = createIdentity();
  const store = new RecordStore(own.nodeId, { records: 3 });
  const mine = mutableRecord(own, {
    name: "key",
    sequence: 1,
    value: bytes(""),
    validUntil: NOW + DAY,
  });
  store.put(mine, NOW, own.nodeId);
  const others = Array.from({ length: 20 }, (_, i) => immutableRecord(bytes(String(i))));
  for (const one of others) {
    try {
      store.put(one, NOW, from);
    } catch (error) {
      assert.equal((error as { code: string }).code, "full");
    }
  }
  assert.equal(store.records, 3);
  const near = others.map((one) => readRecord(one).key)
    .sort((a, b) => compareDistance(keyBytes(own.nodeId), keyBytes(a), keyBytes(b))).slice(0, 2);
  const held = new Set([...store.all(NOW)].map(({ entry }) => entry.key));
  assert.deepEqual(held, new Set([readRecord(mine).key, ...near]));
});

Deno.test("RecordStore bounds its marks", () => {
  const store = new RecordStore(self, { marks: 2 });
  for (let i = 0; i < 5; i++) store.put(record(1, "x", NOW + (i + 3) * DAY, `n${i}`), NOW, from);
  store.sweep(NOW + LEASE_MS);
  assert.deepEqual([store.records, store.marks], [0, 2]);
});

Deno.test("RecordStore.restore() takes up what dump() gave, and leaves out what is over", () => {
  const store = new RecordStore(self);
  store.put(record(3), NOW, from);
  store.put(provider(), NOW, from);
  const next = new RecordStore(self);
  next.restore([...store.dump()], NOW + PROVIDER_VALIDITY_MS);
  assert.deepEqual(next.get(key, NOW)?.bytes, record(3));
  assert.deepEqual([next.records, next.providers, next.marks], [1, 0, 1]);
  assert.throws(() => next.put(record(2), NOW, from), { code: "stale" });
});

Deno.test("RecordStore agrees with a model under any interleaving of puts, time and sweeps", () => {
  // Signed once: three owners, four sequences, two values each, of different validity.
  const owners = Array.from({ length: 3 }, () => createIdentity());
  const signed = owners.map((owner) =>
    [1, 2, 3, 4].map((sequence) =>
      ["a", "b"].map((text, i) =>
        mutableRecord(owner, {
          ...{ name: "n", sequence, value: bytes(text) },
          validUntil: NOW + (i + sequence) * DAY,
        })
      )
    )
  );
  const steps = fc.array(
    fc.oneof(
      fc.record({
        put: fc.record({ owner: fc.nat(2), sequence: fc.nat(3), value: fc.nat(1) }),
        expected: fc.option(fc.nat(4)),
      }),
      fc.record({ wait: fc.nat(DAY) }),
      fc.constant({ sweep: true } as const),
    ),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(steps, (happened) => {
      const store = new RecordStore(self);
      let now = NOW;
      const model = new Map<
        number,
        { sequence: number; bytes: Uint8Array; lease: number; until: number }
      >();
      for (const step of happened) {
        if ("wait" in step) now += step.wait;
        else if ("sweep" in step) {
          store.sweep(now);
          for (const [owner, held] of model) {
            const over = Math.min(held.lease, readUntil(held.bytes)) <= now;
            if (over && held.until <= now) model.delete(owner);
          }
        } else {
          const { owner, sequence, value } = step.put;
          const put = signed[owner]?.[sequence]?.[value] as Uint8Array;
          const held = model.get(owner);
          const code = readUntil(put) <= now
            ? "expired"
            : !held || (held.sequence === sequence + 1 && held.bytes === put)
            ? undefined
            : held.sequence > sequence + 1
            ? "stale"
            : held.sequence === sequence + 1
            ? "equivocation"
            : step.expected !== null && held.sequence > step.expected
            ? "conflict"
            : undefined;
          if (code) assert.throws(() => store.put(put, now, from, step.expected), { code });
          else {
            store.put(put, now, from, step.expected);
            const until = Math.max(held?.until ?? 0, readUntil(put));
            model.set(owner, { sequence: sequence + 1, bytes: put, lease: now + LEASE_MS, until });
          }
        }
        for (const [owner, held] of model) {
          const where = readRecord(held.bytes).key;
          const isHeld = Math.min(held.lease, readUntil(held.bytes)) > now;
          assert.deepEqual(
            store.get(where, now)?.bytes,
            isHeld ? held.bytes : undefined,
            `${owner}`,
          );
        }
      }
    }),
    { numRuns: 50 },
  );
});

function readUntil(record: Uint8Array): number {
  const entry = readRecord(record);
  return entry.kind === "immutable" ? Infinity : entry.validUntil;
}
