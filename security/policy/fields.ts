/**
 * The fields of a policy: how their values are read from YAML, and how they are told to people.
 *
 * @module
 */
import type { YamlNode } from "../../yaml/mod.ts";
import { DURATION_ADVICE, parsePolicyDuration, policyDurationText } from "./duration.ts";
import type { FieldName, FieldValues, OnStale, Property } from "./policy.ts";
import {
  KEY_MANAGEMENTS,
  type Known,
  LAYERS,
  MODIFIERS,
  PROPERTIES,
  STALE_ENDS,
  SUPPORTED_SUITES,
  TRANSPORTS,
} from "./suites_known.ts";
import { didYouMean, listed, shown } from "./words.ts";

/** Is told of what is wrong, and where. */
export type Report = (place: string, problem: string) => void;

/** Reads a field's value; what is wrong is reported, and then there is no value. */
type Reader<F extends FieldName> = (node: YamlNode, report: Report) => FieldValues[F] | undefined;

/** The fields, in the order in which people are told of them. */
export const FIELDS: readonly FieldName[] = [
  "transport",
  "app",
  "key-mgmt",
  "require",
  "on-stale",
  "overlap",
];

/** How each field's value is read. */
export const READERS: { readonly [F in FieldName]: Reader<F> } = {
  transport: wordOf(TRANSPORTS, "transport"),
  app: readSuite,
  "key-mgmt": wordOf(KEY_MANAGEMENTS, "way of key management"),
  require: readProperties,
  "on-stale": readOnStale,
  overlap: readDuration,
};

/**
 * A field's value as a policy file could have it.
 *
 * @param value a value of any field
 */
export function fieldText(value: FieldValues[FieldName]): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return policyDurationText(value);
  if (isOnStale(value)) {
    return `{ grace: ${policyDurationText(value.graceMs)}, then: ${value.then} }`;
  }
  return `[${value.join(", ")}]`;
}

function isOnStale(value: OnStale | readonly Property[]): value is OnStale {
  return !Array.isArray(value);
}

function readText(node: YamlNode, example: string, report: Report): string | undefined {
  if (node.kind === "value" && typeof node.value === "string") return node.value;
  report(node.at, `${found(node)} is not text: write a word, such as ${example}`);
  return undefined;
}

function wordOf<T extends string>({ words, supported }: Known<T>, kind: string) {
  return (node: YamlNode, report: Report): T | undefined => {
    const text = readText(node, supported[0] ?? "", report);
    if (text === undefined) return undefined;
    const word = words.find((word) => word === text);
    if (word !== undefined && supported.includes(word)) return word;
    const problem = word === undefined
      ? unknown(text, kind, words)
      : `"${word}" is not supported by this version, which has ${listed(supported)}`;
    report(node.at, problem);
    return undefined;
  };
}

function unknown(word: string, kind: string, words: readonly string[]): string {
  return `${shown(word)} is no ${kind}: there are ${listed(words)}${didYouMean(word, words)}`;
}

function readSuite(node: YamlNode, report: Report): string | undefined {
  const text = readText(node, "libsodium", report);
  if (text === undefined) return undefined;
  const problem = complainOfSuite(text);
  if (problem === undefined) return text;
  report(node.at, problem);
  return undefined;
}

function complainOfSuite(text: string): string | undefined {
  const layers = text.split("+");
  const words = [...LAYERS, ...MODIFIERS];
  for (const [i, layer] of layers.entries()) {
    if (!words.includes(layer)) {
      return layers.length === 1 ? unknown(layer, "suite", words) : unknown(layer, "layer", words);
    }
    if (layers.indexOf(layer) < i) return `${shown(text)} has "${layer}" twice: name it once`;
    if (LAYERS.includes(layer) && i > 0 && MODIFIERS.includes(layers[i - 1]!)) {
      return `${shown(text)} has "${layer}" behind "${layers[i - 1]}": ` +
        `layers come first, then ${listed(MODIFIERS, "or")}`;
    }
  }
  if (layers.includes("none") && layers.length > 1) {
    return `${shown(text)} adds to "none", which stands alone: leave "none" out`;
  }
  if (MODIFIERS.includes(layers[0]!)) {
    return `${shown(text)} has no layer: put one before it, such as libsodium+${text}`;
  }
  if (SUPPORTED_SUITES.includes(text)) return undefined;
  return `"${text}" is not supported by this version, which has ${listed(SUPPORTED_SUITES)}`;
}

function readProperties(node: YamlNode, report: Report): readonly Property[] | undefined {
  if (node.kind !== "list" || node.items.length === 0) {
    report(node.at, "expected a list of properties, such as [e2e, sender-auth]");
    return undefined;
  }
  const properties = new Set<Property>();
  let sound = true;
  const refuse: Report = (place, problem) => {
    sound = false;
    report(place, problem);
  };
  for (const item of node.items) {
    const text = readText(item, "e2e", refuse);
    if (text === undefined) continue;
    const property = PROPERTIES.find((property) => property === text);
    if (property === undefined) refuse(item.at, unknown(text, "property", PROPERTIES));
    else if (properties.has(property)) refuse(item.at, `"${property}" is given twice: remove one`);
    else properties.add(property);
  }
  return sound ? [...properties].sort() : undefined;
}

function readOnStale(node: YamlNode, report: Report): OnStale | undefined {
  if (node.kind !== "map") {
    report(node.at, `expected ${STALE_EXAMPLE}`);
    return undefined;
  }
  let graceMs: number | undefined;
  let then: OnStale["then"] | undefined;
  for (const { key, at, node: value } of node.entries) {
    if (key === "grace") graceMs = readDuration(value, report);
    else if (key === "then") then = readStaleEnd(value, report);
    else report(at, unknown(key, "part of it", ["grace", "then"]));
  }
  for (const part of ["grace", "then"]) {
    if (node.entries.some(({ key }) => key === part)) continue;
    report(node.at, `"${part}" is missing: write ${STALE_EXAMPLE}`);
  }
  return graceMs === undefined || then === undefined ? undefined : { graceMs, then };
}

const STALE_EXAMPLE = "{ grace: 1h, then: fail-closed }";

const readStaleEnd = wordOf({ words: STALE_ENDS, supported: STALE_ENDS }, "end of a grace");

function readDuration(node: YamlNode, report: Report): number | undefined {
  const value = node.kind === "value" ? node.value : undefined;
  const milliseconds = typeof value === "string" ? parsePolicyDuration(value) : undefined;
  if (milliseconds === undefined) {
    report(node.at, `${found(node)} is no duration: ${DURATION_ADVICE}`);
  }
  return milliseconds;
}

/** A node as errors show it. */
function found(node: YamlNode): string {
  return node.kind === "value" ? shown(node.value) : `a ${node.kind}`;
}
