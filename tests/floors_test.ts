import assert from "node:assert/strict";
import fc from "fast-check";
import denoJson from "../deno.json" with { type: "json" };
import { aliasesOf, describe, FLOORS, RULES, violations } from "./floors.ts";
import { importsOf } from "./imports.ts";
import { readTree } from "./tree.ts";

const ALIASES = aliasesOf({ name: "@macula/mesh", exports: "./mod.ts", imports: { "@/": "./" } });

/** The rules that one file with one source breaks, faces aside. */
function rulesBroken(file: string, source: string): string[] {
  return violations(new Map([[file, source]]), ALIASES)
    .map(({ rule }) => rule)
    .filter((rule) => rule !== "faced" && rule !== "module");
}

const FORMS: [form: string, source: string][] = [
  ["import", 'import { a, b as c } from "X";'],
  [
    "import over several lines",
    'import d, {\n  type A, // from "no"\n  "from" as from,\n}\nfrom "X";',
  ],
  ["import without semicolons", "import * as all from 'X'\nlet from = 1"],
  ["import type", 'import type { A } from "X";'],
  ["import for its effect", 'import "X";'],
  ["import with attributes", 'import data from "X" with { type: "json" };'],
  ["export from", 'export { a as default } from "X";'],
  ["export all", 'export * from "X";\nexport * as b from "X";'],
  ["export type", 'export type { A } from "X";'],
  ["dynamic import", 'const m = await import("X");'],
  ["dynamic import of a plain template", "const m = await import(/* eager */ `X`);"],
  ["dynamic import inside a template", "const s = `a ${`${await import('X')}`} b`;"],
  ["import in a type", 'let a: import("X").A;'],
  ["import.meta.resolve", 'const url = import.meta.resolve("X");'],
  ["require", 'const m = require("X");'],
  ["a Worker's module", 'new Worker(new URL("X", import.meta.url), { type: "module" });'],
];

for (const [form, source] of FORMS) {
  Deno.test(`importsOf() finds ${form}`, () => {
    const found = importsOf(source.replaceAll("X", "./x.ts")).map(({ specifier }) => specifier);
    assert.deepEqual(new Set(found), new Set(["./x.ts"]));
    assert.equal(found.length, source.split("X").length - 1);
  });
}

Deno.test("importsOf() gives the line of the specifier", () => {
  const source = '#!/usr/bin/env deno\n/* \n */ const s = `\n`;\nimport {\n  a,\n} from "./x.ts";';
  assert.deepEqual(importsOf(source), [{ specifier: "./x.ts", line: 7 }]);
});

Deno.test("importsOf() finds the imports, and no others, between any other code", () => {
  const noise = fc.constantFrom(
    "// import 'no'",
    "/* export * from 'no' */",
    "/** @example\n * import a from 'no';\n */",
    `const s = "import 'no' \\" from 'no'";`,
    "const t = `import 'no' \\` ${f({ a: `from 'no'` })} from 'no' \\${`;",
    "const r = /[/'\"`]\\/ import 'no'/g;",
    "if (a) /'/.test(b);",
    "const n = (a + b[0]) / c! / 2 + i++ / d.return / 1.5;",
    'const g = () => /"/u;',
    "registry.import('no'); a?.import('no'); ({ import: 'no', from: 'no' });",
    "new URL('./no.json', import.meta.url); new URL('./no.ts', base);",
    "export const from = 'no'; Array.from('no');",
    "export default function () { return `}`; }",
  );
  const real = fc.constantFrom(...FORMS.map(([, source]) => source));
  fc.assert(fc.property(fc.array(fc.oneof(noise, real)), (lines) => {
    const expected: string[] = [];
    const source = lines.join("\n").replaceAll("X", () => {
      expected.push(`./${expected.length}.ts`);
      return expected.at(-1) ?? "";
    });
    assert.deepEqual(importsOf(source).map(({ specifier }) => specifier), expected);
  }));
});

const BAD: [what: string, file: string, specifier: string, rule: keyof typeof RULES][] = [
  ["an upward import", "actors/shard.ts", "../mesh/mod.ts", "down"],
  ["an upward import by a test", "actors/shard_test.ts", "../mesh/mod.ts", "down"],
  ["an upward import from a subfolder", "security/suites/noise.ts", "../../dht/mod.ts", "down"],
  ["an upward import by the package's name", "mesh/node.ts", "@macula/mesh", "down"],
  ["an upward import by an import-map prefix", "values/cbor.ts", "@/actors/mod.ts", "down"],
  ["an upward import out of the public face", "mod.ts", "./cli/node.ts", "down"],
  ["an import of the command", "cli/node.ts", "../main.ts", "down"],
  ["an import of an example by the command", "main.ts", "./examples/chat.ts", "down"],
  ["a way around a mod.ts", "dht/lookup.ts", "../transport/frame.ts", "face"],
  ["a way around a mod.ts into a subfolder", "mesh/node.ts", "../security/suites/mod.ts", "face"],
  ["a way around a mod.ts by a test", "dht/lookup_test.ts", "../transport/frame.ts", "face"],
  ["a testing face outside of a test", "dht/lookup.ts", "../transport/testing.ts", "face"],
  ["a folder that no floor knows", "dht/lookup.ts", "../shared/mod.ts", "floor"],
  ["a dependency on tests/", "dht/lookup_test.ts", "../tests/clock.ts", "floor"],
  ["an example reaching into mesh/", "examples/chat.ts", "../mesh/mod.ts", "only"],
  ["an example not going by the package's name", "examples/chat.ts", "../mod.ts", "only"],
  ["a path out of the repository", "dht/lookup.ts", "../../dht/mod.ts", "inside"],
  ["an absolute path", "dht/lookup.ts", "/dht/id.ts", "inside"],
  ["a file URL", "dht/lookup.ts", "file:///dht/id.ts", "inside"],
  ["an escape in a specifier", "dht/lookup.ts", "\\x2e./mesh/mod.ts", "plain"],
];

