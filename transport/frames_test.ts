import assert from "node:assert/strict";
import { encode } from "cborg";
import fc from "fast-check";
import { FrameCodec, FrameError } from "./frames.ts";

const codec = new FrameCodec({
  greet: { type: 2, fields: { name: [1, "text"], age: [2, "uint?"], tags: [3, "texts?"] } },
  data: { type: 4, fields: { bytes: [1, "bytes"], more: [2, "blobs?"] } },
});

const names = fc.string().filter((text) => text.isWellFormed());
const frames = fc.oneof(
  fc.record(
    {
      kind: fc.constant("greet" as const),
      name: names,
      age: fc.maxSafeNat(),
      tags: fc.array(names),
    },
    { requiredKeys: ["kind", "name"] },
  ),
  fc.record(
    {
      kind: fc.constant("data" as const),
      bytes: fc.uint8Array(),
      more: fc.array(fc.uint8Array()),
    },
    { requiredKeys: ["kind", "bytes"] },
  ),
);

function encodeFrame({ kind, ...fields }: Record<string, unknown>): Uint8Array {
  return codec.encode(kind as "greet", fields as never);
}

Deno.test("FrameCodec.decode() returns what FrameCodec.encode() was given", () => {
  fc.assert(fc.property(frames, (frame) => {
    assert.deepEqual({ ...codec.decode(encodeFrame(frame)) }, { ...frame });
  }));
});

Deno.test("FrameCodec.decode() throws nothing but a FrameError, whatever the bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    try {
      codec.decode(bytes);
    } catch (error) {
      assert(error instanceof FrameError, String(error));
    }
  }));
  fc.assert(fc.property(frames, fc.nat(), fc.nat(255), (frame, at, byte) => {
    const bytes = encodeFrame(frame);
    bytes[at % bytes.length] = byte;
    try {
      codec.decode(bytes);
    } catch (error) {
      assert(error instanceof FrameError, String(error));
    }
  }));
});

Deno.test("FrameCodec.decode() ignores fields that it does not know", () => {
  const bytes = encode(new Map<number, unknown>([[0, 2], [1, "ada"], [99, { new: true }]]));
  assert.deepEqual(codec.decode(bytes), { kind: "greet", name: "ada" });
});

Deno.test("FrameCodec.decode() skips an unknown frame with an odd number and refuses an even one", () => {
  assert.equal(codec.decode(encode(new Map([[0, 77]]))), undefined);
  assert.throws(() => codec.decode(encode(new Map([[0, 78]]))), { code: "unknown-frame" });
});

Deno.test("FrameCodec.decode() names the field that is missing or of another kind", () => {
  const missing = encode(new Map([[0, 2]]));
  assert.throws(() => codec.decode(missing), { code: "bad-frame", message: /"name".*missing/ });
  const wrong = encode(new Map<number, unknown>([[0, 2], [1, 5]]));
  assert.throws(() => codec.decode(wrong), { code: "bad-frame", message: /"name".*number/ });
  const mixed = encode(new Map<number, unknown>([[0, 4], [1, new Uint8Array()], [2, ["a"]]]));
  assert.throws(() => codec.decode(mixed), { code: "bad-frame", message: /"more".*array/ });
  const negative = encode(new Map<number, unknown>([[0, 2], [1, "a"], [2, -1]]));
  assert.throws(() => codec.decode(negative), { code: "bad-frame" });
});

Deno.test("FrameCodec.decode() survives nesting that would exhaust the stack", () => {
  const deep = new Uint8Array(1_000_000).fill(0x81);
  assert.throws(() => codec.decode(deep), FrameError);
});

Deno.test("FrameCodec refuses two kinds with one number, and a field with the type's key", () => {
  assert.throws(
    () => new FrameCodec({ a: { type: 2, fields: {} }, b: { type: 2, fields: {} } }),
    RangeError,
  );
  assert.throws(() => new FrameCodec({ a: { type: 2, fields: { x: [0, "uint"] } } }), RangeError);
});
