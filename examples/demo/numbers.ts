/** Numbers from one to another, both included. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What came of a series that its sender numbered 1, 2, 3 … */
export interface Numbers {
  /** The highest that came; 0 if none did. */
  readonly highest: number;
  /** What is missing below it, ascending. */
  readonly missing: readonly Span[];
}

/** How a number came: above all others, after a later one, or once more. */
export type Arrived = "ahead" | "late" | "again";

/** A series of which nothing came. */
export const NOTHING: Numbers = { highest: 0, missing: [] };

/** Enters a number, 1 or more. */
export function enter({ highest, missing }: Numbers, number: number): readonly [Numbers, Arrived] {
  if (number > highest) {
    const skipped = { from: highest + 1, to: number - 1 };
    return [{ highest: number, missing: [...missing, skipped].filter(isSome) }, "ahead"];
  }
  if (!missing.some(({ from, to }) => from <= number && number <= to)) {
    return [{ highest, missing }, "again"];
  }
  return [{ highest, missing: missing.flatMap((span) => without(span, number)) }, "late"];
}

function without({ from, to }: Span, number: number): Span[] {
  if (number < from || to < number) return [{ from, to }];
  return [{ from, to: number - 1 }, { from: number + 1, to }].filter(isSome);
}

function isSome({ from, to }: Span): boolean {
  return from <= to;
}
