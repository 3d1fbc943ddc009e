/**
 * The names of topics and procedures, and the patterns over them.
 *
 * A name is `<realm>/<segment>/…`: the realm's alias and one or more segments. A pattern may have
 * `*` in the place of any segment but the realm, for exactly one, and `**` in the last place, for
 * one or more. The one matcher serves subscriptions, policies and permissions. Names are compared
 * by code point: no case folding, no normalisation.
 *
 * @module
 */

/** The most bytes of UTF-8 that a name or a pattern may have: its length fits one byte. */
export const MAX_NAME_BYTES = 255;

/** The fewest segments of a name or a pattern: the realm and one more. */
export const MIN_SEGMENTS = 2;

/** The name of a topic or a procedure, parsed. */
export interface Topic {
  readonly text: string;
  /** The parts between the slashes; the first is the realm. */
  readonly segments: readonly string[];
}

/** A pattern over names, parsed. */
export interface Pattern {
  readonly text: string;
  /** The parts between the slashes; `*` and `**` stand for themselves, the first is the realm. */
  readonly segments: readonly string[];
  /** Whether it has no wildcard, and so matches one name only: its own text. */
  readonly literal: boolean;
}

/** What a text was meant to be; errors call it so. */
export type NameKind = "topic" | "procedure" | "pattern";

/**
 * A text is no name or no pattern. It is a class of its own for those who read names from a file
 * and add the line to the message.
 */
export class PatternError extends TypeError {
  override readonly name = "PatternError";
  /** The text as it was given. */
  readonly text: string;
  /** The index of the segment that is wrong; left out where the whole is. */
  readonly segment?: number;

  /**
   * @param kind what the text was meant to be
   * @param text the text
   * @param complaint what is wrong and what to do, fit to follow the quoted text
   * @param segment the index of the segment that is wrong, if it is one
   */
  constructor(kind: NameKind, text: string, complaint: string, segment?: number) {
    const shown = text.length > MAX_NAME_BYTES ? `${text.slice(0, 40)}…` : text;
    super(`${kind} ${JSON.stringify(shown)} ${complaint}`);
    this.text = text;
    if (segment !== undefined) this.segment = segment;
  }
}

/**
 * Parses the name of a topic or a procedure.
 *
 * @param text `<realm>/<segment>/…`: two segments or more, none empty, no control characters, no
 * `*`, well-formed, at most 255 bytes of UTF-8
 * @param kind what errors call it
 * @returns the name, parsed
 * @throws {PatternError} when the text is no name
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { matches, parsePattern, parseTopic } from "./pattern.ts";
 *
 * const topic = parseTopic("iot/sensor/roof");
 * assert(matches(parsePattern("iot/sensor/*"), topic));
 * assert(matches(parsePattern("iot/**"), topic));
 * assert(!matches(parsePattern("iot/*"), topic));
 * ```
 */
export function parseTopic(text: string, kind: "topic" | "procedure" = "topic"): Topic {
  const segments = split(text, kind);
  const starred = text.includes("*") ? segments.findIndex((segment) => segment.includes("*")) : -1;
  if (starred >= 0) {
    const complaint = `has a * in ${show(segments, starred)}: ` +
      `names are literal, wildcards are for patterns, so leave it out`;
    throw new PatternError(kind, text, complaint, starred);
  }
  return { text, segments };
}

/**
 * Parses a pattern. A name is a pattern too, and matches itself.
 *
 * @param text as a name, but any segment after the realm may be `*`, and the last one `**`
 * @returns the pattern, parsed
 * @throws {PatternError} when the text is no pattern
 */
export function parsePattern(text: string): Pattern {
  const segments = split(text, "pattern");
  if (!text.includes("*")) return { text, segments, literal: true };
  for (let i = 0; i < segments.length; i++) {
    const complaint = complainOfWildcard(segments, i);
    if (complaint !== undefined) throw new PatternError("pattern", text, complaint, i);
  }
  return { text, segments, literal: false };
}

