/**
 * The rules of the domain in full: what is refused, how it is called, and what to do instead.
 *
 * This walk is slow and thorough, and runs only when the fast one has given up. The two must refuse
 * the same values; a property test holds them to it.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { MAX_BIGINT_BYTES, MAX_DEPTH } from "./constants.ts";
import { carriedAddress, readAddress } from "./refs.ts";
import { formatPath, showText, ValueError } from "./value_error.ts";

/** The largest bigint of the domain. */
export const MAX_BIGINT = (1n << BigInt(8 * MAX_BIGINT_BYTES)) - 1n;
/** The smallest: CBOR writes -1 - n in the bytes of n. */
export const MIN_BIGINT = -1n - MAX_BIGINT;

/** What is wrong with one value, apart from where it stands. */
type Finding = readonly [found: string, advice: string];

/** Where a walk stands: the way from the root, as keys and as the containers passed. */
interface Trail {
  readonly at: string;
  readonly keys: (string | number)[];
  readonly containers: object[];
}

/** What to do about the class instances that people send most. */
const ADVICE = new Map<string, string>([
  ["Map", "send an object made by Object.fromEntries, or an array of pairs"],
  ["Set", "send an array of its elements"],
  ["Promise", "await it before sending it"],
  ["Error", "send its name and message"],
  ["ArrayBuffer", "send new Uint8Array(buffer)"],
  ["SharedArrayBuffer", "no two actors share memory: send a Uint8Array, which is copied"],
  ["URL", "send its href"],
  ["RegExp", "send its source"],
]);

/**
 * Looks for the first thing in a value that is outside of the domain.
 *
 * @param value anything
 * @param at the root of the path in the error
 * @param refs whether refs are allowed
 * @returns the error to throw, or `undefined` when the value is sound
 */
export function findFault(value: unknown, at: string, refs: boolean): ValueError | undefined {
  if (value === undefined) return undefined;
  const trail: Trail = { at, keys: [], containers: [] };
  try {
    const finding = inspect(value, trail, refs);
    return finding && new ValueError(formatPath(at, trail.keys), ...finding);
  } catch (cause) {
    // A proxy's trap: whatever it throws is a trait of the value and not of the walk.
    const found = "an object that cannot be read";
    return new ValueError(formatPath(at, trail.keys), found, "send plain data", { cause });
  }
}

/** Leaves the keys of the place on the trail when it returns a finding. */
function inspect(value: unknown, trail: Trail, refs: boolean): Finding | undefined {
  switch (typeof value) {
    case "number":
    case "boolean":
      return undefined;
    case "string":
      if (value.isWellFormed()) return undefined;
      return ["a string with a lone surrogate", "repair it with toWellFormed(), or send bytes"];
    case "bigint":
      if (value <= MAX_BIGINT && value >= MIN_BIGINT) return undefined;
      return [`a bigint of more than ${MAX_BIGINT_BYTES} bytes`, "send it as a byte array"];
    case "undefined":
      return ["undefined", "leave it out, or use null"];
    case "symbol":
      return ["a symbol", "send a string"];
  }
  return value === null ? undefined : inspectObject(value as object, trail, refs);
}

function inspectObject(value: object, trail: Trail, refs: boolean): Finding | undefined {
  const carried = carriedAddress(value);
  if (carried !== undefined) return inspectRef(carried, refs);
  if (typeof value === "function") {
    return ["a function", "send data, or a ref to an actor that does the work"];
  }
  if (ArrayBuffer.isView(value)) return inspectView(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Array.prototype && Array.isArray(value)) {
    return inspectContainer(value, trail, () => inspectElements(value, trail, refs));
  }
  if (prototype === Object.prototype || prototype === null) {
    return inspectContainer(value, trail, () => inspectProperties(value, trail, refs));
  }
  if (prototype === Date.prototype) {
    const time = readTime(value);
    if (Number.isNaN(time)) return ["an invalid Date", "send a valid one, or null"];
    if (time !== undefined) return undefined;
  }
  return describeInstance(value);
}

