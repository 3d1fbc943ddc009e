import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from "yaml";
import { YamlError } from "./yaml_error.ts";

/** A node of the tree; `at` is where it begins, `file:line:column`, both counted from 1. */
export type YamlNode = YamlMap | YamlList | YamlValue;

/** A map, in the order of the text; no key comes twice. */
export interface YamlMap {
  readonly kind: "map";
  readonly entries: readonly YamlEntry[];
  readonly at: string;
}

/** A list. */
export interface YamlList {
  readonly kind: "list";
  readonly items: readonly YamlNode[];
  readonly at: string;
}

/** What is neither map nor list: text, a number, a truth value or nothing. */
export interface YamlValue {
  readonly kind: "value";
  readonly value: string | number | boolean | null;
  readonly at: string;
}

/** A key of a map, and what stands under it. */
export interface YamlEntry {
  /** As text; a number or such as it is written. */
  readonly key: string;
  /** Where the key begins. */
  readonly at: string;
  readonly node: YamlNode;
}

/** The most maps and lists that may stand in one another. */
export const MAX_YAML_DEPTH = 32;

/** What is said instead of the parser's own words, which are for its caller, by its code. */
const WORDS: { readonly [code: string]: string } = {
  MULTIPLE_DOCS: "a second document begins here: a file has one",
};

/**
 * Opens a YAML text.
 *
 * @param source the text of one document
 * @param path the file's name, for places
 * @returns the tree; `null` when there is nothing but comments in it
 * @throws {YamlError} for the first thing that is wrong
 */
export function parseYaml(source: string, path: string): YamlNode | null {
  const lines = new LineCounter();
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  const document = parseDocument(source, {
    lineCounter: lines,
    prettyErrors: false, // they repeat the place
    uniqueKeys: false, // checked below, as texts, so that `1` and `"1"` are one key
    schema: "core", // whatever version a %YAML line names
  });
  const [broken] = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
  const alias = firstAlias(document);
  // A pattern without quotes, `*/x:`, is an alias and makes errors behind itself: it goes first.
  if (alias && (!broken || offsetOf(alias) <= broken.pos[0])) {
    throw new YamlError(place(offsetOf(alias)), complainOfAlias(alias, source));
  }
  if (broken) throw new YamlError(place(broken.pos[0]), WORDS[broken.code] ?? broken.message);
  return document.contents === null ? null : treeOf(document.contents, place, source, 1);
}

type PlaceOf = (offset: number) => string;

function treeOf(node: Node, place: PlaceOf, source: string, depth: number): YamlNode {
  const at = place(offsetOf(node));
  if (depth > MAX_YAML_DEPTH) {
    throw new YamlError(at, `more than ${MAX_YAML_DEPTH} maps and lists stand in one another`);
  }
  if (isSeq(node)) {
    const items = node.items.map((item) => treeOf(item as Node, place, source, depth + 1));
    return { kind: "list", items, at };
  }
  if (!isMap(node)) return { kind: "value", value: scalarOf(node), at };
  const entries: YamlEntry[] = [];
  const seen = new Map<string, string>();
  for (const { key, value } of node.items) {
    const keyNode = key as Node;
    const entryAt = place(offsetOf(keyNode));
    const name = keyOf(keyNode, entryAt);
    const earlier = seen.get(name);
    if (earlier !== undefined) {
      const where = `${JSON.stringify(name)} is given at ${earlier} already`;
      throw new YamlError(entryAt, `keys must be unique: ${where}, so remove one of the two`);
    }
    seen.set(name, entryAt);
    const child: YamlNode = value === null
      ? { kind: "value", value: null, at: entryAt } // `{key}`, without a colon
      : treeOf(value as Node, place, source, depth + 1);
    entries.push({ key: name, at: entryAt, node: child });
  }
  return { kind: "map", entries, at };
}

function scalarOf(node: Node): YamlValue["value"] {
  return isScalar(node) ? node.value as YamlValue["value"] : null;
}

function keyOf(node: Node, at: string): string {
  if (!isScalar(node)) throw new YamlError(at, "a map or a list cannot be a key: write a name");
  return typeof node.value === "string" ? node.value : node.source ?? String(node.value);
}

function firstAlias(document: Document.Parsed): Alias | undefined {
  let first: Alias | undefined;
  visit(document, {
    Alias: (_key, node) => {
      first = node;
      return visit.BREAK;
    },
  });
  return isAlias(first) ? first : undefined;
}

function complainOfAlias(alias: Alias, source: string): string {
  const [start, end] = alias.range ?? [0, 0];
  const text = source.slice(start, end).replace(/:$/, "");
  return `${text} without quotes is an alias in YAML: quote the pattern: ${JSON.stringify(text)}`;
}

function offsetOf(node: Node): number {
  return node.range?.[0] ?? 0;
}
