import assert from "node:assert/strict";
import { Window } from "./window.ts";

Deno.test("Window.push() makes one wait as soon as `size` promises are outstanding", async () => {
  const window = new Window(2);
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  assert.equal(window.push(first.promise), undefined);
  const room = window.push(second.promise);
  assert(room instanceof Promise);
  assert.equal(window.outstanding, 2);
  first.resolve();
  await room;
  assert.equal(window.outstanding, 1);
  second.resolve();
});

Deno.test("Window.push() counts a promise that rejects as settled", async () => {
  const window = new Window(1);
  await window.push(Promise.reject(new Error("lost")));
  assert.equal(window.outstanding, 0);
});

Deno.test("Window refuses a size that is no positive whole number", () => {
  for (const size of [0, -1, 1.5, NaN]) assert.throws(() => new Window(size), RangeError);
});
