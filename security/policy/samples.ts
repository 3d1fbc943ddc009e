/**
 * Names on which rules are tried out: few, and among them one for every way in which patterns can
 * meet that two of them decide.
 *
 * @module
 */
import { parsePattern, parseTopic, PatternError } from "../../names/mod.ts";
import { MAX_SAMPLES } from "./constants.ts";
import type { PolicySnapshot } from "./snapshot.ts";

/** What {@linkcode sampleNames} finds. */
export interface Samples {
  readonly names: readonly string[];
  /** The one in a realm that no rule names. */
  readonly stranger: string;
  /** Whether every pair of patterns was looked at. */
  readonly complete: boolean;
}

/**
 * Makes names for the rules of a snapshot: in every realm one that no topic's rule names, and names
 * that each pattern, and each two that have a name in common, match and as few others as can be; `**`
 * is tried at every length up to one more than the longest pattern has.
 */
export function sampleNames({ realms, topics }: PolicySnapshot): Samples {
  const patterns = Object.keys(topics).map((text) => parsePattern(text).segments);
  const fresh = freshSegment([...patterns.flat(), ...Object.keys(realms)]);
  const longest = 1 + Math.max(1, ...patterns.map(({ length }) => length));
  const names = new Set<string>();
  const add = (segments: readonly string[]) => {
    for (const name of instances(segments, longest, fresh)) {
      if (names.size < MAX_SAMPLES && isName(name)) names.add(name);
    }
  };
  const stranger = `${fresh}/${fresh}`;
  names.add(stranger);
  for (const alias of [...Object.keys(realms), ...patterns.map(([realm]) => realm!)]) {
    add([alias, "**"]);
  }
  for (const pattern of patterns) add(pattern);
  for (const [i, a] of patterns.entries()) {
    for (const b of patterns.slice(i + 1)) {
      if (names.size >= MAX_SAMPLES) return { names: [...names], stranger, complete: false };
      const met = meet(a, b);
      if (met) add(met);
    }
  }
  return { names: [...names], stranger, complete: names.size < MAX_SAMPLES };
}

/** The pattern of the names that two patterns have in common, if they have any. */
export function meet(a: readonly string[], b: readonly string[]): readonly string[] | undefined {
  const met: string[] = [];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [x, y] = [a[i], b[i]];
    if (x === undefined || y === undefined) return undefined;
    if (x === "**") return [...met, ...b.slice(i)];
    if (y === "**") return [...met, ...a.slice(i)];
    if (x !== y && x !== "*" && y !== "*") return undefined;
    met.push(x === "*" ? y : x);
  }
  return met;
}

/** Names that a pattern matches, with a segment for its wildcards that no rule names. */
function instances(pattern: readonly string[], longest: number, fresh: string): string[] {
  const filled = pattern.map((segment) => segment === "*" || segment === "**" ? fresh : segment);
  const names = [filled.join("/")];
  if (pattern.at(-1) !== "**") return names;
  for (let length = filled.length; length < longest; length++) {
    names.push(`${names.at(-1)}/${fresh}`);
  }
  return names;
}

/** A segment that stands for any that no rule names. */
function freshSegment(taken: readonly string[]): string {
  const known = new Set(taken);
  let fresh = "any";
  while (known.has(fresh)) fresh += "_";
  return fresh;
}

/** A long pattern's instance may have too many bytes: then it matches nothing. */
function isName(text: string): boolean {
  try {
    parseTopic(text);
    return true;
  } catch (error) {
    if (error instanceof PatternError) return false;
    throw error;
  }
}
