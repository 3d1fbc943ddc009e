import assert from "node:assert/strict";
import fc from "fast-check";
import { didYouMean, editDistance, listed, shown } from "./words.ts";

Deno.test("editDistance() counts insertions, deletions, replacements and swaps", () => {
  const cases: [a: string, b: string, distance: number][] = [
    ["", "", 0],
    ["", "abc", 3],
    ["topics", "topcis", 1],
    ["topics", "topic", 1],
    ["topics", "tropics", 1],
    ["topics", "tonics", 1],
    ["kitten", "sitting", 3],
  ];
  for (const [a, b, distance] of cases) assert.equal(editDistance(a, b), distance, `${a} ${b}`);
});

Deno.test("editDistance() is 0 for equal words only, and the same both ways", () => {
  const word = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 6 }).map((it) => it.join(""));
  fc.assert(fc.property(word, word, (a, b) => {
    assert.equal(editDistance(a, b) === 0, a === b);
    assert.equal(editDistance(a, b), editDistance(b, a));
  }));
});

Deno.test("didYouMean() names the closest word, if one is close", () => {
  const known = ["defaults", "realms", "topics"];
  assert.equal(didYouMean("realm", known), ': did you mean "realms"?');
  assert.equal(didYouMean("Topics", known), ': did you mean "topics"?');
  assert.equal(didYouMean("global", known), "");
  assert.equal(didYouMean("x", ["y"]), "", "a word of one letter is close to every other");
  assert.equal(didYouMean("r".repeat(1e6), known), "");
});

Deno.test("listed() and shown() put words and values into sentences", () => {
  assert.deepEqual([[], ["a"], ["a", "b"], ["a", "b", "c"]].map((it) => listed(it)), [
    "",
    "a",
    "a and b",
    "a, b and c",
  ]);
  assert.equal(shown("x"), '"x"');
  assert.equal(shown(undefined), "undefined");
  assert.equal(shown("😀".repeat(100)).length, 61);
  assert(shown("😀".repeat(100)).isWellFormed() && shown(`a${"😀".repeat(100)}`).isWellFormed());
});
