/**
 * A table from patterns to values: who has subscribed, which policy holds, what a grant allows.
 *
 * @module
 */
import type { Pattern, Topic } from "./pattern.ts";

/** A segment's place in the tree of patterns. Most have one of the four: none is made early. */
class Branch<T> {
  /** The branches that go on with a literal segment. */
  literals: Map<string, Branch<T>> | undefined = undefined;
  /** The branch that goes on with `*`. */
  star: Branch<T> | undefined = undefined;
  /** The values of the pattern that goes on with `**`, and so ends. */
  rest: Set<T> | undefined = undefined;
  /** The values of the pattern that ends here. */
  ends: Set<T> | undefined = undefined;

  get isBare(): boolean {
    return this.ends === undefined && this.rest === undefined && this.literals === undefined &&
      this.star === undefined;
  }
}

/**
 * Holds values under patterns, and finds those whose pattern matches a name.
 *
 * The patterns form a tree by their segments. A look-up follows the branches that agree with the
 * name so far and no others: what does not match costs nothing, however much of it there is.
 *
 * @typeParam T what is held; compared as a `Set` does
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parsePattern, parseTopic } from "./pattern.ts";
 * import { PatternTable } from "./pattern_table.ts";
 *
 * const table = new PatternTable<string>();
 * table.add(parsePattern("iot/**"), "all");
 * table.add(parsePattern("iot/sensor/*"), "sensors");
 * table.add(parsePattern("lob/orders"), "orders");
 * assert.deepEqual(table.match(parseTopic("iot/sensor/roof")), ["sensors", "all"]);
 * ```
 */
export class PatternTable<T> {
  readonly #root = new Branch<T>();
  #size = 0;

  /** How many values are held, each counted once under every pattern that it was added to. */
  get size(): number {
    return this.#size;
  }

  /**
   * Puts a value under a pattern.
   *
   * @param pattern the pattern
   * @param value the value
   * @returns whether it was not there yet
   */
  add(pattern: Pattern, value: T): boolean {
    let branch = this.#root;
    let values: Set<T> | undefined;
    for (const segment of pattern.segments) {
      if (segment === "**") values = branch.rest ??= new Set();
      else if (segment === "*") branch = branch.star ??= new Branch();
      else branch = growLiteral(branch, segment);
    }
    values ??= branch.ends ??= new Set();
    if (values.has(value)) return false;
    values.add(value);
    this.#size++;
    return true;
  }

  /**
   * Takes a value away from a pattern, and with the last one every trace of the pattern.
   *
   * @param pattern the pattern under which it was put
   * @param value the value
   * @returns whether it was there
   */
  delete(pattern: Pattern, value: T): boolean {
    if (!prune(this.#root, pattern.segments, 0, value)) return false;
    this.#size--;
    return true;
  }

  /**
   * Finds the values whose pattern matches a name.
   *
   * @param topic the name
   * @returns the values in the order of `comparePatterns`, so the most specific pattern's first, and
   * those of one pattern in the order in which they were added; a value that stands under several of
   * the patterns comes once for each
   */
  match(topic: Topic): T[] {
    const found: T[] = [];
    collect(this.#root, topic.segments, 0, found);
    return found;
  }
}

function growLiteral<T>(branch: Branch<T>, segment: string): Branch<T> {
  const literals = branch.literals ??= new Map<string, Branch<T>>();
  let grown = literals.get(segment);
  if (grown === undefined) literals.set(segment, grown = new Branch());
  return grown;
}

/** Deletes on the way down, and cuts off what has become bare on the way up. */
function prune<T>(branch: Branch<T>, segments: readonly string[], i: number, value: T): boolean {
  const segment = segments[i];
  if (segment === undefined) {
    if (!branch.ends?.delete(value)) return false;
    if (branch.ends.size === 0) branch.ends = undefined;
  } else if (segment === "**") {
    if (!branch.rest?.delete(value)) return false;
    if (branch.rest.size === 0) branch.rest = undefined;
  } else if (segment === "*") {
    if (branch.star === undefined || !prune(branch.star, segments, i + 1, value)) return false;
    if (branch.star.isBare) branch.star = undefined;
  } else {
    const literal = branch.literals?.get(segment);
    if (literal === undefined || !prune(literal, segments, i + 1, value)) return false;
    if (literal.isBare) branch.literals!.delete(segment);
    if (branch.literals!.size === 0) branch.literals = undefined;
  }
  return true;
}

/** Goes down literal first, then `*`, then `**`: the order of specificity without any sorting. */
function collect<T>(branch: Branch<T>, segments: readonly string[], i: number, found: T[]): void {
  const segment = segments[i];
  if (segment === undefined) return append(branch.ends, found);
  const literal = branch.literals?.get(segment);
  if (literal !== undefined) collect(literal, segments, i + 1, found);
  if (branch.star !== undefined) collect(branch.star, segments, i + 1, found);
  append(branch.rest, found);
}

function append<T>(values: Set<T> | undefined, found: T[]): void {
  if (values === undefined) return;
  for (const value of values) found.push(value);
}