function complainOfWildcard(segments: readonly string[], i: number): string | undefined {
  const segment = segments[i]!;
  if (!segment.includes("*")) return undefined;
  const shown = show(segments, i);
  if (i === 0) return `has a wildcard for a realm in ${shown}: write the realm's name`;
  if (segment === "*") return undefined;
  if (segment !== "**") {
    return `has a * within ${shown}: * stands for exactly one whole segment ` +
      `and ** for one or more at the end, so write the segment in full or as *`;
  }
  if (i === segments.length - 1) return undefined;
  return `goes on after ${shown}: ** stands for one or more segments and comes last, ` +
    `so end the pattern there or write * for each segment`;
}

// deno-lint-ignore no-control-regex -- the control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const utf8 = new TextEncoder();

function split(text: string, kind: NameKind): readonly string[] {
  if (typeof text !== "string") {
    throw new PatternError(kind, String(text), "is not a string: write <realm>/<segment>/…");
  }
  if (text.length * 3 > MAX_NAME_BYTES) checkLength(text, kind);
  if (!text.isWellFormed()) {
    throw new PatternError(kind, text, "has a lone surrogate: repair it with toWellFormed()");
  }
  const segments = text.split("/");
  for (let i = 0; i < segments.length; i++) {
    if (segments[i] !== "") continue;
    const complaint = `has an empty ${show(segments, i)}: ` +
      `write <realm>/<segment>/… with one slash between segments and none around them`;
    throw new PatternError(kind, text, complaint, i);
  }
  if (CONTROL.test(text)) {
    const i = segments.findIndex((segment) => CONTROL.test(segment));
    const complaint = `has a control character in ${show(segments, i)}: leave it out`;
    throw new PatternError(kind, text, complaint, i);
  }
  if (segments.length < MIN_SEGMENTS) {
    const example = kind === "pattern" ? `, such as ${text}/**` : `, such as ${text}/status`;
    throw new PatternError(kind, text, `has a realm only: name a segment in it${example}`);
  }
  return segments;
}

function checkLength(text: string, kind: NameKind): void {
  // The text may be a stranger's, of any length: encode no more of it than can be right.
  const { length } = text.length > MAX_NAME_BYTES ? text : utf8.encode(text);
  if (length <= MAX_NAME_BYTES) return;
  const complaint = `has more than ${MAX_NAME_BYTES} bytes of UTF-8: shorten it`;
  throw new PatternError(kind, text, complaint);
}

function show(segments: readonly string[], i: number): string {
  const shown = segments[i] === "" ? "" : ` (${JSON.stringify(segments[i])})`;
  return `segment ${i + 1}${shown}`;
}

/**
 * Tells the realm of a name or a pattern.
 *
 * @param name a name or a pattern
 * @returns the realm's alias, the first segment
 */
export function realmOf(name: Topic | Pattern): string {
  return name.segments[0]!;
}

/**
 * Whether a pattern matches a name.
 *
 * @param pattern the pattern
 * @param topic the name
 * @returns whether every segment agrees
 */
export function matches(pattern: Pattern, topic: Topic): boolean {
  const wanted = pattern.segments;
  const given = topic.segments;
  if (pattern.literal) return pattern.text === topic.text;
  const last = wanted.length - 1;
  const open = wanted[last] === "**";
  if (open ? given.length < wanted.length : given.length !== wanted.length) return false;
  const fixed = open ? last : wanted.length;
  for (let i = 0; i < fixed; i++) {
    if (wanted[i] !== given[i] && wanted[i] !== "*") return false;
  }
  return true;
}

/**
 * Orders patterns, the more specific first.
 *
 * Of two patterns that match one name, the first segment in which they differ decides: literal
 * before `*` before `**`. Where both are literal there, they have no name in common and go by that
 * segment's code units, and a pattern that another one continues goes first, so that the order is
 * total: 0 is for patterns of one text only.
 *
 * @param a a pattern
 * @param b another
 * @returns below 0 when `a` goes first, above 0 when `b` does, 0 when they are the same
 */
export function comparePatterns(a: Pattern, b: Pattern): number {
  const shared = Math.min(a.segments.length, b.segments.length);
  for (let i = 0; i < shared; i++) {
    const x = a.segments[i]!;
    const y = b.segments[i]!;
    if (x !== y) return rank(x) - rank(y) || (x < y ? -1 : 1);
  }
  return a.segments.length - b.segments.length;
}

function rank(segment: string): number {
  return segment === "**" ? 2 : segment === "*" ? 1 : 0;
}
