import assert from "node:assert/strict";
import fc from "fast-check";
import { Ring } from "./ring.ts";

Deno.test("Ring gives back what was pushed, oldest first, like an array", () => {
  const commands = fc.array(fc.option(fc.nat()), { maxLength: 300, size: "max" });
  fc.assert(fc.property(commands, (pushes) => {
    const ring = new Ring<number>();
    const model: number[] = [];
    for (const item of pushes) {
      if (item === null) assert.equal(ring.shift(), model.shift());
      else if (item % 5 === 0) assert.equal(ring.pop(), model.pop());
      else ring.push(item), model.push(item);
      assert.equal(ring.size, model.length);
      assert.equal(ring.peek(), model[0]);
      assert.deepEqual([...ring], model);
    }
  }));
});

Deno.test("Ring.shift() on an empty ring is undefined and leaves it usable", () => {
  const ring = new Ring<string>();
  assert.equal(ring.shift(), undefined);
  ring.push("a");
  assert.equal(ring.shift(), "a");
  assert.equal(ring.shift(), undefined);
});

Deno.test("Ring grows while its oldest item is not the first of its array", () => {
  const ring = new Ring<number>();
  for (let i = 0; i < 6; i++) ring.push(i);
  for (let i = 0; i < 5; i++) ring.shift();
  for (let i = 6; i < 40; i++) ring.push(i);
  assert.deepEqual([...ring], Array.from({ length: 35 }, (_, i) => i + 5));
});
