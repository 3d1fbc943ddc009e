import assert from "node:assert/strict";
import fc from "fast-check";
import { matches, parsePattern, parseTopic } from "../../names/mod.ts";
import { anyNameText, anyPatternText } from "./arbitraries.ts";
import { loadPolicies } from "./load_policies.ts";
import { meet, sampleNames } from "./samples.ts";

Deno.test("meet() is the pattern of exactly those names that both patterns match", () => {
  fc.assert(
    fc.property(anyPatternText, anyPatternText, anyNameText, (a, b, text) => {
      const name = parseTopic(text);
      const both = matches(parsePattern(a), name) && matches(parsePattern(b), name);
      const met = meet(a.split("/"), b.split("/"));
      assert.equal(met !== undefined && matches(parsePattern(met.join("/")), name), both);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("sampleNames() has a name for every realm, pattern and meeting of two patterns", () => {
  const text = 'realms: { lob: { app: none } }\ntopics:\n  "iot/*/b": { app: none }\n' +
    "  iot/a/**: { app: none }\n  any/x: { app: none }\n";
  const snapshot = loadPolicies([{ path: "p.yaml", text }], 1);
  const { names, stranger, complete } = sampleNames(snapshot);
  assert(complete);
  assert.equal(stranger, "any_/any_", "a segment that no rule names");
  for (const name of ["lob/any_", "iot/any_/b", "iot/a/any_", "iot/a/b", "any/x", "any/any_"]) {
    assert(names.includes(name), name);
  }
  assert(names.includes("iot/a/any_/any_"), "one segment more than the longest pattern");
});

Deno.test("sampleNames() stops at its bound, and says so", () => {
  const topics = Object.fromEntries(
    Array.from({ length: 300 }, (_, i) => [`lob/${i % 2 ? `${i}/*` : `*/${i}`}`, {}]),
  );
  const snapshot = { ...loadPolicies([], 1), topics };
  assert.equal(sampleNames(snapshot).complete, false);
});
