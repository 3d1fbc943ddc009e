/**
 * The chaos soak: `deno task soak [--seconds 30] [--actors 1000] [--boxes 16] [--seed 1] [--json]`.
 *
 * A tree of supervisors of supervisors, in the main isolate and two user shards, with leaves of all
 * four placements, is told, asked, linked, stopped and killed at random: by handlers that throw, by
 * exits, by SIGKILL, by loops and by memory without end in processes, and by shards that are lost.
 * What must hold when it has come to rest:
 *
 * 1. **The tree is whole.** Every permanent and transient actor of the plan is there once, running,
 *    with an empty mailbox.
 * 2. **Every send, ask and stream has settled once**, with its own answer if with any; but for those
 *    whose asker was lost with its shard, and the promise with it.
 * 3. **The books balance, message by message.** Each message has a number, and its sender takes it
 *    down before it is sent, in a file that outlives whoever is killed; its receiver takes down, as
 *    the last thing that its handler does, that it was handled; and the kernels' dead letters are
 *    taken down by number as they are buried. In the end each message that was sent
 *    - was handled, and is no dead letter; or
 *    - is a dead letter, once, with one reason, of which `unknown` is that of what a process had in
 *      hand when it was lost; or
 *    - is neither: it was lost with a shard, on its way there or from there, or in there. Nothing
 *      that is left has seen it, and the runtime must have counted it all the same.
 *
 *    For each reason the runtime's own count (`ActorSystem.deadLetters`) is exactly the number of
 *    those that were taken down, and for `shard-lost` that number and the number of those that are
 *    neither. So sent = handled + dead letters, to the last one.
 *
 * Two things are said no more exactly than they can be. A handler that awaits, answers with a
 * stream, or runs in a box, may come to its end in the very moment in which its actor ends, before
 * its kernel hears of it: what it took down is then overruled by the dead letter. And messages to
 * the runtime's own actors (of a spawn, a name, a group) are in nobody's books.
 *
 * Exit codes: 0 all is well, 1 something is not (it is listed, and the journal stays to look at), 2
 * wrong use.
 *
 * @module
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { soak, type SoakResult } from "./soak.ts";

/** Deeds between two moments in which what they set off happens. */
const BURST = 20;
/** Looks at the tree before it is said not to come to rest: a minute of them. */
const LOOKS = 3_000;
/** Problems that are listed. */
const LISTED = 30;

/** Runs it; the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: "string", default: "30" },
      actors: { type: "string", default: "1000" },
      boxes: { type: "string", default: "16" },
      seed: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
    },
  });
  const folder = await Deno.makeTempDir({ prefix: "macula-soak-" });
  const seconds = whole("seconds", values.seconds);
  let until = NaN;
  let told = 0;
  const result = await soak({
    seed: whole("seed", values.seed),
    actors: whole("actors", values.actors),
    boxes: whole("boxes", values.boxes),
    burst: BURST,
    journal: join(folder, "journal"),
    looks: LOOKS,
    goOn() {
      const now = performance.now();
      if (Number.isNaN(until)) until = now + seconds * 1_000;
      return now < until;
    },
    onProgress({ deeds, crashes, pending }) {
      const now = performance.now();
      if (!Deno.stderr.isTerminal() || now - told < 500) return;
      told = now;
      const left = Math.max(0, Math.ceil((until - now) / 1_000));
      const words = `${deeds} deeds, ${crashes} crashes, ${pending} pending, ${left} s left`;
      Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${words}`));
    },
  });
  if (Deno.stderr.isTerminal()) Deno.stderr.writeSync(new TextEncoder().encode("\r\x1b[K"));
  console.log(values.json ? JSON.stringify(result) : table(result));
  if (result.problems.length > 0) {
    console.error(`the journal is in ${folder}`);
    return 1;
  }
  await Deno.remove(folder, { recursive: true });
  return 0;
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new UsageError(`--${name} is "${text}": give a whole number`);
}

class UsageError extends Error {}

/** The result for people: what was done, what came of it, and what is wrong. */
function table({ problems, deeds, ...rest }: SoakResult): string {
  const lines = [
    ["deeds", ...Object.entries(deeds).map(([kind, count]) => `  ${kind.padEnd(20)}${count}`)],
    ["result", ...rows(rest, "  ")],
    problems.length === 0 ? ["all is well: the tree is whole, and the books balance"] : [
      `${problems.length} problems`,
      ...problems.slice(0, LISTED).map((problem) => `  ${problem}`),
    ],
  ];
  return lines.flat().join("\n");
}

function rows(record: object, indent: string): string[] {
  return Object.entries(record).flatMap(([key, value]) =>
    typeof value === "object" && value !== null
      ? [`${indent}${key}`, ...rows(value, `${indent}  `)]
      : [`${indent}${key.padEnd(22 - indent.length)}${value}`]
  );
}

if (import.meta.main) {
  try {
    Deno.exitCode = await main(Deno.args);
  } catch (error) {
    const isUsage = error instanceof UsageError ||
      (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
    if (!isUsage) throw error;
    console.error((error as Error).message);
    Deno.exitCode = 2;
  }
}
