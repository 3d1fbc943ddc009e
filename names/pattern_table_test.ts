import assert from "node:assert/strict";
import fc from "fast-check";
import { comparePatterns, matches, parsePattern, parseTopic, type Pattern } from "./pattern.ts";
import { PatternTable } from "./pattern_table.ts";

const anySegment = fc.constantFrom("a", "b");
const anyTopic = fc.array(anySegment, { minLength: 2, maxLength: 4 })
  .map((segments) => parseTopic(segments.join("/")));
const anyPattern = fc.tuple(
  anySegment,
  fc.array(fc.oneof(anySegment, fc.constant("*")), { maxLength: 2 }),
  fc.constantFrom("a", "b", "*", "**"),
).map(([realm, middle, last]) => parsePattern([realm, ...middle, last].join("/")));

Deno.test("PatternTable agrees with a list that is searched with matches()", () => {
  const anyStep = fc.record({
    kind: fc.constantFrom("add", "add", "delete"),
    pattern: anyPattern,
    value: fc.nat({ max: 3 }),
  });
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 40 }), fc.array(anyTopic), (steps, topics) => {
      const table = new PatternTable<number>();
      let model: [pattern: Pattern, value: number][] = [];
      for (const { kind, pattern, value } of steps) {
        const isIt = ([p, v]: [Pattern, number]) => p.text === pattern.text && v === value;
        const known = model.some(isIt);
        if (kind === "add") {
          assert.equal(table.add(pattern, value), !known);
          if (!known) model.push([pattern, value]);
        } else {
          assert.equal(table.delete(pattern, value), known);
          model = model.filter((entry) => !isIt(entry));
        }
        assert.equal(table.size, model.length);
      }
      for (const topic of topics) {
        const expected = model.filter(([pattern]) => matches(pattern, topic))
          .sort(([a], [b]) => comparePatterns(a, b)).map(([, value]) => value);
        assert.deepEqual(table.match(topic), expected);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("PatternTable.match() returns the most specific pattern's values first", () => {
  const table = new PatternTable<string>();
  for (const text of ["lob/**", "lob/*/*", "lob/a/**", "lob/a/b", "lob/*/b", "lob/a/*"]) {
    table.add(parsePattern(text), text);
  }
  const expected = ["lob/a/b", "lob/a/*", "lob/a/**", "lob/*/b", "lob/*/*", "lob/**"];
  assert.deepEqual(table.match(parseTopic("lob/a/b")), expected);
});

Deno.test("PatternTable takes a segment for what it is, whatever its name", () => {
  const table = new PatternTable<number>();
  table.add(parsePattern("lob/__proto__/constructor"), 1);
  assert.deepEqual(table.match(parseTopic("lob/__proto__/constructor")), [1]);
  assert.deepEqual(table.match(parseTopic("lob/toString")), []);
});

Deno.test("PatternTable.delete() leaves other values and the patterns beside it alone", () => {
  const table = new PatternTable<number>();
  const [short, long] = [parsePattern("lob/a"), parsePattern("lob/a/b")];
  table.add(short, 1);
  table.add(short, 2);
  table.add(long, 3);
  assert.equal(table.delete(short, 1), true);
  assert.equal(table.delete(short, 1), false);
  assert.equal(table.delete(parsePattern("lob/*"), 2), false);
  assert.deepEqual(table.match(parseTopic("lob/a")), [2]);
  assert.equal(table.delete(short, 2), true);
  assert.deepEqual(table.match(parseTopic("lob/a/b")), [3]);
});
