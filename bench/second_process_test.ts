import assert from "node:assert/strict";
import { UnavailableError } from "./harness.ts";
import { SecondProcess } from "./second_process.ts";

const PARROT = new URL("./testing/parrot_far.ts", import.meta.url);

Deno.test("SecondProcess.start() gives what the process says of itself, ask() its answers", async () => {
  const { process, ready } = await SecondProcess.start(PARROT, ["a", "b"]);
  await using _process = process;
  assert.deepEqual(ready, { ready: ["a", "b"] });
  assert.deepEqual(await process.ask({ count: 3 }), { order: { count: 3 } });
  assert.deepEqual(await process.ask([]), { order: [] });
});

Deno.test("SecondProcess.ask() rejects with what the process says has failed", async () => {
  const { process } = await SecondProcess.start(PARROT);
  await using _process = process;
  await assert.rejects(process.ask("fail"), /^Error: the parrot is unwell$/);
  assert.deepEqual(await process.ask(1), { order: 1 });
});

Deno.test("SecondProcess.ask() rejects when the process ends, and says with which code", async () => {
  const { process } = await SecondProcess.start(PARROT);
  await using _process = process;
  await assert.rejects(process.ask("end"), /parrot_far\.ts, ended with code 7/);
});

Deno.test("SecondProcess.startProgram() drives a program that is none of Deno's", async () => {
  const args = ["eval", 'console.log("{}"); for await (const _ of Deno.stdin.readable) break;'];
  const { process, ready } = await SecondProcess.startProgram(Deno.execPath(), args);
  await using _process = process;
  assert.deepEqual(ready, {});
});

Deno.test("SecondProcess.startProgram() finds a program unavailable that is not on PATH", async () => {
  await assert.rejects(
    async () => await SecondProcess.startProgram("no-such-program-anywhere", []),
    (error) => error instanceof UnavailableError && /no-such-program-anywhere/.test(error.message),
  );
});
