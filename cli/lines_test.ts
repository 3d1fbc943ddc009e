import assert from "node:assert/strict";
import fc from "fast-check";
import { linesOf } from "./lines.ts";

async function lines(...chunks: Uint8Array<ArrayBuffer>[]): Promise<string[]> {
  return await Array.fromAsync(linesOf(ReadableStream.from(chunks)));
}

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("linesOf() splits at newlines, with or without a carriage return", async () => {
  assert.deepEqual(await lines(bytes("a\r\nb\n\nc\n")), ["a", "b", "", "c"]);
});

Deno.test("linesOf() gives the last line without a newline", async () => {
  assert.deepEqual(await lines(bytes("a\nb")), ["a", "b"]);
  assert.deepEqual(await lines(), []);
});

Deno.test("linesOf() does not care how the bytes were cut, within a character or not", async () => {
  const text = fc.string({ unit: fc.constantFrom("a", "\n", "é", "🌡") });
  await fc.assert(fc.asyncProperty(text, fc.array(fc.nat(40)), async (text, cuts) => {
    const whole = bytes(text);
    const ends = [...cuts.map((cut) => Math.min(cut, whole.length)), whole.length].sort((a, b) =>
      a - b
    );
    const chunks = ends.map((end, i) => whole.slice(ends[i - 1] ?? 0, end));
    assert.deepEqual(await lines(...chunks), await lines(whole));
  }));
});

Deno.test("linesOf() refuses a line that is too long, before it is all there", async () => {
  const read = (limit: number, ...chunks: string[]) =>
    Array.fromAsync(linesOf(ReadableStream.from(chunks.map(bytes)), () => limit));
  assert.deepEqual(await read(3, "abc\nab", "c\n"), ["abc", "abc"]);
  await assert.rejects(read(3, "abcd\n"), RangeError);
  await assert.rejects(read(3, "ab", "cd"), /a line is longer than 3 characters/);
});
