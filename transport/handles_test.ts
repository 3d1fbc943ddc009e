import assert from "node:assert/strict";
import { Handles } from "./handles.ts";

Deno.test("Handles.take() gives a handle once", () => {
  const handles = new Handles<string>();
  handles.put(1, "one");
  assert.equal(handles.take(1), "one");
  assert.throws(() => handles.take(1), RangeError);
  handles.put(2, "two");
  handles.drop(2);
  assert.throws(() => handles.take(2), RangeError);
});
