import assert from "node:assert/strict";
import fc from "fast-check";
import { jsonLine, jsonLines } from "./json_lines.ts";

function streamOf(chunks: readonly Uint8Array<ArrayBuffer>[]): ReadableStream<BufferSource> {
  return ReadableStream.from(chunks);
}

Deno.test("jsonLines() reads what jsonLine() wrote, however it was cut into chunks", async () => {
  const values = fc.array(fc.jsonValue({ noUnicodeString: false }));
  await fc.assert(fc.asyncProperty(values, fc.integer({ min: 1, max: 9 }), async (sent, size) => {
    const bytes = new Uint8Array(sent.flatMap((value) => [...jsonLine(value)]));
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.slice(at, at + size));
    const got = await Array.fromAsync(jsonLines(streamOf(chunks)));
    assert.equal(JSON.stringify(got), JSON.stringify(sent));
  }));
});

Deno.test("jsonLines() takes a last line without an end, and skips empty ones", async () => {
  const bytes = new TextEncoder().encode('\n{"a":1}\n\n[2]');
  assert.deepEqual(await Array.fromAsync(jsonLines(streamOf([bytes]))), [{ a: 1 }, [2]]);
});

Deno.test("jsonLines() shows the line that is no JSON", async () => {
  const bytes = new TextEncoder().encode("error: no such option\n");
  await assert.rejects(Array.fromAsync(jsonLines(streamOf([bytes]))), /"error: no such option"/);
});
