import assert from "node:assert/strict";
import { STRICT } from "../testing/conformance.ts";
import { lifeLineCut, lifeLineName } from "./life_line.ts";

/** A Worker that holds a life line, and ends as it is told. */
async function holder(how: string): Promise<[Worker, name: string]> {
  const name = lifeLineName();
  const url = new URL("./testing/line_holder.ts", import.meta.url);
  const worker = new Worker(url, { type: "module" });
  const held = new Promise((resolve) => worker.onmessage = resolve);
  worker.onerror = (event) => event.preventDefault();
  worker.postMessage({ name, how });
  await held;
  return [worker, name];
}

for (const how of ["close", "exit"]) {
  Deno.test(
    `lifeLineCut() tells the end of a Worker that ends in silence: ${how}`,
    STRICT,
    async () => {
      const [worker, name] = await holder(how);
      assert.equal(await lifeLineCut(name, new AbortController().signal), true);
      worker.terminate();
    },
  );
}

Deno.test(
  "lifeLineCut() waits for as long as the Worker lives, or until it is told not to",
  STRICT,
  async () => {
    const [worker, name] = await holder("live");
    const waiting = new AbortController();
    const cut = lifeLineCut(name, waiting.signal);
    waiting.abort();
    assert.equal(await cut, false);
    worker.terminate();
    assert.equal(await lifeLineCut(name, new AbortController().signal), true);
  },
);
