import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeFrame, FrameError, FrameReader } from "./frames.ts";

const MAX = 1_000;
const value = fc.jsonValue({ maxDepth: 3 }).map((json) =>
  JSON.parse(JSON.stringify(json).replaceAll("__proto__", "proto").replaceAll("\\u0000", "x"))
);

/** Cuts bytes at these places, wrapped around. */
function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

Deno.test("FrameReader.read() gives back every frame, however the bytes were cut", () => {
  fc.assert(fc.property(
    fc.array(value, { maxLength: 8 }),
    fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 }),
    (values, sizes) => {
      const reader = new FrameReader(2 ** 20, 10_000);
      const bytes = concat(values.map((value) => encodeFrame(value, 2 ** 20)));
      const read = cut(bytes, sizes).flatMap((chunk) =>
        [...reader.read(chunk)].map((frame) => frame.value)
      );
      assert.deepEqual(read, values);
    },
  ));
});

Deno.test("FrameReader.read() throws nothing but a FrameError, whatever comes", () => {
  fc.assert(fc.property(
    fc.uint8Array({ maxLength: 200 }),
    fc.boolean(),
    (bytes, framed) => {
      const reader = new FrameReader(MAX, 1_000);
      const head = new Uint8Array(4);
      new DataView(head.buffer).setUint32(0, bytes.length);
      try {
        for (const _ of reader.read(framed ? concat([head, bytes]) : bytes));
      } catch (error) {
        assert.ok(error instanceof FrameError, String(error));
      }
    },
  ));
});

Deno.test("FrameReader.read() refuses a length before it makes room for it", () => {
  for (const length of [0, MAX + 1, 2 ** 31, 2 ** 32 - 1]) {
    const head = new Uint8Array(4);
    new DataView(head.buffer).setUint32(0, length);
    assert.throws(() => [...new FrameReader(MAX, 1_000).read(head)], FrameError);
  }
});

Deno.test("FrameReader.read() gives the frames before a bad one", () => {
  const reader = new FrameReader(MAX, 1_000);
  const seen: unknown[] = [];
  assert.throws(() => {
    const bytes = concat([
      encodeFrame(1, MAX),
      encodeFrame(2, MAX),
      Uint8Array.of(0, 0, 0, 1, 0xff),
    ]);
    for (const frame of reader.read(bytes)) seen.push(frame.value);
  }, FrameError);
  assert.deepEqual(seen, [1, 2]);
});

Deno.test("encodeFrame() refuses what has more bytes than its bound", () => {
  assert.equal(encodeFrame("x".repeat(997), MAX).length, 4 + MAX);
  assert.throws(() => encodeFrame("x".repeat(998), MAX), {
    name: "RangeError",
    message: /has 1001 bytes, encoded: 1000 at most/,
  });
});
