import assert from "node:assert/strict";
import { ByteInbox, decodeCount, encodeCount } from "./streams.ts";

Deno.test("decodeCount() reads what encodeCount() wrote", () => {
  for (const count of [0, 1, 2 ** 40 + 1]) assert.equal(decodeCount(encodeCount(count)), count);
  assert.throws(() => decodeCount(new Uint8Array(7)), /8 bytes, not 7/);
});

Deno.test("ByteInbox.next() settles when the bytes are complete, however they were cut", async () => {
  const inbox = new ByteInbox();
  const next = inbox.next(3);
  inbox.push(Uint8Array.of(1));
  inbox.push(Uint8Array.of(2, 3));
  assert.deepEqual(await next, Uint8Array.of(1, 2, 3));
});

Deno.test("ByteInbox.next() rejects when more comes, and when the connection ends", async () => {
  const inbox = new ByteInbox();
  const next = inbox.next(3);
  inbox.push(new Uint8Array(4));
  await assert.rejects(next, /4 bytes came that nobody waits for/);
  const last = inbox.next(3);
  inbox.fail(new Error("closed"));
  await assert.rejects(last, /closed/);
});
