import type { Output, Part } from "./output.ts";

const GAP = "  ";

/**
 * Prints a table for people: a dim head, columns as wide as they need, numbers to the right, with
 * their units.
 *
 * @param head names of the columns
 * @param rows as many cells as there are columns, each
 */
export function printTable(
  output: Output,
  head: readonly string[],
  rows: readonly (readonly Part[])[],
): void {
  const columns = head.map((name, at) => {
    const cells = rows.map((row) => textOf(row[at] ?? ""));
    return {
      width: cells.reduce((width, { length }) => Math.max(width, length), name.length),
      right: cells.some((cell) => cell !== "") && cells.every((cell) => NUMBER.test(cell)),
    };
  });
  const lineOf = (cells: readonly Part[]): Part[] =>
    columns.flatMap(({ width, right }, at) => {
      const cell = cells[at] ?? "";
      const padding = " ".repeat(width - textOf(cell).length);
      const gap = at === 0 ? "" : GAP;
      const isLast = cells.slice(at + 1).every((later) => textOf(later) === "");
      return right ? [gap + padding, cell] : [gap, cell, isLast ? "" : padding];
    });
  void output.line(["dim", lineOf(head).join("").trimEnd()]);
  for (const row of rows) void output.line(...trimmed(lineOf(row)));
}

/** What stands to the right in its column: a number, perhaps with its unit, or nothing. */
const NUMBER = /^(?:[\d.,]+(?: (?:ms|s|min|MB))?)?$/;

function textOf(part: Part): string {
  return typeof part === "string" ? part : part[1];
}

/** Without the blanks at the end of a line. */
function trimmed(parts: readonly Part[]): readonly Part[] {
  const end = parts.findLastIndex((part) => textOf(part).trim() !== "");
  return parts.slice(0, end + 1);
}

/**
 * Prints names and what they stand for, one a line.
 *
 * @param facts those without a value are left out
 */
export function printFacts(
  output: Output,
  facts: readonly (readonly [name: string, value: Part | undefined])[],
): void {
  const width = Math.max(...facts.map(([name]) => name.length));
  for (const [name, value] of facts) {
    if (value !== undefined) void output.line(["dim", name.padEnd(width)], GAP, value);
  }
}
