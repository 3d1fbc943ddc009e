import assert from "node:assert/strict";
import { NodeProcess } from "./node_process.ts";

type Line = { readonly event: "up" } | { readonly event: "told"; readonly text: string };

/** A child that runs a script instead of a node. */
function child(script: string, onLine?: (line: Line) => void): NodeProcess<Line> {
  return new NodeProcess<Line>("child", ["eval", script], onLine);
}

const UP = `console.log('{"event":"up"}');`;
const WAIT = `await new Promise((resolve) => setTimeout(resolve, 3_600_000));`;

Deno.test("NodeProcess hears its child, tells it, and ends it by the end of stdin", async () => {
  const heard: Line[] = [];
  {
    await using process = child(
      `${UP} for await (const bytes of Deno.stdin.readable) {
         const text = new TextDecoder().decode(bytes).trim();
         console.log(JSON.stringify({ event: "told", text }));
       }`,
      (line) => heard.push(line),
    );
    await process.said("up");
    process.send({ do: "crash" });
    assert.equal((await process.said("told")).text, '{"do":"crash"}');
    assert.equal((await process.said("up")).event, "up", "what was said stays said");
  }
  assert.deepEqual(heard.map(({ event }) => event), ["up", "told"]);
});

Deno.test("NodeProcess.next() passes over what was said, and over what is not meant", async () => {
  await using process = child(
    `${UP} for await (const bytes of Deno.stdin.readable) {
       for (const text of ["one", "two"]) console.log(JSON.stringify({ event: "told", text }));
     }`,
  );
  await process.said("up");
  for (const text of ["two", "one"]) {
    const told = process.next("told", (line) => line.text === text);
    process.send({ do: "crash" });
    assert.equal((await told).text, text);
  }
});

Deno.test("NodeProcess.kill() is no failure of the child, and leaves nothing to wait for", async () => {
  const half = `Deno.stdout.writeSync(new TextEncoder().encode('{"event":'));`;
  await using process = child(`${UP} ${half} ${WAIT}`);
  await process.said("up");
  const waiting = assert.rejects(process.next("told"), /has stopped before it said "told"/);
  await process.kill();
  await process.ended;
  await waiting;
});

const failures = [
  ["ends early", `${UP} console.error("no room"); Deno.exit(3);`, /exit code 3:\n {2}no room/],
  ["throws", `${UP} throw new RangeError("too much");`, /exit code 1:[^]*RangeError: too much/],
  ["ends quietly", UP, /exit code 0:\n {2}\(it wrote nothing on stderr\)/],
  ["is killed", `${UP} Deno.kill(Deno.pid, "SIGKILL");`, /ended/],
  ["says what is no JSON", `${UP} console.log("Downloading"); ${WAIT}`, /Downloading/],
] as const;

for (const [what, script, words] of failures) {
  Deno.test(`NodeProcess fails when its child ${what}`, async () => {
    await using process = child(script);
    await process.said("up");
    await assert.rejects(process.ended, { name: "ChildError", message: words });
    await assert.rejects(process.said("told"), words, "who waits for a line is told as well");
    process.send({ do: "crash" }); // harmless by now
  });
}
