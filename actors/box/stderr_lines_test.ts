import assert from "node:assert/strict";
import { FakeClock } from "../testing.ts";
import { StderrLines } from "./stderr_lines.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("StderrLines.take() gives whole lines, led by the actor's path", () => {
  const lines = new StderrLines("agents/a", new FakeClock());
  assert.deepEqual(lines.take(bytes("one\ntw")), ["[agents/a] one"]);
  assert.deepEqual(lines.take(bytes("o\n\nthree\n")), ["[agents/a] two", "[agents/a] three"]);
});

Deno.test("StderrLines.take() lets no control character through, and no line without an end", () => {
  const lines = new StderrLines("a", new FakeClock());
  assert.deepEqual(lines.take(bytes("\u001b[2J\u0007\r\u009b1m\n")), ["[a]  [2J   1m"]);
  const [line] = lines.take(bytes(`${"x".repeat(100_000)}\n`));
  assert.ok(line!.length < 1_100);
  for (let i = 0; i < 100; i++) assert.deepEqual(lines.take(bytes("y".repeat(10_000))), []);
});

Deno.test("StderrLines.take() passes a bounded number of bytes in a second, and counts the rest", () => {
  const clock = new FakeClock();
  const lines = new StderrLines("a", clock);
  const flood = bytes(`${"x".repeat(999)}\n`.repeat(100));
  assert.equal(lines.take(flood).length, 65);
  clock.advance(1_000);
  assert.deepEqual(lines.take(bytes("again\n")), ["[a] (35 lines more)", "[a] again"]);
});

Deno.test("StderrLines.saysOutOfMemory knows V8's last words", () => {
  const lines = new StderrLines("a", new FakeClock());
  lines.take(bytes("all is well\n"));
  assert.equal(lines.saysOutOfMemory, false);
  lines.take(bytes("#\n# Fatal JavaScript out of memory: Reached heap limit\n#\n"));
  assert.equal(lines.saysOutOfMemory, true);
});
