import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_YAML_DEPTH, parseYaml, YamlError, type YamlNode } from "./mod.ts";

/** The tree without its places, and its places in the order of the text. */
function plain(node: YamlNode | null, places: string[] = []): unknown {
  if (node === null) return null;
  places.push(node.at);
  if (node.kind === "value") return node.value;
  if (node.kind === "list") return node.items.map((item) => plain(item, places));
  return Object.fromEntries(node.entries.map(({ key, at, node }) => {
    places.push(at);
    return [key, plain(node, places)];
  }));
}

function problem(source: string): string {
  try {
    parseYaml(source, "a.yaml");
  } catch (error) {
    assert(error instanceof YamlError && error instanceof SyntaxError, String(error));
    assert.equal(error.message, `${error.place}: ${error.problem}`);
    return error.message;
  }
  assert.fail(`accepted: ${source}`);
}

Deno.test("parseYaml() gives maps, lists and values with the places at which they begin", () => {
  const places: string[] = [];
  const source = "# first\nname: lob\nlist: [a, 2]\nmap:\n  deep:\n    - true\n    - ~\n";
  const tree = plain(parseYaml(source, "x/a.yaml"), places);
  assert.deepEqual(tree, { name: "lob", list: ["a", 2], map: { deep: [true, null] } });
  assert.deepEqual(places, [
    ...["x/a.yaml:2:1", "x/a.yaml:2:1", "x/a.yaml:2:7", "x/a.yaml:3:1", "x/a.yaml:3:7"],
    ...["x/a.yaml:3:8", "x/a.yaml:3:11", "x/a.yaml:4:1", "x/a.yaml:5:3", "x/a.yaml:5:3"],
    ...["x/a.yaml:6:5", "x/a.yaml:6:7", "x/a.yaml:7:7"],
  ]);
});

Deno.test("parseYaml() gives null where there is nothing but comments", () => {
  for (const source of ["", "\n", "# nothing\n", "---\n"]) {
    assert.equal(plain(parseYaml(source, "a.yaml")), null, JSON.stringify(source));
  }
  assert.equal(parseYaml("", "a.yaml"), null);
});

Deno.test("parseYaml() reads keys as text, as they are written", () => {
  const entries = (source: string) => {
    const root = parseYaml(source, "a.yaml");
    return root?.kind === "map" ? root.entries.map(({ key }) => key) : [];
  };
  assert.deepEqual(entries("007: a\ntrue: b\n~: c\n'x y': d\n"), ["007", "true", "~", "x y"]);
  assert.deepEqual(entries("<<: {a: 1}\n__proto__: 2\n"), ["<<", "__proto__"]);
  assert.deepEqual(entries("{a, b: 1}"), ["a", "b"]);
});

Deno.test("parseYaml() takes values of YAML's core schema only, whatever version is named", () => {
  const source = "%YAML 1.1\n---\na: yes\nb: 2001-01-01\nc: 1:30\nd: 0o17\n";
  const tree = { a: "yes", b: "2001-01-01", c: "1:30", d: 15 };
  assert.deepEqual(plain(parseYaml(source, "a.yaml")), tree);
});

Deno.test("parseYaml() says the place of what is wrong, and what would be right", () => {
  const quote = (text: string) =>
    `${text} without quotes is an alias in YAML: quote the pattern: "${text}"`;
  const cases: readonly (readonly [source: string, error: string])[] = [
    ["topics:\n  */x: { app: none }\n", `a.yaml:2:3: ${quote("*/x")}`],
    ["topics:\n  */x:\n    app: none\n", `a.yaml:2:3: ${quote("*/x")}`],
    ["topics: {*/x: {app: none}}", `a.yaml:1:10: ${quote("*/x")}`],
    ["topics:\n  **: { app: none }\n", `a.yaml:2:3: ${quote("**")}`],
    ["topics:\n  * : { app: none }\n", `a.yaml:2:3: ${quote("*")}`],
    ["*/x: 1\n", `a.yaml:1:1: ${quote("*/x")}`],
    ["a: &x 1\nb: *x\n", `a.yaml:2:4: ${quote("*x")}`],
    [
      "a: 1\nb: 2\na: 3\n",
      `a.yaml:3:1: keys must be unique: "a" is given at a.yaml:1:1 already, so remove one of the two`,
    ],
    [
      'a: {1: x, "1": y}',
      `a.yaml:1:11: keys must be unique: "1" is given at a.yaml:1:5 already, so remove one of the two`,
    ],
    ["a: b: c", "a.yaml:1:4: Nested mappings are not allowed in compact mappings"],
    ["\ta: 1", "a.yaml:1:1: Tabs are not allowed as indentation"],
    ["a: 'x\n", "a.yaml:2:1: Missing closing 'quote"],
    ["a: 1\n---\nb: 1\n", "a.yaml:2:1: a second document begins here: a file has one"],
    ["a: !secret x\n", "a.yaml:1:4: Unresolved tag: !secret"],
    ["%YAML 3.0\n---\na: 1\n", "a.yaml:1:7: Unsupported YAML version 3.0"],
    ["? [a]\n: b\n", "a.yaml:1:3: a map or a list cannot be a key: write a name"],
    [
      `${"[".repeat(33)}${"]".repeat(33)}`,
      `a.yaml:1:33: more than ${MAX_YAML_DEPTH} maps and lists stand in one another`,
    ],
  ];
  for (const [source, error] of cases) assert.equal(problem(source), error);
});

Deno.test("parseYaml() survives a text that nests deeper than the stack", () => {
  assert.match(problem("[".repeat(100_000)), /^a\.yaml:1:\d+: /);
  assert.match(problem("- ".repeat(50_000)), /^a\.yaml:1:\d+: /);
  assert.match(problem("{a: ".repeat(50_000)), /^a\.yaml:1:\d+: /);
});

Deno.test("parseYaml() throws nothing but a YamlError, whatever the text is", () => {
  const bits = fc.constantFrom(
    ..."*&!%|>{}[],:?-#'\" \n\t\\abc0~<@`".split(""),
    "a: ",
    "\n  ",
    "*/x:",
  );
  const texts = fc.oneof(fc.string({ unit: "binary" }), fc.array(bits).map((it) => it.join("")));
  fc.assert(
    fc.property(texts, (source) => {
      try {
        plain(parseYaml(source, "a.yaml"));
      } catch (error) {
        assert(error instanceof YamlError, `${error}`);
        assert.match(error.place, /^a\.yaml:\d+:\d+$/);
      }
    }),
    { numRuns: 2_000 },
  );
});
