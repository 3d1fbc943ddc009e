import assert from "node:assert/strict";
import type { CrashReport, ShardStuck } from "./mod.ts";
import { guarded, printAnswering, printCrash, printStuck, runningIn } from "./printed_reports.ts";

/** What is written to stderr meanwhile. */
function written(act: () => void): unknown[] {
  const words: unknown[] = [];
  const { error } = console;
  console.error = (...given: unknown[]) => void words.push(...given);
  try {
    act();
  } finally {
    console.error = error;
  }
  return words;
}

const crash: CrashReport = {
  ...{ actor: "a/b", shard: 2, handler: "add", error: "oops", stack: "", last: ["get", "add"] },
};
const stuck: ShardStuck = {
  ...{ shard: 2, name: "user-1", slot: 7, path: "a/b", inTurn: true, forMs: 1_012 },
};

Deno.test("printCrash() writes who failed, where, and its last messages", () => {
  assert.deepEqual(written(() => printCrash(crash)), [
    "macula: a/b (shard 2) in add: oops\n    last messages: get, add",
  ]);
  const root = { ...crash, actor: "", stack: "Error: oops\n    at x", last: [] };
  assert.deepEqual(written(() => printCrash(root)), [
    "macula: root (shard 2) in add: Error: oops\n    at x",
  ]);
});

Deno.test("printStuck() writes who is running, and that it cannot be ended", () => {
  const [words] = written(() => printStuck(stuck));
  assert.match(
    String(words),
    /^macula: shard "user-1" has not answered for 1012 ms: a\/b is running\./,
  );
  assert.match(String(words), /A Worker that spins cannot be ended/);
  assert.deepEqual(written(() => printAnswering(stuck)), [
    `macula: shard "user-1" answers again, after 1012 ms`,
  ]);
});

Deno.test("runningIn() says what it knows", () => {
  assert.equal(runningIn({ ...stuck, path: null }), "slot 7 is running");
  const outside = runningIn({ ...stuck, inTurn: false });
  assert.match(outside, /^something runs outside of a turn .*; the last turn was that of a\/b$/);
  assert.match(runningIn({ ...stuck, slot: 0, path: null, inTurn: false }), /that loads\)$/);
});

Deno.test("guarded() takes the report itself where the taker throws", () => {
  const error = new RangeError("no");
  const printed: number[] = [];
  const take = guarded("onX", () => {
    throw error;
  }, (report: number) => printed.push(report));
  assert.deepEqual(written(() => take(7)), ["macula: onX threw:", error]);
  assert.deepEqual(printed, [7]);
});
