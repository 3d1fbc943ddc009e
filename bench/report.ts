/**
 * Results for people: a table a group, its notes below it.
 *
 * @module
 */
import type { Goal, Result } from "./harness.ts";

const HEAD = ["case", "system", "value", "p50 µs", "p99 µs", "lowest to highest", "goal"];
/** Columns that read from the right. */
const NUMBERS = new Set([2, 3, 4, 5]);

/** The results of one group as a table, as wide as they need. */
export function table(results: readonly Result[]): string {
  const rows = [HEAD, ...results.map(cells)];
  const widths = HEAD.map((_, i) => Math.max(...rows.map((row) => (row[i] ?? "").length)));
  const lines = rows.map((row) =>
    row.map((cell, i) => {
      const width = widths[i] ?? 0;
      return NUMBERS.has(i) ? cell.padStart(width) : cell.padEnd(width);
    }).join("  ").trimEnd()
  );
  return [...lines, ...notes(results)].join("\n");
}

/** A number as people read it: `12,345`, `0.1234`. */
export function formatNumber(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 4 });
}

/** A goal in words. */
export function formatGoal(goal: Goal): string {
  return "atLeast" in goal
    ? `at least ${formatNumber(goal.atLeast)}`
    : `at most ${formatNumber(goal.atMost)}`;
}

function cells(result: Result): string[] {
  const { value, unit, p50, p99, spread, goal, met } = result;
  const verdict = goal ? `${formatGoal(goal)}: ${met ? "met" : "MISSED"}` : "";
  return [
    result.case,
    result.system,
    `${formatNumber(value)} ${unit}`,
    p50 === null ? "" : formatNumber(p50),
    p99 === null ? "" : formatNumber(p99),
    `${formatNumber(spread.least)} to ${formatNumber(spread.most)}`,
    verdict,
  ];
}

function notes(results: readonly Result[]): string[] {
  return results.flatMap(({ case: name, system, note, counts = {} }) => {
    const counted = Object.entries(counts).map(([what, count]) => `${what} ${formatNumber(count)}`);
    const said = [...(note === undefined ? [] : [note]), ...counted].join("; ");
    return said === "" ? [] : [`  ${name}, ${system}: ${said}`];
  });
}
