import assert from "node:assert/strict";
import { createIdentity } from "../security/mod.ts";
import { mutableRecord, readRecord } from "./record.ts";
import { Tally } from "./tally.ts";

const ada = createIdentity();
const record = (sequence: number, text = "") =>
  readRecord(mutableRecord(ada, {
    ...{ name: "key", sequence, validUntil: 1 },
    value: new TextEncoder().encode(text),
  }));

Deno.test("Tally takes the highest sequence and knows who is behind it", () => {
  const tally = new Tally();
  assert(tally.best === null as unknown);
  tally.add("a", record(1));
  tally.add("b", record(3));
  tally.add("c", record(2));
  tally.add("d", record(3));
  assert.equal(tally.best?.sequence, 3);
  assert.deepEqual(tally.behind, ["a", "c"]);
  assert(!tally.equivocal);
});

Deno.test("Tally tells two records of one sequence, and takes the same one in any order", () => {
  const [one, two] = [record(2, "one"), record(2, "two")];
  const bests = [[one, two], [two, one]].map((order) => {
    const tally = new Tally();
    order.forEach((entry, i) => tally.add(`${i}`, entry));
    assert(tally.equivocal);
    return tally.best;
  });
  assert.equal(bests[0], bests[1]);
});

Deno.test("Tally forgets an equivocation that a higher sequence has superseded", () => {
  const tally = new Tally();
  for (const entry of [record(2, "one"), record(2, "two"), record(3)]) tally.add("a", entry);
  assert(!tally.equivocal);
});
