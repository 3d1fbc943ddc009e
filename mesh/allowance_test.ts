import assert from "node:assert/strict";
import fc from "fast-check";
import { Allowance } from "./allowance.ts";

Deno.test("Allowance.allow() lets through no more than so many in any window", () => {
  const steps = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 200 });
  fc.assert(fc.property(fc.integer({ min: 1, max: 5 }), steps, (most, waits) => {
    const allowance = new Allowance(most, 50);
    const let_through: number[] = [];
    let now = 0;
    for (const wait of waits) {
      now += wait;
      const inWindow = let_through.filter((at) => now - at < 50).length;
      assert.equal(allowance.allow(now), inWindow < most);
      if (inWindow < most) let_through.push(now);
    }
  }));
});
