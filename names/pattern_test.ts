import assert from "node:assert/strict";
import fc from "fast-check";
import {
  comparePatterns,
  matches,
  parsePattern,
  parseTopic,
  type Pattern,
  PatternError,
  realmOf,
} from "./pattern.ts";

const anySegment = fc.constantFrom("a", "b", "c");
const anyTopic = fc.array(anySegment, { minLength: 2, maxLength: 5 })
  .map((segments) => parseTopic(segments.join("/")));
const anyPattern = fc.tuple(
  anySegment,
  fc.array(fc.oneof(anySegment, fc.constant("*")), { maxLength: 3 }),
  fc.constantFrom("a", "b", "*", "**"),
).map(([realm, middle, last]) => parsePattern([realm, ...middle, last].join("/")));

/** The same meaning, told by a regular expression. */
function toRegExp(pattern: Pattern): RegExp {
  const parts = pattern.segments.map((segment) =>
    segment === "**" ? "[^/]+(/[^/]+)*" : segment === "*" ? "[^/]+" : segment
  );
  return new RegExp(`^${parts.join("/")}$`);
}

Deno.test("parseTopic() splits a name into its realm and segments", () => {
  const topic = parseTopic("iot/sensor/Dach ü/7");
  assert.deepEqual(topic, {
    text: "iot/sensor/Dach ü/7",
    segments: ["iot", "sensor", "Dach ü", "7"],
  });
  assert.equal(realmOf(topic), "iot");
  assert.equal(realmOf(parsePattern("lob/**")), "lob");
});

Deno.test("parseTopic() and parsePattern() say what is wrong and in which segment", () => {
  const refused: [text: string, segment: number | undefined, complaint: RegExp][] = [
    ["", 0, /topic "" has an empty segment 1: write <realm>/],
    ["lob", undefined, /"lob" has a realm only: name a segment in it, such as lob\//],
    ["/lob/x", 0, /empty segment 1/],
    ["lob//x", 1, /empty segment 2/],
    ["lob/x/", 2, /empty segment 3/],
    ["lob/x\ny", 1, /control character in segment 2 \("x\\ny"\)/],
    ["lob/\u0085", 1, /control character/],
    ["lob/\u007f", 1, /control character/],
    ["lob/\ud800", undefined, /lone surrogate/],
    [`lob/${"x".repeat(252)}`, undefined, /more than 255 bytes of UTF-8: shorten it/],
    [`lob/${"é".repeat(126)}`, undefined, /more than 255 bytes/],
    [`lob/${"x".repeat(1e6)}`, undefined, /"lob\/x{36}…" has more than 255 bytes/],
  ];
  for (const [text, segment, complaint] of refused) {
    for (const parse of [parseTopic, parsePattern]) {
      assert.throws(() => parse(text), (error) => {
        assert(error instanceof PatternError && error instanceof TypeError);
        assert.equal(error.text, text);
        assert.equal(error.segment, segment);
        if (parse === parseTopic) assert.match(error.message, complaint);
        return true;
      });
    }
  }
  assert.throws(() => parseTopic(7 as unknown as string), /topic "7" is not a string/);
  assert.throws(() => parseTopic("lob", "procedure"), /procedure "lob" has a realm only/);
  assert.throws(() => parsePattern("lob"), /such as lob\/\*\*/);
});

Deno.test("parseTopic() takes 255 bytes and not one more", () => {
  for (const filling of ["x".repeat(251), "é".repeat(125) + "x", "水".repeat(83) + "é"]) {
    assert.equal(new TextEncoder().encode(`lob/${filling}`).length, 255);
    assert.equal(parseTopic(`lob/${filling}`).segments[1], filling);
    assert.throws(() => parseTopic(`lob/${filling}x`), PatternError);
  }
});

Deno.test("parseTopic() refuses wildcards", () => {
  for (const text of ["lob/*", "lob/**", "lob/a*b", "*/a"]) {
    assert.throws(() => parseTopic(text), /has a \* in segment \d .*: names are literal/);
  }
});

Deno.test("parsePattern() says what * and ** mean where they are misplaced", () => {
  const refused: [text: string, segment: number, complaint: RegExp][] = [
    ["*/alerts", 0, /wildcard for a realm in segment 1 \("\*"\): write the realm's name/],
    ["**/alerts", 0, /wildcard for a realm/],
    ["l*b/alerts", 0, /wildcard for a realm/],
    ["lob/a*b", 1, /\* within segment 2 \("a\*b"\): \* stands for exactly one whole segment/],
    ["lob/***", 1, /\* within segment 2/],
    ["lob/**/x", 1, /goes on after segment 2 \("\*\*"\): \*\* stands for one or more/],
    ["lob/**/**", 1, /goes on after segment 2/],
  ];
  for (const [text, segment, message] of refused) {
    assert.throws(() => parsePattern(text), { name: "PatternError", text, segment, message });
  }
});

Deno.test("parsePattern() tells patterns with wildcards from literal ones", () => {
  assert.equal(parsePattern("lob/a").literal, true);
  assert.equal(parsePattern("lob/*/a").literal, false);
  assert.equal(parsePattern("lob/**").literal, false);
});

Deno.test("matches() takes * for exactly one segment and ** for one or more", () => {
  const matrix: [pattern: string, topic: string, expected: boolean][] = [
    ["lob/*", "lob/a", true],
    ["lob/*", "lob/a/b", false],
    ["lob/**", "lob/a", true],
    ["lob/**", "lob/a/b/c", true],
    ["lob/**", "iot/a", false],
    ["lob/a/**", "lob/a", false],
    ["lob/*/b", "lob/a/b", true],
    ["lob/*/b", "lob/a/c", false],
    ["lob/*/**", "lob/a", false],
    ["lob/*/**", "lob/a/b", true],
    ["lob/a", "lob/a", true],
    ["lob/a", "lob/A", false],
  ];
  for (const [pattern, topic, expected] of matrix) {
    assert.equal(
      matches(parsePattern(pattern), parseTopic(topic)),
      expected,
      `${pattern} ${topic}`,
    );
  }
});

Deno.test("matches() agrees with a regular expression of the same meaning", () => {
  fc.assert(
    fc.property(anyPattern, anyTopic, (pattern, topic) => {
      assert.equal(matches(pattern, topic), toRegExp(pattern).test(topic.text));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("comparePatterns() puts literal before * before ** at the first difference", () => {
  const sorted = [
    "lob/a",
    "lob/a/b",
    "lob/a/*",
    "lob/a/**",
    "lob/b/a",
    "lob/*/a",
    "lob/*/**",
    "lob/**",
  ]
    .map(parsePattern);
  for (let i = 0; i < sorted.length; i++) {
    for (let j = 0; j < sorted.length; j++) {
      const order = Math.sign(comparePatterns(sorted[i]!, sorted[j]!));
      assert.equal(order, Math.sign(i - j), `${sorted[i]!.text} ${sorted[j]!.text}`);
    }
  }
});

Deno.test("comparePatterns() is a total order", () => {
  fc.assert(
    fc.property(anyPattern, anyPattern, anyPattern, (a, b, c) => {
      const [ab, bc, ac] = [comparePatterns(a, b), comparePatterns(b, c), comparePatterns(a, c)];
      assert.equal(Math.sign(ab) + Math.sign(comparePatterns(b, a)), 0);
      assert.equal(ab === 0, a.text === b.text);
      if (ab <= 0 && bc <= 0) assert(ac <= 0);
    }),
    { numRuns: 2000 },
  );
});
