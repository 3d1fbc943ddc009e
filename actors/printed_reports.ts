import type { CrashReport, ShardStuck } from "./reports.ts";

/** Writes a crash report to stderr. */
export function printCrash(report: CrashReport): void {
  const { actor, shard, handler, error, stack, last } = report;
  const trail = last.length > 0 ? `\n    last messages: ${last.join(", ")}` : "";
  // Further lines are indented: an error's words must not look like a report of their own.
  const words = (stack || error).replace(/\n(?! {4})/g, "\n    ");
  console.error(`macula: ${actor || "root"} (shard ${shard}) in ${handler}: ${words}${trail}`);
}

/** Writes to stderr that a shard does not answer, and what can be done. */
export function printStuck(stuck: ShardStuck): void {
  console.error(
    `macula: shard "${stuck.name}" has not answered for ${stuck.forMs} ms: ${runningIn(stuck)}. ` +
      `A Worker that spins cannot be ended (Deno 2.9): no new actors go there until it answers, and ` +
      `if it never does, the process must be started again. Spawn what may spin with placement ` +
      `"process", which can be killed`,
  );
}

/** Writes to stderr that a shard answers again. */
export function printAnswering({ name, forMs }: ShardStuck): void {
  console.error(`macula: shard "${name}" answers again, after ${forMs} ms`);
}

/** Who is running in a shard that does not answer. */
export function runningIn({ path, slot, inTurn }: ShardStuck): string {
  const who = path ?? `slot ${slot}`;
  if (inTurn) return `${who} is running`;
  const what =
    "something runs outside of a turn (after an await, in a timer, in a module that loads)";
  return slot === 0 ? what : `${what}; the last turn was that of ${who}`;
}

/**
 * A taker of reports that does not fail who calls it.
 *
 * @param name what it is called in the options
 * @param take the user's taker, which may throw
 * @param print takes the report if it did
 */
export function guarded<T>(
  name: string,
  take: (report: T) => void,
  print: (report: T) => void,
): (report: T) => void {
  return (report) => {
    try {
      take(report);
    } catch (error) {
      print(report);
      console.error(`macula: ${name} threw:`, error);
    }
  };
}
