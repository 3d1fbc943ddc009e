import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_DURATION_MS, parseDuration, showDuration } from "./duration.ts";

Deno.test("parseDuration() reads a number and its unit", () => {
  const cases: readonly [string, number][] = [
    ["1ms", 1],
    ["500ms", 500],
    ["5s", 5_000],
    ["1.5s", 1_500],
    ["1m", 60_000],
    ["24h", MAX_DURATION_MS],
  ];
  for (const [text, milliseconds] of cases) assert.equal(parseDuration(text), milliseconds, text);
});

Deno.test("parseDuration() refuses what is no duration, by showing it and the right form", () => {
  for (
    const text of ["", "5", "s", "-1s", "5 s", "5S", "1e3s", "5s5", "0s", "0.1ms", "25h", ".5s"]
  ) {
    assert.throws(() => parseDuration(text), (error) => {
      assert(error instanceof SyntaxError);
      assert(error.message.startsWith(JSON.stringify(text)), error.message);
      assert.match(error.message, /such as 500ms, 5s or 1m/);
      return true;
    });
  }
});

Deno.test("parseDuration() reads every whole number of milliseconds up to a day", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: MAX_DURATION_MS }), (milliseconds) => {
    assert.equal(parseDuration(`${milliseconds}ms`), milliseconds);
  }));
});

Deno.test("showDuration() is short", () => {
  assert.equal(showDuration(186.4), "186 ms");
  assert.equal(showDuration(1_500), "1.5 s");
  assert.equal(showDuration(5_000), "5 s");
  assert.equal(showDuration(90_000), "1.5 min");
});
