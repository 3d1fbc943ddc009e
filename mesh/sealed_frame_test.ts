import assert from "node:assert/strict";
import fc from "fast-check";
import { FRAME_PREFIX_BYTES, FrameError, prefixed } from "../transport/mod.ts";
import { meshCodec } from "./frames.ts";
import { readSealed, sealedFrame } from "./sealed_frame.ts";

const LIMIT = 1_048_576;
const bytes = (maxLength: number) =>
  fc.nat(maxLength).map((length) => Uint8Array.from({ length }, (_, i) => i * 7));

Deno.test("sealedFrame() writes what the codec writes, and readSealed() reads it back", () => {
  fc.assert(fc.property(bytes(70_000), bytes(70_000), (header, body) => {
    const frame = sealedFrame(header, body, LIMIT);
    const whole = meshCodec.encode("sealed", { header, body });
    assert.deepEqual(frame, prefixed(whole, LIMIT));
    const parts = readSealed(frame.subarray(FRAME_PREFIX_BYTES));
    assert.deepEqual(parts, { header, body });
  }));
});

Deno.test("sealedFrame() refuses a frame over the limit", () => {
  const body = new Uint8Array(100);
  assert.throws(() => sealedFrame(new Uint8Array(4), body, 100), { code: "frame-too-large" });
});

Deno.test("readSealed() reads a frame with further fields, as a newer peer may write it", () => {
  const [header, body] = [Uint8Array.of(1), Uint8Array.of(2, 3)];
  const frame = meshCodec.encode("sealed", { header, body });
  const longer = Uint8Array.of(0xa4, ...frame.subarray(1), 0x09, 0x05);
  const parts = readSealed(longer);
  assert.deepEqual(parts && [parts.header, parts.body], [header, body]);
});

Deno.test("readSealed() throws a FrameError, or skips, whatever the bytes are", () => {
  const mutated = fc.tuple(bytes(40), bytes(40), fc.nat(), fc.nat(255)).map(
    ([header, body, at, byte]) => {
      const frame = meshCodec.encode("sealed", { header, body }).slice();
      frame[at % frame.length] = byte;
      return frame;
    },
  );
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), mutated), (frame) => {
    try {
      readSealed(frame);
    } catch (error) {
      assert(error instanceof FrameError, String(error));
    }
  }));
  const other = meshCodec.encode("acknowledge", { count: 1 });
  assert.throws(() => readSealed(other), { code: "bad-frame", message: /acknowledge/ });
});
