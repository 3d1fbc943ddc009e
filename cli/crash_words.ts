import type { CrashReport } from "../mod.ts";
import type { Output } from "./output.ts";

/**
 * A taker of crash reports for commands: a line on stderr, with the stack if that is asked for, and
 * an event with `--json`.
 */
export function crashTeller(output: Output): (report: CrashReport) => void {
  return (report) => {
    void output.event({ event: "crash", ...report });
    const { actor, handler, error, stack, last } = report;
    void output.note(["red", "crash"], ` in ${actor || "a shard"}, ${handler}: ${error}`);
    if (!output.verbose) return;
    if (last.length > 0) void output.note(["dim", `last messages: ${last.join(", ")}`]);
    for (const line of stack.split("\n")) void output.note(["dim", line]);
  };
}
