import assert from "node:assert/strict";
import { encode } from "cborg";
import fc from "fast-check";
import { createIdentity, type Identity } from "../security/mod.ts";
import { MAX_RECORD_BYTES, MAX_VALIDITY_MS, MAX_VALUE_BYTES } from "./constants.ts";
import { immutableKey, keyText, mutableKey, providerKey } from "./key.ts";
import {
  immutableRecord,
  mutableRecord,
  providerRecord,
  readRecord,
  verifyRecord,
} from "./record.ts";
import { RecordError } from "./record_error.ts";

const NOW = Date.UTC(2026, 0, 1);
const ada = createIdentity();
const eve = createIdentity();
const value = new TextEncoder().encode("value");

function record(by: Identity = ada, changes: Record<string, unknown> = {}): Uint8Array {
  const fields = { name: "policy/realm", sequence: 7, value, validUntil: NOW + 1_000 };
  return mutableRecord(by, { ...fields, ...changes });
}

function provider(changes: Record<string, unknown> = {}): Uint8Array {
  const fields = {
    name: "proc/x/sum",
    sequence: 1,
    addresses: ["10.0.0.1:4433"],
    withdrawn: false,
  };
  return providerRecord(ada, { ...fields, validUntil: NOW + 1_000, ...changes });
}

/** The fields of a record, as they stand on the wire, with some of them changed. */
function forged(changes: ReadonlyMap<number, unknown>, by: Identity = ada): Uint8Array {
  const { inception, publicKey } = by;
  const fields = new Map<number, unknown>([
    ...[[0, 4], [1, inception], [2, publicKey], [3, "key"], [4, 1], [5, NOW + 1_000]] as const,
    ...[[6, new Uint8Array(64)], [7, value]] as const,
    ...changes,
  ]);
  return encode(fields);
}

Deno.test("verifyRecord() returns what was signed, under the key that follows from it", () => {
  const mutable = verifyRecord(record(), NOW);
  assert(mutable.kind === "mutable");
  assert.equal(mutable.key, keyText(mutableKey(ada.nodeId, "policy/realm")));
  assert.deepEqual([mutable.owner, mutable.sequence, mutable.value], [ada.nodeId, 7, value]);

  const immutable = verifyRecord(immutableRecord(value), NOW);
  assert.equal(immutable.key, keyText(immutableKey(value)));

  const provided = verifyRecord(provider(), NOW);
  assert(provided.kind === "provider");
  assert.equal(provided.key, keyText(providerKey("proc/x/sum")));
  assert.deepEqual(provided.addresses, ["10.0.0.1:4433"]);
  const gone = verifyRecord(provider({ withdrawn: true, addresses: [] }), NOW);
  assert(gone.kind === "provider" && gone.withdrawn);
});

Deno.test("verifyRecord() refuses a record of which any byte was changed", () => {
  const good = record();
  fc.assert(fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
    const bad = good.slice();
    bad[at] = (bad[at] ?? 0) ^ by;
    assert.throws(() => verifyRecord(bad, NOW), RecordError);
  }));
});

Deno.test("verifyRecord() throws nothing but a RecordError, whatever the bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
    assert.throws(() => verifyRecord(bytes, NOW), RecordError);
  }));
});

Deno.test("verifyRecord() says with a code what is wrong", () => {
  const cases: [string, () => unknown][] = [
    ["expired", () => verifyRecord(record(), NOW + 1_000)],
    ["too-far", () => verifyRecord(record(ada, { validUntil: NOW + MAX_VALIDITY_MS + 1 }), NOW)],
    ["too-far", () => verifyRecord(provider({ validUntil: NOW + 2 * 3_600_000 }), NOW)],
    ["wrong-key", () => verifyRecord(record(), NOW, keyText(new Uint8Array(32)))],
    ["bad-signature", () => verifyRecord(forged(new Map()), NOW)],
    ["id-mismatch", () => verifyRecord(forged(new Map([[2, eve.publicKey]])), NOW)],
    ["bad-record", () => verifyRecord(forged(new Map([[1, new Uint8Array(95)]])), NOW)],
    ["bad-record", () => verifyRecord(forged(new Map([[4, 0]])), NOW)],
    ["bad-record", () => verifyRecord(forged(new Map([[99, 1]])), NOW)],
    ["bad-record", () => verifyRecord(forged(new Map([[3, "a//b"]])), NOW)],
    ["bad-record", () => verifyRecord(forged(new Map([[3, "a\nb"]])), NOW)],
    ["bad-record", () => verifyRecord(forged(new Map([[3, ""]])), NOW)],
    ["bad-record", () => verifyRecord(encode(new Map([[0, 77]])), NOW)],
    ["oversized", () => verifyRecord(forged(new Map([[3, "ü".repeat(128)]])), NOW)],
    ["oversized", () => verifyRecord(new Uint8Array(MAX_RECORD_BYTES + 1), NOW)],
    ["oversized", () => immutableRecord(new Uint8Array(MAX_VALUE_BYTES + 1))],
    ["oversized", () => provider({ addresses: Array(5).fill("10.0.0.1:1") })],
    ["bad-record", () => provider({ addresses: ["nowhere"] })],
    ["bad-record", () => provider({ addresses: ["victim.example:4433"] })],
  ];
  for (const [code, check] of cases) assert.throws(check, { code }, code);
});

Deno.test("verifyRecord() refuses a record that another node signed in its owner's name", () => {
  const { inception, publicKey } = ada;
  const thief: Identity = { ...eve, inception, publicKey };
  assert.throws(() => verifyRecord(record(thief), NOW), { code: "bad-signature" });
});

Deno.test("readRecord() refuses a record that is not in its one form", () => {
  const good = immutableRecord(value);
  assert.throws(() => readRecord(Uint8Array.of(...good, 0)), { code: "bad-record" });
  // The same map, with the integer of its type in two bytes instead of one.
  const [map = 0, key = 0, type = 0, ...rest] = good;
  const longer = Uint8Array.of(map, key, 0x18, type, ...rest);
  assert.throws(() => readRecord(longer), { code: "bad-record" });
});

Deno.test("a value of 10 KiB under a name of 255 bytes fits a record", () => {
  const name = "n".repeat(255);
  const bytes = record(ada, { name, value: new Uint8Array(MAX_VALUE_BYTES) });
  assert.equal((verifyRecord(bytes, NOW) as { name: string }).name, name);
});
