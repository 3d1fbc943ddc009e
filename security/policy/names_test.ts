import assert from "node:assert/strict";
import { parseApplicationName, parseRealmAlias } from "./names.ts";

Deno.test("parseRealmAlias() takes the first segment of a name, and nothing else", () => {
  for (const alias of ["lob", "Fabrik ü", "constructor"]) {
    assert.equal(parseRealmAlias(alias), alias);
  }
  for (
    const text of ["", "a/b", "/", "*", "**", "a*", "a\n", "\ud800", "x".repeat(253), "__proto__"]
  ) {
    assert.throws(() => parseRealmAlias(text), RangeError, JSON.stringify(text));
  }
});

Deno.test("parseApplicationName() takes words joined by dots, and nothing else", () => {
  for (const name of ["com.example.billing", "billing", "org.x-y.Z9"]) {
    assert.equal(parseApplicationName(name), name);
  }
  for (const text of ["", ".", "a.", ".a", "a..b", "a b", "a\0", "ü", "a_b", "x".repeat(256)]) {
    assert.throws(() => parseApplicationName(text), RangeError, JSON.stringify(text));
  }
});
