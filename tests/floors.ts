/**
 * The floors of the repository, and the check that imports point downward only: nothing on a lower
 * floor knows a higher one, and a folder's `mod.ts` is its face, which other folders import and
 * nothing behind it.
 *
 * Tests beside the code obey the same rules, but may reach another folder's testing face, a file
 * named `testing.ts` or `x_testing.ts`. Inside a folder, imports are free.
 *
 * @module
 */

import { importsOf, isSource } from "./imports.ts";

/** A file or folder at the root of the repository. */
interface Place {
  readonly name: string;
  /** The folder is a set of programs: it has no `mod.ts`, and higher floors import its files. */
  readonly faceless?: true;
  /** The only specifiers by which it may reach the rest of the repository. */
  readonly only?: readonly string[];
}

/** From the top down. Places of one floor do not know each other. */
export const FLOORS: readonly (readonly Place[])[] = [
  [{ name: "main.ts" }, { name: "examples", faceless: true, only: ["@macula/mesh"] }],
  [{ name: "cli", faceless: true }],
  [{ name: "mod.ts" }],
  [{ name: "mesh" }],
  [{ name: "dht" }],
  [{ name: "transport" }],
  [{ name: "security" }],
  [{ name: "actors" }],
  [{ name: "values" }],
  [{ name: "names" }],
  [{ name: "yaml" }],
];

/** Folders that stand beside the floors: they may import anything, and no floor imports them. */
export const FREE: readonly string[] = ["tests", "bench"];

/** What can be wrong, and what to do about it. */
export const RULES = {
  placed: "stands on no floor: move it to one, or add its place to FLOORS in tests/floors.ts",
  plain: "has an escape in its specifier: write it plainly",
  inside: "leaves the repository: name the file by a path inside it",
  floor: "leads to a place on no floor: move what is shared down to a floor",
  down: "does not point downward: move what is shared to the lower floor, or pass it in",
  face: "goes around a face: import the folder's mod.ts, and export there what is needed",
  only: "is not what a user could write: import @macula/mesh, or a file of the same folder",
  faced: "is missing: every folder of the floors has a mod.ts as its face",
  module: "does not begin with a doc comment with @module: say what the folder is",
} as const;

/** One broken rule. */
export interface Violation {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly rule: keyof typeof RULES;
  /** What broke it: an import, or the file itself. */
  readonly what: string;
}

/** Import-map entries that lead into the repository: specifier, or prefix that ends in `/` → path. */
export type Aliases = ReadonlyMap<string, string>;

const TEST = /_test\.[cm]?[jt]sx?$/;
const TESTING_FACE = /(?:^|[/_])testing\.ts$/;
const ROOT = "file:///the-repository-root/";
const OUTSIDE = Symbol("outside of the repository");

/** Reads the aliases out of `deno.json`: its import map, and its own name with its exports. */
export function aliasesOf(
  config: {
    name?: string;
    exports?: string | Record<string, string>;
    imports?: Record<string, string>;
  },
): Aliases {
  const { name = "", exports = {}, imports = {} } = config;
  const own = Object.entries(typeof exports === "string" ? { ".": exports } : exports)
    .map(([key, target]) => [name + key.slice(1), target] as const);
  const local = [...own, ...Object.entries(imports)].filter(([, target]) =>
    /^\.\.?\//.test(target)
  );
  return new Map(local);
}

/** The path from the root that a specifier leads to; `undefined` for a package or a remote module. */
function resolve(
  file: string,
  specifier: string,
  aliases: Aliases,
): string | typeof OUTSIDE | undefined {
  const alias = aliases.has(specifier)
    ? specifier
    : [...aliases.keys()].filter((key) => key.endsWith("/") && specifier.startsWith(key))
      .sort((a, b) => b.length - a.length)[0];
  const path = alias === undefined ? specifier : aliases.get(alias) + specifier.slice(alias.length);
  const isPath = /^\.{0,2}\//.test(path) || path.startsWith("file:");
  if (!isPath) return undefined;
  const { href } = new URL(path, alias === undefined ? ROOT + file : ROOT);
  return href.startsWith(ROOT) ? href.slice(ROOT.length).replace(/[?#].*$/, "") : OUTSIDE;
}

/** The name at the root under which a path stands; `main_test.ts` stands with `main.ts`. */
function rootName(path: string): string {
  const [first = path, ...rest] = path.split("/");
  return rest.length > 0 ? first : first.replace("_test.", ".");
}

function placeOf(path: string): (Place & { floor: number }) | undefined {
  const name = rootName(path);
  const floor = FLOORS.findIndex((places) => places.some((place) => place.name === name));
  const place = FLOORS[floor]?.find((place) => place.name === name);
  return place && { ...place, floor };
}

/** The rule that one import breaks, if any. */
function broken(file: string, specifier: string, aliases: Aliases): keyof typeof RULES | undefined {
  const from = placeOf(file);
  if (from === undefined) return undefined; // a free folder, or reported as `placed`
  if (specifier.includes("\\")) return "plain";
  const target = resolve(file, specifier, aliases);
  if (target === undefined) return undefined;
  if (target === OUTSIDE) return "inside";
  if (rootName(target) === from.name) return undefined;
  if (from.only) return from.only.includes(specifier) ? undefined : "only";
  if (!target.includes("/") && !isSource(target)) return undefined; // data at the root: deno.json
  const to = placeOf(target);
  if (to === undefined) return "floor";
  if (to.floor <= from.floor) return "down";
  if (to.faceless || target === to.name || target === `${to.name}/mod.ts`) return undefined;
  return TEST.test(file) && TESTING_FACE.test(target) ? undefined : "face";
}

/** The folders of the floors among `files` that lack a face, and the faces that lack their essay. */
function faces(files: ReadonlyMap<string, string>): Violation[] {
  const folders = new Set([...files.keys()].filter((file) => file.includes("/")).map(rootName));
  const missing = FLOORS.flat()
    .filter(({ name, faceless }) => !faceless && folders.has(name) && !files.has(`${name}/mod.ts`))
    .map((
      { name },
    ) => ({ file: `${name}/mod.ts`, line: 1, rule: "faced", what: "the file" } as const));
  const silent = [...files]
    .filter(([file]) => /(?:^|\/)mod\.ts$/.test(file))
    .filter(([, text]) => !/^\s*\/\*\*(?:(?!\*\/)[^])*@module\b/.test(text))
    .map(([file]) => ({ file, line: 1, rule: "module", what: "the file" } as const));
  return [...missing, ...silent];
}

/**
 * Checks every rule of the floors.
 *
 * @param files Path from the root, with `/`, → text. Files that are not sources are ignored.
 * @param aliases What the import map adds; see {@link aliasesOf}.
 * @returns What is broken, in the order of the files; empty when the floors hold.
 */
export function violations(files: ReadonlyMap<string, string>, aliases: Aliases): Violation[] {
  const sources = new Map([...files].filter(([file]) => isSource(file)));
  const perFile = [...sources].flatMap(([file, text]): Violation[] => {
    if (FREE.includes(rootName(file))) return [];
    if (!placeOf(file)) return [{ file, line: 1, rule: "placed", what: "the file" }];
    return importsOf(text).flatMap(({ specifier, line }) => {
      const rule = broken(file, specifier, aliases);
      return rule ? [{ file, line, rule, what: `the import of "${specifier}"` }] : [];
    });
  });
  return [...perFile, ...faces(sources)];
}

/** A violation as a line that an editor can jump to. */
export function describe({ file, line, rule, what }: Violation): string {
  return `${file}:${line}: ${what} ${RULES[rule]} [${rule}]`;
}
