import assert from "node:assert/strict";
import { DeadlineError, HandlerError } from "../mod.ts";
import { BoxPort } from "./box_port.ts";
import { MAX_REQUEST_BYTES, MAX_REQUESTS } from "./constants.ts";
import type { Frame } from "./protocol.ts";

function port(bytes = 10) {
  const sent: Frame[] = [];
  return {
    sent,
    port: new BoxPort((frame) => {
      sent.push(frame);
      return bytes;
    }),
  };
}
const ask = (request: number): Frame => ["ask", request];
const wire = (code: string, data = {}) => ({ code, message: "words", data });

Deno.test("BoxPort.request() settles with the answer to its own number, once", async () => {
  const { sent, port: box } = port();
  const [first, second] = [box.request(ask), box.request(ask)];
  assert.deepEqual(sent, [["ask", 1], ["ask", 2]]);
  box.settled(2, "two");
  box.settled(2, "again");
  box.failed(1, wire("deadline"), null);
  assert.equal(await second, "two");
  await assert.rejects(first, DeadlineError);
});

Deno.test("BoxPort.request() fails with the class that the error had at its owner", async () => {
  const { port: box } = port();
  const failures = [
    [wire("handler", { name: "X" }), null, HandlerError],
    [wire("handler"), "RangeError", RangeError],
    [wire("handler"), "TypeError", TypeError],
    [wire("handler"), "EvalError", HandlerError],
  ] as const;
  for (const [i, [error, builtIn, expected]] of failures.entries()) {
    const request = box.request(ask);
    box.failed(i + 1, error, builtIn);
    await assert.rejects(request, expected);
  }
});

Deno.test("BoxPort.request() gives up with its signal, and says so", async () => {
  const { sent, port: box } = port();
  const controller = new AbortController();
  const request = box.request(ask, controller.signal);
  controller.abort();
  await assert.rejects(request, { name: "AbortError" });
  assert.deepEqual(sent.at(-1), ["cancel", 1]);
  box.settled(1, "late");
  await assert.rejects(box.request(ask, controller.signal), { name: "AbortError" });
  assert.equal(sent.length, 2);
});

Deno.test("BoxPort.request() bounds how many requests wait, and how many bytes", async () => {
  const { port: many } = port();
  const all = Array.from({ length: MAX_REQUESTS }, () => many.request(ask));
  await assert.rejects(many.request(ask), /1024 requests .* wait for their results/);
  many.settled(1, "done");
  assert.equal(await all[0], "done");
  all.push(many.request(ask));

  const { port: large } = port(MAX_REQUEST_BYTES);
  void large.request(ask);
  await assert.rejects(large.request(ask), RangeError);
  large.settled(1, undefined);
  void large.request(ask);
});

Deno.test("BoxPort.request() rejects where its frame cannot be sent, and forgets it", async () => {
  const box = new BoxPort(() => {
    throw new RangeError("too large");
  });
  await assert.rejects(box.request(ask), /too large/);
});
