/**
 * Values as JSON, in both directions. JSON has no byte arrays, bigints, dates, and not every number;
 * they are objects with one key that begins with `$`:
 *
 * | value | JSON |
 * |---|---|
 * | byte array | `{"$bytes":"AQID"}`, base64 |
 * | bigint | `{"$bigint":"12345678901234567890"}` |
 * | date | `{"$date":"2026-01-31T12:00:00.000Z"}` |
 * | `NaN`, `Infinity`, `-Infinity`, `-0`, integers from 2⁵³ | `{"$number":"NaN"}` … |
 * | an object whose only key begins with `$` | the same with one more `$`: `{"$$date":…}` |
 * | nothing (`undefined`, only as a whole) | nothing: the key is left out, no line is printed |
 *
 * @module
 */

import type { Value } from "../values/mod.ts";
import { wrongUse } from "./failure.ts";
import { printableJson } from "./printable.ts";

/** What `JSON.stringify` takes as it is. */
type Json = null | boolean | number | string | undefined | Json[] | { [key: string]: Json };

/** Numbers that JSON cannot say. */
const ODD_NUMBERS: ReadonlyMap<string, number> = new Map([
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
  ["-0", -0],
]);

/**
 * A value as one line of JSON.
 *
 * @returns `undefined` for nothing
 */
export function valueToJson(value: Value): string | undefined {
  const json = JSON.stringify(toJson(value)) as string | undefined;
  return json === undefined ? undefined : printableJson(json);
}

/**
 * What people write on the command line or on a line of stdin: JSON if it parses, else text.
 *
 * @param raw takes it as text, whatever it looks like
 * @throws {Failure} wrong use, for a `$` form that is broken or an integer that would lose digits
 */
export function readValue(text: string, raw: boolean): Value {
  if (raw) return text;
  try {
    return valueFromJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

/**
 * The value that a text of JSON says.
 *
 * @throws {SyntaxError} when it is no JSON
 * @throws {RangeError} when it is nested too deep
 * @throws {Failure} as {@linkcode readValue} does
 */
export function valueFromJson(text: string): Value {
  return fromJson(JSON.parse(text, exactIntegers));
}

/** The form in which {@linkcode JSON.stringify} says a value. */
export function toJson(value: Value): Json {
  switch (typeof value) {
    case "number":
      // What JSON says of a large integer, others (and `exactIntegers`) may take for another one.
      return isPlain(value) ? value : { $number: Object.is(value, -0) ? "-0" : String(value) };
    case "bigint":
      return { $bigint: String(value) };
    case "object":
      break;
    default:
      return value;
  }
  if (value === null) return null;
  if (value instanceof Uint8Array) return { $bytes: value.toBase64() };
  if (value instanceof Date) return { $date: value.toISOString() };
  if (Array.isArray(value)) return value.map(toJson);
  const entries = Object.entries(value as { [key: string]: Value });
  const lone = entries.length === 1;
  return Object.fromEntries(
    entries.map(([key, inner]) => [lone && key.startsWith("$") ? `$${key}` : key, toJson(inner)]),
  );
}

/** The value that a parsed JSON text says. */
function fromJson(json: Json): Value {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map((item) => fromJson(item) as null);
  const entries = Object.entries(json);
  const [first] = entries;
  if (first && entries.length === 1 && first[0].startsWith("$")) return marked(...first);
  return Object.fromEntries(entries.map(([key, inner]) => [key, fromJson(inner) as null]));
}

function marked(key: string, inner: Json): Value {
  switch (key) {
    case "$bytes":
      return bytesOf(inner);
    case "$bigint":
      if (typeof inner === "string" && /^-?\d+$/.test(inner)) return BigInt(inner);
      throw broken(key, inner, `decimal digits in quotes`);
    case "$date": {
      const date = new Date(typeof inner === "string" ? inner : NaN);
      if (!Number.isNaN(date.getTime())) return date;
      throw broken(key, inner, `a time such as "2026-01-31T12:00:00Z"`);
    }
    case "$number": {
      const number = typeof inner === "string" ? ODD_NUMBERS.get(inner) ?? Number(inner) : NaN;
      if (inner === "NaN" || Object.is(number, -0) || String(number) === inner) return number;
      throw broken(
        key,
        inner,
        `a number in quotes, or one of ${[...ODD_NUMBERS.keys()].join(", ")}`,
      );
    }
  }
  const plain = key.startsWith("$$") ? key.slice(1) : key;
  return Object.fromEntries([[plain, fromJson(inner) as null]]);
}

/** Whether JSON says the number as it is. */
function isPlain(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0) &&
    (!Number.isInteger(value) || Number.isSafeInteger(value));
}

function bytesOf(inner: Json): Uint8Array {
  try {
    if (typeof inner === "string") return Uint8Array.fromBase64(inner);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw broken("$bytes", inner, "base64 in quotes");
}

function broken(key: string, inner: Json, right: string): Error {
  return wrongUse(
    `{"${key}":${JSON.stringify(inner)}} stands for a value that it does not say: expected ` +
      `${right}; for an object with that very key write "$${key}"`,
  );
}

/** A reviver that refuses what `JSON.parse` would round. */
function exactIntegers(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  if (typeof value === "number" && source !== undefined && /^-?\d+$/.test(source)) {
    if (Object.is(value, -0)) return 0;
    if (!Number.isSafeInteger(value)) {
      throw wrongUse(
        `${source} has more digits than a number holds: write {"$bigint":"${source}"}, or put it ` +
          `in quotes as text`,
      );
    }
  }
  return value;
}
