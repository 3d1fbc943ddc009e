import type { Output, Part } from "./output.ts";

const GAP = "  ";

/**
 * Prints a table for people: a dim head, columns as wide as they need, numbers to the right.
 *
 * @param head names of the columns
 * @param rows as many cells as there are columns, each
 */
export function printTable(
  output: Output,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const columns = head.map((name, at) => {
    const cells = rows.map((row) => row[at] ?? "");
    return {
      width: Math.max(name.length, ...cells.map((cell) => cell.length)),
      right: cells.length > 0 && cells.every((cell) => /^[\d.,]+$/.test(cell)),
    };
  });
  const lineOf = (cells: readonly string[]): string =>
    columns.map(({ width, right }, at) => {
      const cell = cells[at] ?? "";
      return right ? cell.padStart(width) : cell.padEnd(width);
    }).join(GAP).trimEnd();
  void output.line(["dim", lineOf(head)]);
  for (const row of rows) void output.line(lineOf(row));
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
