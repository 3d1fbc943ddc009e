import assert from "node:assert/strict";
import { encode } from "cborg";
import fc from "fast-check";
import type { Contact } from "./contact.ts";
import { keyText } from "./key.ts";
import {
  decodeMessage,
  encodeReply,
  encodeRequest,
  MessageError,
  type Reply,
  type Request,
} from "./messages.ts";
import { formatHostPort } from "../transport/mod.ts";

const plain = { noNullPrototype: true } as const;
const ids = fc.maxSafeNat();
const keys = fc.uint8Array({ minLength: 32, maxLength: 32 });
const records = fc.uint8Array({ maxLength: 300 });
const places = fc.record({ host: fc.ipV4(), port: fc.integer({ min: 1, max: 65_535 }) }, plain);
const contacts: fc.Arbitrary<Contact[]> = fc.uniqueArray(
  fc.record({
    peer: keys.map(keyText),
    addresses: fc.uniqueArray(places, { minLength: 1, maxLength: 4, selector: formatHostPort }),
  }, plain),
  { maxLength: 20, selector: ({ peer }) => peer },
);
const kind = <K extends string>(k: K) => fc.constant(k);
const requests: fc.Arbitrary<Request> = fc.oneof(
  fc.record({ kind: kind("ping") }, plain),
  fc.record({ kind: kind("findNode"), target: keys }, plain),
  fc.record({ kind: fc.constantFrom("get", "providers"), key: keys }, plain),
  fc.record({ kind: kind("store"), record: records, expected: fc.option(fc.maxSafeNat()) }, plain),
  places.map((place) => ({ kind: "reachMe" as const, ...place })),
);
const replies: fc.Arbitrary<Reply> = fc.oneof(
  fc.record({ kind: kind("ok") }, plain),
  fc.record({ kind: kind("nodes"), contacts }, plain),
  fc.record({ kind: kind("found"), record: fc.option(records), contacts }, plain),
  fc.record(
    { kind: kind("provided"), records: fc.array(records, { maxLength: 64 }), contacts },
    plain,
  ),
  fc.record(
    { kind: kind("refused"), code: fc.constantFrom("busy", "stale"), message: fc.string() },
    plain,
  ),
);

Deno.test("decodeMessage() returns what encodeRequest() and encodeReply() were given", () => {
  fc.assert(fc.property(ids, requests, (id, request) => {
    assert.deepEqual(decodeMessage(encodeRequest(id, request)), { id, request });
  }));
  fc.assert(fc.property(ids, replies, (id, reply) => {
    assert.deepEqual(decodeMessage(encodeReply(id, reply)), { id, reply });
  }));
});

Deno.test("decodeMessage() throws nothing but a MessageError, whatever the bytes", () => {
  const messages = fc.oneof(
    fc.tuple(ids, requests).map(([id, request]) => encodeRequest(id, request)),
    fc.tuple(ids, replies).map(([id, reply]) => encodeReply(id, reply)),
  );
  const survives = (bytes: Uint8Array) => {
    try {
      decodeMessage(bytes);
    } catch (error) {
      assert(error instanceof MessageError, String(error));
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), survives));
  fc.assert(fc.property(messages, fc.nat(), fc.nat(255), (bytes, at, byte) => {
    bytes[at % bytes.length] = byte;
    survives(bytes);
  }));
});

Deno.test("decodeMessage() refuses whatever is out of bounds", () => {
  const peer = (i: number) => keyText(new Uint8Array(32).fill(i));
  const message = (...fields: [number, unknown][]) => encode(new Map<number, unknown>(fields));
  const nodes = (texts: readonly unknown[]) => message([0, 16], [1, 1], [2, texts]);
  const many = (count: number) =>
    Array.from({ length: count }, (_, i) => `macula://${peer(i)}@10.0.0.1:1`);
  const record = new Uint8Array(11_265);
  const key = new Uint8Array(31);
  const bad: Uint8Array[] = [
    nodes(many(21)),
    nodes(Array(10_000).fill(many(1)[0])),
    nodes(["macula://nobody@10.0.0.1:1"]),
    nodes([`macula://${peer(1)}@10.0.0.1:0`]),
    message([0, 4], [1, 1], [2, key]),
    message([0, 6], [1, 1], [2, key]),
    message([0, 6], [1, -1], [2, new Uint8Array(32)]),
    message([0, 10], [1, 1], [2, record]),
    message([0, 12], [1, 1], [2, "10.0.0.1"], [3, 65_536]),
    message([0, 12], [1, 1], [2, "x".repeat(46)], [3, 1]),
    message([0, 18], [1, 1], [2, []], [3, record]),
    message([0, 20], [1, 1], [2, []], [3, Array(65).fill(new Uint8Array(1))]),
    message([0, 22], [1, 1], [2, "Not a code"], [3, ""]),
    message([0, 22], [1, 1], [2, "code"], [3, "x".repeat(201)]),
    message([0, 78], [1, 1]),
    new Uint8Array(65_537),
    new Uint8Array(60_000).fill(0x81),
  ];
  for (const [i, bytes] of bad.entries()) {
    assert.throws(() => decodeMessage(bytes), { code: "bad-message" }, `${i}`);
  }
});

Deno.test("decodeMessage() skips a message of an unknown kind that may be skipped", () => {
  assert.equal(decodeMessage(encode(new Map([[0, 79], [1, 1]]))), undefined);
});
