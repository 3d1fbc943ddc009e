import { parsePattern } from "../../names/mod.ts";
import {
  parseYaml,
  type YamlEntry,
  YamlError,
  type YamlMap,
  type YamlNode,
} from "../../yaml/mod.ts";
import { FIELDS, READERS, type Report } from "./fields.ts";
import { parseApplicationName, parseRealmAlias } from "./names.ts";
import type { FieldName } from "./policy.ts";
import type { LevelRules, PolicySnapshot, Rule } from "./snapshot.ts";
import { LATER_FIELDS } from "./suites_known.ts";
import { didYouMean, listed, shown } from "./words.ts";

/** A policy file's name and what is in it. */
export interface PolicyFile {
  readonly path: string;
  readonly text: string;
}

/** What was read: the rules, and where the names stand under which they are. */
export interface ReadPolicies {
  readonly snapshot: PolicySnapshot;
  /** `topics.iot/**` → `file:line:column`, of the first file that has it. */
  readonly keys: ReadonlyMap<string, string>;
}

/** Levels that have names under them, and how a name is checked. */
const NAMED: { readonly [level: string]: (name: string) => unknown } = {
  realms: parseRealmAlias,
  topics: parsePattern,
  applications: parseApplicationName,
};

/** The levels, as they are called in files. */
export const LEVELS: readonly string[] = ["defaults", ...Object.keys(NAMED)];

/** An example of what stands under each level, for errors. */
const EXAMPLES: { readonly [level: string]: string } = {
  defaults: "{ app: none }",
  realms: "lob: { app: libsodium }",
  topics: `"iot/**": { app: none }`,
  applications: "com.example.billing: { require: [e2e] }",
};

/**
 * Reads policy files, telling of everything in them that is wrong.
 *
 * @param files in any order: a field may stand in one of them only
 * @param version of the snapshot that is made
 * @param report is told of each error
 * @returns the rules that are right
 */
export function readPolicies(
  files: readonly PolicyFile[],
  version: number,
  report: Report,
): ReadPolicies {
  const rules = new RuleReader(report);
  for (const { path, text } of files) rules.readFile(path, text);
  const paths = files.map(({ path }) => path);
  return { snapshot: rules.snapshot(version, paths), keys: rules.keys };
}

type Fields = Map<FieldName, Rule>;

class RuleReader {
  readonly keys = new Map<string, string>();
  readonly #levels = new Map<string, Map<string, Fields>>(LEVELS.map((it) => [it, new Map()]));
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  readFile(path: string, text: string): void {
    const root = this.#open(path, text);
    if (root === undefined) return;
    if (root === null) {
      const advice = `write a level, such as "defaults: ${EXAMPLES.defaults}", or leave it out`;
      return this.#report(`${path}:1:1`, `the file has no rules: ${advice}`);
    }
    if (root.kind !== "map") {
      const advice = `such as "defaults: ${EXAMPLES.defaults}"`;
      return this.#report(root.at, `expected levels with rules under them, ${advice}`);
    }
    for (const entry of root.entries) this.#readLevel(entry);
  }

  snapshot(version: number, files: readonly string[]): PolicySnapshot {
    const named = (level: string) => {
      const names = [...this.#levels.get(level) ?? []];
      return Object.fromEntries(names.map(([name, fields]) => [name, toRules(fields)]));
    };
    return {
      version,
      files,
      defaults: toRules(this.#levels.get("defaults")?.get("") ?? new Map()),
      realms: named("realms"),
      topics: named("topics"),
      applications: named("applications"),
    };
  }

  #open(path: string, text: string): YamlNode | null | undefined {
    try {
      return parseYaml(text, path);
    } catch (error) {
      if (!(error instanceof YamlError)) throw error;
      this.#report(error.place, error.problem);
      return undefined;
    }
  }

  #readLevel({ key: level, at, node }: YamlEntry): void {
    if (!LEVELS.includes(level)) {
      const hint = didYouMean(level, LEVELS);
      return this.#report(at, `${shown(level)} is no level: there are ${listed(LEVELS)}${hint}`);
    }
    const map = this.#mapOf(level, at, node, EXAMPLES[level] ?? "");
    if (!map) return;
    const check = Object.hasOwn(NAMED, level) ? NAMED[level] : undefined;
    if (!check) return this.#readFields(level, level, "", map);
    for (const { key: name, at: nameAt, node: value } of map.entries) {
      const key = `${level}.${name}`;
      try {
        check(name);
      } catch (error) {
        this.#report(nameAt, (error as Error).message);
        continue;
      }
      if (!this.keys.has(key)) this.keys.set(key, nameAt);
      const fields = this.#mapOf(key, nameAt, value, "{ app: libsodium }");
      if (fields) this.#readFields(level, key, name, fields);
    }
  }

  /** The map under a key, unless it is empty or none. */
  #mapOf(key: string, at: string, node: YamlNode, example: string): YamlMap | undefined {
    const isEmpty = node.kind === "map" ? node.entries.length === 0 : isNothing(node);
    if (isEmpty) {
      this.#report(at, `${key} is empty: write rules under it, such as ${example}, or remove it`);
      return undefined;
    }
    if (node.kind === "map") return node;
    this.#report(node.at, `${key}: expected rules, such as ${example}`);
    return undefined;
  }

  #readFields(level: string, key: string, name: string, { entries }: YamlMap): void {
    const names = this.#levels.get(level) ?? new Map<string, Fields>();
    const fields = names.get(name) ?? new Map<FieldName, Rule>();
    names.set(name, fields);
    for (const { key: word, at, node } of entries) {
      const field = FIELDS.find((field) => field === word);
      if (field === undefined) {
        this.#report(at, complainOfField(word));
        continue;
      }
      const report: Report = (place, problem) => this.#report(place, `${field}: ${problem}`);
      const value = READERS[field](node, report);
      const earlier = fields.get(field);
      if (earlier) {
        const where = `here and at ${earlier.at}`;
        this.#report(node.at, `${field} of ${key} is given twice, ${where}: remove one of the two`);
      } else if (value !== undefined) {
        fields.set(field, { value, at: node.at });
      }
    }
  }
}

function isNothing(node: YamlNode): boolean {
  return node.kind === "value" && node.value === null;
}

function complainOfField(word: string): string {
  if (LATER_FIELDS.includes(word)) {
    return `"${word}" is not supported by this version, which has ${listed(FIELDS)}`;
  }
  return `${shown(word)} is no field: there are ${listed(FIELDS)}${didYouMean(word, FIELDS)}`;
}

function toRules(fields: Fields): LevelRules {
  return Object.fromEntries(fields) as LevelRules;
}
