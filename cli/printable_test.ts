import assert from "node:assert/strict";
import fc from "fast-check";
import { printable, printableJson } from "./printable.ts";

Deno.test("printable() shows what would act on a terminal", () => {
  assert.equal(printable("red \x1b[31m"), "red \\x1b[31m");
  assert.equal(printable("\x9b31m\x7f\r\n"), "\\x9b31m\\x7f\\x0d\\x0a");
  assert.equal(printable("a\u202eb\u2066c\u2028"), "a\\u202eb\\u2066c\\u2028");
  assert.equal(printable("\ud800"), "\\ud800");
});

Deno.test("printable() leaves other text alone", () => {
  const text = '19.5 °C – 温度 🌡️ "quoted" \\ back';
  assert.equal(printable(text), text);
});

Deno.test("printable() leaves nothing that could act on a terminal, whatever the text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    assert.doesNotMatch(printable(text), /[\p{Cc}\p{Bidi_Control}]/u);
  }));
});

Deno.test("printableJson() is JSON of the same value, and as harmless", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const json = printableJson(JSON.stringify({ text }));
    assert.deepEqual(JSON.parse(json), { text });
    assert.doesNotMatch(json, /[\p{Cc}\p{Bidi_Control}]/u);
  }));
});
