import assert from "node:assert/strict";
import fc from "fast-check";
import { ProtocolError } from "./fields.ts";
import { parseFromBox } from "./protocol.ts";

const wire = { code: "handler", message: "no", data: { name: "Error" } };
const fault = { name: "Error", stack: "at x", wire };
const options = { deadlineMs: null, credit: null, priority: false };
const FRAMES: readonly (readonly unknown[])[] = [
  ["ready", ["a", "b"]],
  ["unstarted", fault],
  ["done", 1, [{ a: null }, [[["a"], 0]]]],
  ["threw", 1, fault],
  ["invalid", 1, wire],
  ["kept", [5]],
  ["defer", 1],
  ["reply", 1, []],
  ["fail", 1, wire],
  ["refuse", 1, wire],
  ["uncaught", fault],
  ["report", "(keep)", fault],
  ["do", "stop", []],
  ["streams", 1],
  ["item", 1, [5]],
  ["read", 1, 0, "a", [], options],
  ["pull", 1, 1],
  ["leave", 1],
  ["named", 2 ** 32, "clock"],
  ["tell", 0, "a", [[1], []], options],
  ["send", 1, 0, "a", [], options],
  ["ask", 1, 0, "a", [], { deadlineMs: 5, credit: 7, priority: true }],
  ["perform", 1, "publish", [["a/b"], [1]]],
  ["cancel", 1],
  ["listen", 1, "monitor", [[null, [[[], 0]]]]],
  ["unlisten", 1],
  ["forget", 0, 2],
];

Deno.test("parseFromBox() takes every frame that there is", () => {
  for (const frame of FRAMES) assert.equal(parseFromBox(frame).op, frame[0]);
});

Deno.test("parseFromBox() refuses a frame that lacks a field or has one too many", () => {
  for (const frame of FRAMES) {
    assert.throws(() => parseFromBox([...frame, 0]), ProtocolError);
    if (frame.length > 1) assert.throws(() => parseFromBox(frame.slice(0, -1)), ProtocolError);
  }
});

Deno.test("parseFromBox() throws nothing but a ProtocolError, whatever stands in a frame", () => {
  const anything = fc.anything({ withBigInt: true, withDate: true, withTypedArray: true });
  const op = fc.constantFrom(...FRAMES.map(([op]) => op));
  fc.assert(
    fc.property(fc.oneof(anything, fc.tuple(op, anything, anything, anything)), (frame) => {
      try {
        parseFromBox(frame);
      } catch (error) {
        assert.ok(error instanceof ProtocolError, String(error));
      }
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("parseFromBox() refuses each field that is replaced by something else", () => {
  const other = [null, -1, 0.5, "x".repeat(300), [[1, 2, 3]], { a: 1 }, new Date(0), 5n];
  for (const frame of FRAMES) {
    for (let at = 1; at < frame.length; at++) {
      let refused = 0;
      for (const value of other) {
        try {
          parseFromBox(frame.with(at, value));
        } catch (error) {
          assert.ok(error instanceof ProtocolError);
          refused++;
        }
      }
      assert.ok(refused >= 5, `${frame[0]} takes too much as field ${at}`);
    }
  }
});

Deno.test("parseFromBox() bounds every text", () => {
  const long = "x".repeat(20_000);
  for (
    const frame of [
      ["ready", [long]],
      ["ready", new Array(2_000).fill("a")],
      ["tell", 0, long, [], options],
      ["uncaught", { ...fault, stack: long }],
      ["refuse", 1, { ...wire, message: long }],
      ["refuse", 1, { ...wire, code: long }],
    ]
  ) assert.throws(() => parseFromBox(frame), ProtocolError);
});
