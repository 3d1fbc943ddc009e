import assert from "node:assert/strict";
import { formatPath, ValueError } from "./value_error.ts";

Deno.test("ValueError says where, what, and what to do", () => {
  const error = new ValueError("args[0].foo[3]", "a Map", "send an array of pairs");
  assert(error instanceof TypeError);
  assert.equal(error.message, "args[0].foo[3] is a Map: send an array of pairs");
  assert.equal(error.path, "args[0].foo[3]");
  assert.equal(error.found, "a Map");
});

Deno.test("formatPath() writes paths as code does, and quotes and cuts what is no identifier", () => {
  assert.equal(formatPath("args", [0, "foo", 3, "naïve", "$x"]), "args[0].foo[3].naïve.$x");
  assert.equal(formatPath("v", ["a b", "", "1", "\n"]), 'v["a b"][""]["1"]["\\n"]');
  assert.equal(formatPath("v", ["x".repeat(100)]), `v["${"x".repeat(40)}…"]`);
});