function inspectRef(carried: unknown, refs: boolean): Finding | undefined {
  if (readAddress(carried) === undefined) {
    return ["a ref with a malformed address", "send a ref that the runtime made"];
  }
  if (!refs) return ["a ref", "a ref cannot leave its node yet: send the actor's name instead"];
  return undefined;
}

function inspectView(value: ArrayBufferView): Finding | undefined {
  if (Object.getPrototypeOf(value) !== Uint8Array.prototype && !Buffer.isBuffer(value)) {
    const [found] = describeInstance(value);
    return [found, "send its bytes: new Uint8Array(x.buffer, x.byteOffset, x.byteLength)"];
  }
  if (!(value.buffer instanceof ArrayBuffer) || !value.buffer.detached) return undefined;
  return ["a byte array that was transferred away", "send a copy of it, made before the transfer"];
}

function inspectContainer(
  value: object,
  trail: Trail,
  inspectContent: () => Finding | undefined,
): Finding | undefined {
  const ancestor = trail.containers.indexOf(value);
  if (ancestor >= 0) {
    const whole = formatPath(trail.at, trail.keys.slice(0, ancestor));
    return [`a cycle, back to ${whole}`, "send a value that does not contain itself"];
  }
  if (trail.containers.length >= MAX_DEPTH) {
    return [`nested more than ${MAX_DEPTH} levels deep`, "send a flatter value"];
  }
  trail.containers.push(value);
  const finding = inspectContent();
  trail.containers.pop();
  return finding;
}

function inspectElements(value: unknown[], trail: Trail, refs: boolean): Finding | undefined {
  for (let i = 0; i < value.length; i++) {
    trail.keys.push(i);
    if (!(i in value)) return ["a hole in an array", "use null for an element that is not there"];
    const finding = inspect(value[i], trail, refs);
    if (finding !== undefined) return finding;
    trail.keys.pop();
  }
  return undefined;
}

function inspectProperties(value: object, trail: Trail, refs: boolean): Finding | undefined {
  const [symbol] = Object.getOwnPropertySymbols(value);
  if (symbol !== undefined) {
    const shown = showText(symbol.description ?? "");
    return [`an object with the symbol key ${shown}`, "use string keys only"];
  }
  for (const key of Object.keys(value)) {
    trail.keys.push(key);
    const finding = inspectKey(key) ?? inspectProperty(value, key, trail, refs);
    if (finding !== undefined) return finding;
    trail.keys.pop();
  }
  return undefined;
}

function inspectProperty(
  value: object,
  key: string,
  trail: Trail,
  refs: boolean,
): Finding | undefined {
  let found: unknown;
  try {
    found = (value as Record<string, unknown>)[key];
  } catch {
    return ["a getter that throws", "send a plain object that holds the property's value"];
  }
  return inspect(found, trail, refs);
}

/**
 * Judges the key of an object, in a value or in bytes.
 *
 * @param key a property's name
 * @returns what is wrong with it, if anything is
 */
export function inspectKey(key: string): Finding | undefined {
  if (key === "__proto__") return ["a key that names the prototype", "use another key"];
  if (key.charCodeAt(0) === 0) {
    return ["a key that begins with U+0000", "use another key: these are reserved"];
  }
  if (key.isWellFormed()) return undefined;
  return ["a key with a lone surrogate", "repair it with toWellFormed()"];
}

function describeInstance(value: object): Finding {
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  const constructor: unknown = Object.getPrototypeOf(value)?.constructor;
  const own = typeof constructor === "function" ? String(constructor.name) : "";
  const name = own === "" || own === "Object" ? tag : own;
  const advice = ADVICE.get(name) ?? ADVICE.get(tag) ?? "send a plain object with its data";
  if (name === "Object") return ["an object with a prototype of its own", advice];
  return [`${/^[AEIOU]/i.test(name) && !name.startsWith("U") ? "an" : "a"} ${name}`, advice];
}

/** The time of a Date in ms; `undefined` for an object that only has a Date's prototype. */
function readTime(value: object): number | undefined {
  try {
    return Date.prototype.getTime.call(value);
  } catch {
    return undefined; // The method's own check that it was called on a Date.
  }
}
