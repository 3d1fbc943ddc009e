import assert from "node:assert/strict";
import { TurnRate } from "./turn_rate.ts";

Deno.test("TurnRate counts the turns of the last whole window, or of the first so far", () => {
  const rate = new TurnRate(0, 0);
  assert.equal(rate.perSecond(0, 0), 0);
  assert.equal(rate.perSecond(500, 100), 200);
  rate.look(1_000, 400);
  assert.equal(rate.perSecond(1_500, 9_000), 400);
  rate.look(3_000, 2_400);
  assert.equal(rate.perSecond(3_001, 2_401), 1_000);
});
