/** A second process for tests: it repeats its orders, and fails or ends when they say so. @module */
import { orders, say, sayFailed } from "../far_side.ts";

say({ ready: Deno.args });
for await (const order of orders<unknown>()) {
  if (order === "fail") sayFailed(new Error("the parrot is unwell"));
  else if (order === "end") Deno.exit(7);
  else say({ order });
}
