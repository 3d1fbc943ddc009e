import assert from "node:assert/strict";
import fc from "fast-check";
import { FrameError } from "./frames.ts";
import { framesOf, FrameSplitter, prefixed } from "./frame_splitter.ts";

const LIMIT = 4_096;
const frameLists = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 });

function concat(parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** Cuts bytes at the given places, each modulo what is left. */
function cut(bytes: Uint8Array, lengths: number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const length of lengths) {
    if (at >= bytes.length) break;
    const end = Math.min(bytes.length, at + length);
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  pieces.push(bytes.subarray(at));
  return pieces;
}

Deno.test("FrameSplitter.push() gives whole frames in order, however the stream is cut", () => {
  fc.assert(
    fc.property(frameLists, fc.array(fc.integer({ min: 0, max: 50 })), (frames, lengths) => {
      const stream = concat(frames.map((frame) => prefixed(frame, LIMIT)));
      const splitter = new FrameSplitter(LIMIT);
      const got = cut(stream, lengths).flatMap((piece) =>
        [...framesOf(splitter.push(piece))].map((frame) => frame.slice())
      );
      assert.deepEqual(got, frames);
      assert.equal(splitter.pending, 0);
    }),
  );
});

Deno.test("FrameSplitter.push() refuses a frame over the limit as soon as its length is there", () => {
  const splitter = new FrameSplitter(LIMIT);
  assert.throws(() => splitter.push(new Uint8Array([0, 0, 0x10, 1])), { code: "frame-too-large" });
  assert.throws(
    () => new FrameSplitter(LIMIT).push(new Uint8Array([255, 255, 255, 255])),
    FrameError,
  );
  assert.equal(new FrameSplitter(LIMIT).push(new Uint8Array([0, 0, 0x10, 0])).length, 0);
});

Deno.test("FrameSplitter keeps no more than one frame of the largest size", () => {
  const splitter = new FrameSplitter(LIMIT);
  splitter.push(new Uint8Array([0, 0, 0x10, 0]));
  for (let i = 0; i < 40; i++) {
    splitter.push(new Uint8Array(100));
    assert(splitter.pending <= LIMIT + 4);
  }
  assert.equal(splitter.push(new Uint8Array(96)).length, LIMIT + 4);
});

Deno.test("prefixed() refuses a frame over the limit and says what to do", () => {
  assert.throws(() => prefixed(new Uint8Array(LIMIT + 1), LIMIT), {
    code: "frame-too-large",
    message: /4097 bytes.*maxFrameBytes/,
  });
});
