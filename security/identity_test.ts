import assert from "node:assert/strict";
import { createIdentity, decodeInception, encodeInception, inceptionNodeId } from "./identity.ts";
import { parseSigningKey, sha256, verifySignature } from "./ed25519.ts";
import { nodeIdBytes } from "./node_id.ts";

/** 32-byte seeds 1, 2, 3 …, each filled with its number. */
function countingRandom(): (length: number) => Uint8Array {
  let count = 0;
  return (length) => new Uint8Array(length).fill(++count);
}

Deno.test("createIdentity() commits to all three keys in the inception record", () => {
  const identity = createIdentity();
  const keys = identity.exportKeys();
  const { firstKey, nextKeyHash, recoveryKeyHash } = decodeInception(identity.inception);
  assert.deepEqual(firstKey, identity.publicKey);
  assert.deepEqual(firstKey, parseSigningKey(keys.node).publicKey);
  assert.deepEqual(nextKeyHash, sha256(parseSigningKey(keys.next).publicKey));
  assert.deepEqual(recoveryKeyHash, sha256(parseSigningKey(keys.recovery).publicKey));
});

Deno.test("a node id is the hash of label and inception record, and does not change", () => {
  const identity = createIdentity(countingRandom());
  assert.deepEqual(
    nodeIdBytes(identity.nodeId),
    sha256(new TextEncoder().encode("macula/inception/v1\0"), identity.inception),
  );
  // The format is a contract with data that exists: these may change only with the label.
  assert.equal(identity.publicKey.toHex().slice(0, 16), "8a88e3dd7409f195");
  assert.equal(identity.nodeId, "b227y3grxbahu44lkvf7zzcjm3dqx26mspmxwk47zqqi6cw6lsitq");
});

Deno.test("createIdentity() makes another identity each time", () => {
  assert.notEqual(createIdentity().nodeId, createIdentity().nodeId);
});

Deno.test("Identity.sign() signs with the node key", () => {
  const identity = createIdentity();
  const message = new TextEncoder().encode("hello");
  assert.equal(verifySignature(identity.publicKey, message, identity.sign(message)), true);
});

Deno.test("printing an identity shows none of its private keys", () => {
  const identity = createIdentity(countingRandom());
  const printed = Deno.inspect(identity, { depth: 10, showHidden: true }) +
    JSON.stringify(identity);
  const secret = identity.exportKeys().node.split("\n")[1] ?? "";
  assert.equal(secret.length, 64);
  assert.ok(!printed.includes(secret) && !printed.includes("PRIVATE"));
});

Deno.test("decodeInception() refuses other lengths and first keys that are no keys", () => {
  const record = createIdentity().inception;
  assert.deepEqual(encodeInception(decodeInception(record)), record);
  for (const length of [0, 95, 97]) {
    assert.throws(() => decodeInception(new Uint8Array(length)), SyntaxError);
    assert.throws(() => inceptionNodeId(new Uint8Array(length)), RangeError);
  }
  const weak = new Uint8Array(record);
  weak.set([1, ...new Uint8Array(31)]);
  assert.throws(() => decodeInception(weak), { message: /small order/ });
});

Deno.test("encodeInception() refuses fields of another length, by name", () => {
  const field = new Uint8Array(32);
  assert.throws(
    () => encodeInception({ firstKey: field, nextKeyHash: field.slice(1), recoveryKeyHash: field }),
    { name: "RangeError", message: /nextKeyHash has 31 bytes/ },
  );
});
