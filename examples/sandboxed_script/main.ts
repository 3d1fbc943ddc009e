/**
 * A script that nobody trusts, in a process that may do nothing, killed while it spins.
 *
 * Run it with `deno run --allow-net --allow-read --allow-env --allow-ffi --allow-sys --allow-run
 * examples/sandboxed_script/main.ts`. These permissions are the node's; the script has the placement
 * `process`, and none of them. What it got is printed, attempt by attempt, and how many asks the
 * node answered for others while the script was in an endless loop:
 *
 * ```text
 * read a file    ReferenceError: Deno is not defined
 * fetch          ReferenceError: fetch is not defined
 * import         Error: Dynamic require of "npm:yaml" is not supported
 * run a program  ReferenceError: Deno is not defined
 * spin           agents/script has ended (process-lost): agents/script did not answer for 800 ms while
 *                handling "attempt" and was killed
 * meanwhile the node answered 150,000 asks
 * 2 + 3 = 5, says the next incarnation
 * ```
 *
 * @module
 */
import { defineActor, MaculaNode } from "@macula/mesh";
import script from "./script.ts";

const bystander = defineActor(import.meta, () => ({ ping: () => "pong" }));

await using node = await MaculaNode.start({ onCrash: () => {} }); // what crashes is told below
const untrusted = await node.spawn(script, { placement: "process" });
const other = await node.spawn(bystander, { placement: "here" });

for (const what of ["read a file", "fetch", "import", "run a program"]) {
  console.log(what.padEnd(14), await untrusted.ask.attempt(what));
}

let spinning = true;
const spun = untrusted.ask.attempt("spin")
  .catch((error: Error) => error.message)
  .finally(() => spinning = false);
let answered = 0;
for (; spinning; answered++) await other.ask.ping();
console.log("spin".padEnd(14), await spun);
console.log(`meanwhile the node answered ${answered.toLocaleString("en")} asks`);
console.log(`2 + 3 = ${await untrusted.ask.add(2, 3)}, says the next incarnation`);
