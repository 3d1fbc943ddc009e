/**
 * A counter that survives its crashes and, with `--data`, those of its process.
 *
 * Run it with `deno run --allow-net --allow-read --allow-env --allow-ffi --allow-sys
 * examples/crash_counter/main.ts`:
 *
 * ```text
 * counted to 3
 * crashed at 3, and went on: counted to 4
 * ```
 *
 * With `--allow-write` as well, and `--data <folder>` behind the path, it keeps its count in that
 * folder, and waits to be killed. However that is done, the next run counts on from there:
 *
 * ```text
 * counted to 3
 * crashed at 3, and went on: counted to 4
 * process 4711 waits: end it with kill -9 4711, and run this again
 * ```
 *
 * @module
 */
import { MaculaNode } from "@macula/mesh";
import counter from "./counter.ts";

const at = Deno.args.indexOf("--data");
const data = at < 0 ? undefined : Deno.args[at + 1];
if (at >= 0 && data === undefined) {
  console.error("--data needs a folder: --data ./counter-data");
  Deno.exit(2);
}
const persists = data !== undefined;

await using node = await MaculaNode.start({
  onCrash: () => {}, // told below
  ...data !== undefined && { data },
});
const ref = await node.spawn(counter, { args: [{ persists }], name: "counter", persist: persists });

await ref.ask.add(1);
await ref.ask.add(1);
console.log("counted to", await ref.ask.add(1));
const failure = await ref.ask.crash().catch((error: Error) => error.message);
console.log(`${failure}, and went on: counted to`, await ref.ask.add(1));

if (persists) {
  const { pid } = Deno;
  console.log(`process ${pid} waits: end it with kill -9 ${pid}, and run this again`);
  await node.failed; // until it is killed
}
