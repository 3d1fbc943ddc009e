import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeValue, ValueError } from "../values/mod.ts";
import { type Envelope, envelopesOf, openEnvelope, pushEnvelope } from "./publication.ts";

const envelopes = fc.record({
  topic: fc.string(),
  publisher: fc.string(),
  incarnation: fc.maxSafeNat(),
  sequence: fc.maxSafeNat(),
  payload: fc.uint8Array(),
}, { noNullPrototype: true });

Deno.test("envelopesOf() gives back what pushEnvelope() put into a batch", () => {
  fc.assert(fc.property(fc.array(envelopes), (list: Envelope[]) => {
    const batch: (string | number | Uint8Array)[] = [];
    for (const envelope of list) pushEnvelope(batch, envelope);
    assert.deepEqual([...envelopesOf(batch)], list);
  }));
});

Deno.test("openEnvelope() decodes the payload and throws a ValueError for one that is no value", () => {
  const envelope = { topic: "a/b", publisher: "p", incarnation: 1, sequence: 2 };
  const payload = encodeValue({ celsius: 19.5 }, "payload");
  assert.deepEqual(openEnvelope({ ...envelope, payload }).payload, { celsius: 19.5 });
  assert.throws(() => openEnvelope({ ...envelope, payload: Uint8Array.of(0xff) }), ValueError);
});
