import assert from "node:assert/strict";
import fc from "fast-check";
import { WatchedNames } from "./watched_names.ts";

const NAMES = ["a", "b", "__proto__"];
const name = fc.constantFrom(...NAMES);
const step = fc.oneof(
  fc.record({ start: name, holder: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ end: fc.nat(30) }),
  fc.record({ lose: fc.integer({ min: 1, max: 3 }) }),
  { weight: 2, arbitrary: fc.record({ watch: name, shard: fc.integer({ min: 1, max: 3 }) }) },
);

Deno.test("WatchedNames tells who asked of a holder, then of its end, and nobody else", () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 100, size: "max" }), (steps) => {
    /** What the shards believe: `shard name` to holder. */
    const believed = new Map<string, number>();
    const names = new WatchedNames<number>((shard, name, holder) => {
      const key = `${shard} ${name}`;
      if (holder === undefined) believed.delete(key);
      else believed.set(key, holder);
    });
    const claims: { readonly name: string; readonly claim: number }[] = [];
    for (const what of steps) {
      if ("start" in what) {
        if (names.find(what.start) !== undefined) continue;
        const claim = names.claim(what.start);
        claims.push({ name: what.start, claim });
        names.bind(what.start, claim, what.holder);
      } else if ("end" in what) {
        const ended = claims[what.end];
        if (ended) names.release(ended.name, ended.claim);
      } else if ("lose" in what) {
        names.releaseWhere((holder) => holder === what.lose);
        names.unwatch(what.lose);
        for (const key of [...believed.keys()]) {
          if (key.startsWith(`${what.lose} `)) believed.delete(key);
        }
      } else {
        names.watch(what.watch, what.shard);
        assert.equal(believed.get(`${what.shard} ${what.watch}`), names.find(what.watch));
      }
      const watched = new Set<string>();
      for (const [key, holder] of believed) {
        const name = key.slice(2);
        watched.add(name);
        assert.equal(holder, names.find(name), "what a shard believes is so");
      }
      assert.equal(names.watched, watched.size);
    }
  }));
});

Deno.test("WatchedNames.watch() of a name that is free, or only claimed, says so and is over", () => {
  const told: unknown[] = [];
  const names = new WatchedNames<string>((...news) => told.push(news));
  names.watch("clock", 1);
  const claim = names.claim("clock");
  names.watch("clock", 1);
  names.bind("clock", claim, "holder");
  assert.deepEqual(told, [[1, "clock", undefined], [1, "clock", undefined]]);
  assert.equal(names.watched, 0);
});

Deno.test("WatchedNames.release() with a stale claim tells nobody", () => {
  const told: unknown[] = [];
  const names = new WatchedNames<string>((...news) => told.push(news));
  const stale = names.claim("clock");
  names.release("clock", stale);
  const claim = names.claim("clock");
  names.bind("clock", claim, "holder");
  names.watch("clock", 1);
  names.release("clock", stale);
  assert.deepEqual(told, [[1, "clock", "holder"]]);
  names.release("clock", claim);
  names.release("clock", claim);
  assert.deepEqual(told.slice(1), [[1, "clock", undefined]]);
});
