import assert from "node:assert/strict";
import fc from "fast-check";
import {
  commonPrefix,
  compareDistance,
  immutableKey,
  keyBytes,
  keyText,
  mutableKey,
  pointInBucket,
  providerKey,
} from "./key.ts";

const points = fc.uint8Array({ minLength: 32, maxLength: 32 });
const number = (bytes: Uint8Array) => BigInt("0x" + bytes.toHex());

Deno.test("keyBytes() reads what keyText() writes, and refuses everything else", () => {
  fc.assert(fc.property(points, (key) => assert.deepEqual(keyBytes(keyText(key)), key)));
  assert.throws(() => keyBytes("bnothing"), SyntaxError);
});

Deno.test("compareDistance() orders as the numbers of the XORs are ordered", () => {
  fc.assert(fc.property(points, points, points, (t, a, b) => {
    const x = number(a) ^ number(t);
    const y = number(b) ^ number(t);
    assert.equal(Math.sign(compareDistance(t, a, b)), x < y ? -1 : x > y ? 1 : 0);
  }));
});

Deno.test("commonPrefix() counts the leading bits that are equal", () => {
  fc.assert(fc.property(points, points, (a, b) => {
    const bits = (p: Uint8Array) => number(p).toString(2).padStart(256, "0");
    let same = 0;
    while (same < 256 && bits(a)[same] === bits(b)[same]) same++;
    assert.equal(commonPrefix(a, b), same);
  }));
  assert.equal(commonPrefix(new Uint8Array(32), new Uint8Array(32)), 256);
});

Deno.test("pointInBucket() makes a point that shares exactly the prefix asked for", () => {
  fc.assert(fc.property(points, fc.integer({ min: 0, max: 255 }), points, (own, prefix, random) => {
    assert.equal(commonPrefix(own, pointInBucket(own, prefix, random)), prefix);
  }));
});

Deno.test("keys of different kinds of records never meet", () => {
  const owner = keyText(new Uint8Array(32));
  const name = new TextEncoder().encode("key");
  const keys = [immutableKey(name), mutableKey(owner, "key"), providerKey("key")].map(keyText);
  assert.equal(new Set(keys).size, 3);
});
