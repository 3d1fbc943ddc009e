import assert from "node:assert/strict";
import fc from "fast-check";
import { readLines, toLine } from "./lines.ts";

async function read(chunks: readonly Uint8Array[]): Promise<unknown[]> {
  return await Array.fromAsync(readLines(ReadableStream.from(chunks)));
}

Deno.test("readLines() returns what toLine() made, wherever the bytes are cut", async () => {
  const cuts = fc.array(fc.nat(200), { maxLength: 8 });
  await fc.assert(fc.asyncProperty(fc.array(fc.jsonValue()), cuts, async (values, at) => {
    const bytes = new Uint8Array(await new Blob(values.map(toLine)).arrayBuffer());
    const ends = [
      ...at.filter((end) => end < bytes.length).toSorted((a, b) => a - b),
      bytes.length,
    ];
    const chunks = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
    assert.deepEqual(await read(chunks), JSON.parse(JSON.stringify(values)));
  }));
});

Deno.test("readLines() takes a last line without an end, and skips empty ones", async () => {
  const text = new TextEncoder().encode('\n{"a":1}\r\n\n2');
  assert.deepEqual(await read([text]), [{ a: 1 }, 2]);
});

Deno.test("readLines() names the line that is no JSON", async () => {
  await assert.rejects(read([new TextEncoder().encode("1\nDownload cborg\n")]), {
    name: "SyntaxError",
    message: /Download cborg/,
  });
});