for (const [what, file, specifier, rule] of BAD) {
  Deno.test(`violations() catches ${what}`, () => {
    for (const [, source] of FORMS) {
      const count = source.split("X").length - 1;
      const broken = rulesBroken(file, source.replaceAll("X", specifier));
      if (specifier !== "@macula/mesh" || !source.includes("new URL")) {
        assert.deepEqual(broken, Array(count).fill(rule), source);
      }
    }
  });
}

Deno.test("violations() catches a source that stands on no floor", () => {
  assert.deepEqual(rulesBroken("shared/clock.ts", ""), ["placed"]);
  assert.deepEqual(rulesBroken("clock.js", ""), ["placed"]);
});

Deno.test("violations() catches a cycle between any two folders", () => {
  const folders = FLOORS.flat().filter((place) => !place.faceless && !place.name.includes("."));
  for (const { name: a } of folders) {
    for (const { name: b } of folders.filter(({ name }) => name !== a)) {
      const cycle = new Map([
        [`${a}/mod.ts`, `/** @module */\nexport * from "../${b}/mod.ts";`],
        [`${b}/mod.ts`, `/** @module */\nexport * from "../${a}/mod.ts";`],
      ]);
      assert.deepEqual(violations(cycle, ALIASES).map(({ rule }) => rule), ["down"], `${a} ${b}`);
    }
  }
});

Deno.test("violations() catches a folder without a face and a face without its essay", () => {
  const found = violations(
    new Map([
      ["actors/shard.ts", ""],
      ["cli/node.ts", ""],
      ["examples/chat.ts", ""],
      ["mod.ts", "/** The public face. */\n/** @module */"],
      ["values/mod.ts", "/**\n * The domain of values.\n *\n * @module\n */"],
      ["security/mod.ts", "export {}; /** @module */"],
    ]),
    ALIASES,
  );
  assert.deepEqual(
    found.map(({ file, rule }) => `${rule} ${file}`).sort(),
    ["faced actors/mod.ts", "module mod.ts", "module security/mod.ts"],
  );
});

Deno.test("violations() lets imports point downward, stay in their folder, or leave for a package", () => {
  const good: [file: string, specifiers: string[]][] = [
    ["main.ts", ["./cli/node.ts", "./mod.ts", "./actors/mod.ts", "./deno.json", "npm:commander"]],
    ["main_test.ts", ["./main.ts"]],
    ["cli/node.ts", ["./peers.ts", "../mod.ts", "@macula/mesh", "../mesh/mod.ts"]],
    ["examples/chat.ts", ["@macula/mesh", "./chat/room.ts", "node:fs", "npm:yaml@2"]],
    ["examples/chat/room.ts", ["../thermostat.ts", "@macula/mesh"]],
    ["mod.ts", ["./mesh/mod.ts", "./values/mod.ts", "./mod.ts"]],
    ["mod_test.ts", ["./mod.ts", "./mesh/testing.ts"]],
    ["security/suites/noise.ts", ["../policy/merge.ts", "./psk.ts", "../../actors/mod.ts"]],
    ["dht/lookup_test.ts", ["../transport/testing.ts", "../transport/socket_testing.ts"]],
    ["values/cbor.ts", ["cborg", "@noble/hashes/sha2.js", "https://example.org/mesh/mod.ts"]],
    ["tests/end_to_end_test.ts", ["../main.ts", "../dht/lookup.ts", "./clock.ts"]],
    ["bench/transport.ts", ["../transport/frame.ts", "@macula/mesh"]],
  ];
  for (const [file, specifiers] of good) {
    const source = specifiers.map((specifier) => `export * from "${specifier}";`).join("\n");
    assert.deepEqual(rulesBroken(file, source), [], file);
  }
});

Deno.test("aliasesOf() knows the exports and the local entries of the import map", () => {
  const exports = { ".": "./mod.ts", "./testing": "./testing.ts" };
  const imports = { "#actors": "./actors/mod.ts", "cborg": "npm:cborg@6" };
  assert.deepEqual([...aliasesOf({ name: "@a/b", exports, imports })], [
    ["@a/b", "./mod.ts"],
    ["@a/b/testing", "./testing.ts"],
    ["#actors", "./actors/mod.ts"],
  ]);
});

Deno.test("describe() names the file, the line, the import and the rule", () => {
  const source = '/** @module */\nimport "../mesh/mod.ts";';
  assert.deepEqual(violations(new Map([["dht/mod.ts", source]]), ALIASES).map(describe), [
    `dht/mod.ts:2: the import of "../mesh/mod.ts" ${RULES.down} [down]`,
  ]);
});

Deno.test("The repository keeps to its floors", async () => {
  const files = await readTree();
  const own = importsOf(files.get("tests/floors_test.ts") ?? "").map(({ specifier }) => specifier);
  assert(own.includes("./floors.ts"), "the tree was not read");
  assert.deepEqual(violations(files, aliasesOf(denoJson)).map(describe), []);
});
