/** A node whose agent spins; says so with the number of the agent's process. @module */
import { Boxes } from "./boxes.ts";

const boxes = await Boxes.start();
const ref = await boxes.spawn(Deno.args[0]!, "process", { box: { unansweredMs: 3_600_000 } });
ref.tell.attempt!();
const children = await Deno.readTextFile(`/proc/self/task/${Deno.pid}/children`);
console.log(children.trim());
