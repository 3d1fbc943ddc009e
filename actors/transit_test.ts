import assert from "node:assert/strict";
import { DEAD_REASONS } from "./dead_reasons.ts";
import { DeadLetters } from "./dead_letters.ts";
import { ShardBooks } from "./shard_books.ts";
import { Transit } from "./transit.ts";

Deno.test("Transit.cut() says once how many messages were on their way", () => {
  const here = new Transit();
  const there = new Transit(here.buffer);
  for (let i = 0; i < 5; i++) here.sent();
  for (let i = 0; i < 3; i++) there.received();
  assert.equal(here.cut(), 2);
  assert.equal(there.cut(), 0, "whoever asks second counts nothing twice");
});

Deno.test("DeadLetters.inherit() takes over what a lost shard has counted and not handled", () => {
  const lost = new ShardBooks();
  const letters = new DeadLetters(new ShardBooks());
  const theirs = new DeadLetters(new ShardBooks(lost.buffer));
  for (let i = 0; i < 7; i++) lost.received();
  for (let i = 0; i < 4; i++) lost.settled();
  theirs.add({ reason: "refused", to: "1.9", handler: "x" });
  letters.add({ reason: "ended", to: "0.9", handler: "x" });
  letters.inherit(new ShardBooks(lost.buffer));
  const { total, byReason } = letters.summary();
  assert.deepEqual(byReason, { ended: 1, refused: 1, "shard-lost": 3 });
  assert.equal(total, 5);
  assert.equal(new Set(DEAD_REASONS).size, DEAD_REASONS.length);
});
