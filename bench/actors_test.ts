import assert from "node:assert/strict";
import { goalOf } from "./actors.ts";

Deno.test("goalOf() asks for its own figure or Erlang's, whichever is harder", () => {
  const erlang = (value: number) => new Map([["erlang", { value }]]);
  assert.deepEqual(goalOf("count", new Map()), { atLeast: 8 });
  assert.deepEqual(goalOf("count", erlang(7)), { atLeast: 8 });
  assert.deepEqual(goalOf("count", erlang(9.5)), { atLeast: 9.5 });
  assert.deepEqual(goalOf("skynet", erlang(3)), { atMost: 3 });
  assert.equal(goalOf("skynet", new Map()), undefined);
  assert.deepEqual(goalOf("ask", erlang(0.5)), { atMost: 1.2 });
});

Deno.test("goalOf() allows an ask between shards 1.3 times what a raw port takes", () => {
  assert.deepEqual(goalOf("xshard-ask", new Map([["raw", { value: 50 }]])), { atMost: 65 });
  assert.equal(goalOf("xshard-ask", new Map()), undefined);
});
