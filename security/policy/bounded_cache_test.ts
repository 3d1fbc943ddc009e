import assert from "node:assert/strict";
import { BoundedCache } from "./bounded_cache.ts";

Deno.test("BoundedCache lets the oldest entry go when one too many comes", () => {
  const cache = new BoundedCache<number>(2);
  cache.add("a", 1);
  cache.add("b", 2);
  assert.equal(cache.get("a"), 1);
  cache.add("c", 3);
  assert.deepEqual(["a", "b", "c"].map((key) => cache.get(key)), [undefined, 2, 3]);
  assert.equal(cache.size, 2);
});
