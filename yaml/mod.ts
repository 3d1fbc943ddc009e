/**
 * YAML texts, opened with the place of everything in them: what configuration and policy files are
 * read with, so that an error can say file, line and column.
 *
 * {@linkcode parseYaml} gives a small tree of maps, lists and values. What is no YAML, a key that is
 * given twice, an alias (which a bare `*` is) and a tag that YAML's core schema does not have are
 * {@linkcode YamlError}s with their place; so is everything else that the parser only warns of.
 *
 * What this floor does not know is what a file is about. It opens one document of YAML 1.2; anchors
 * mean nothing, since there are no aliases.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseYaml, YamlError } from "./mod.ts";
 *
 * const root = parseYaml("listen: 127.0.0.1:4433\n", "macula.yaml");
 * assert(root?.kind === "map");
 * assert.deepEqual(root.entries[0], {
 *   key: "listen",
 *   at: "macula.yaml:1:1",
 *   node: { kind: "value", value: "127.0.0.1:4433", at: "macula.yaml:1:9" },
 * });
 * assert.throws(() => parseYaml("a: 1\na: 2\n", "macula.yaml"), YamlError);
 * ```
 *
 * @module
 */
export {
  MAX_YAML_DEPTH,
  parseYaml,
  type YamlEntry,
  type YamlList,
  type YamlMap,
  type YamlNode,
  type YamlValue,
} from "./document.ts";
export { YamlError } from "./yaml_error.ts";
