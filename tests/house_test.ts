import assert from "node:assert/strict";
import { isSource } from "./imports.ts";
import { ignoring, readTree } from "./tree.ts";

/** What no text of the repository may contain. */
const FORBIDDEN: Readonly<Record<string, RegExp>> = {
  // Where people and build machines keep their checkouts and homes; `…/home/x` in an address is none.
  "a path of one machine":
    /(?:^|[\s"'`(=,]|file:\/\/)(?:\/(?:builds|home|root|Users|work|workspaces?)\/|[A-Z]:\\Users\\)/m,
  "a registry's host": /:\/\/[^/\s"']*(?:registry|artifactory|jsr\.io|nexus|npm\.pkg|verdaccio)/,
  "a test that runs alone": /\.only\(|\bonly: *true/,
};

const SNAKE_CASE = /^[a-z0-9]+(?:_[a-z0-9]+)*(?:\.d)?\.\w+$/;
const LONGEST = 450; // lines; past it a file is seldom one thing
/** Sources that may be longer, each with its reason. */
const LONG: readonly string[] = [];

/** What is wrong with one file of the repository. */
function faults(path: string, text: string): string[] {
  const lines = text.replace(/\n$/, "").split("\n");
  const found = Object.entries(FORBIDDEN).flatMap(([what, pattern]) =>
    lines.flatMap((line, i) => pattern.test(line) ? [`${path}:${i + 1}: has ${what}: ${line}`] : [])
  );
  if (!isSource(path)) return found;
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (!SNAKE_CASE.test(name)) found.push(`${path}: rename it to snake_case`);
  if (lines.length > LONGEST && !LONG.includes(path)) {
    found.push(
      `${path}: split its ${lines.length} lines by what changes together (at most ${LONGEST})`,
    );
  }
  return found;
}

Deno.test("faults() catches what no file may contain", () => {
  const bad = [
    ["", "home", "ann", "mesh"].join("/"),
    "data: " + ["", "work", "mesh"].join("/"),
    `import "${["file:/", "", "Users", "ann", "x.ts"].join("/")}"`,
    ["C:", "Users", "ann"].join("\\"),
    ["https:/", "registry.example.org", "cborg"].join("/"),
    ["http:/", "user@localhost.verdaccio:4873"].join("/"),
    ["Deno.test", "only(name, () => {})"].join("."),
    ["only:", "true"].join(" "),
  ];
  for (const line of bad) {
    assert.equal(faults("README.md", `# Title\n\n${line}\n`).length, 1, line);
    assert.match(faults("README.md", `# Title\n\n${line}\n`)[0] ?? "", /^README\.md:3: has a /);
  }
});

Deno.test("faults() catches a name that is not snake_case and a file that is too long", () => {
  for (
    const name of ["floorsTest.ts", "Floors_test.ts", "floors-test.ts", "floors.test.ts", "_a.ts"]
  ) {
    assert.equal(faults(`tests/${name}`, "").length, 1, name);
  }
  assert.equal(faults("dht/lookup.ts", "\n".repeat(LONGEST + 1)).length, 1);
});

Deno.test("faults() leaves good files alone", () => {
  assert.deepEqual(faults("dht/lookup.ts", "\n".repeat(LONGEST)), []);
  assert.deepEqual(faults("docs/Wire-Format.md", "\n".repeat(2 * LONGEST)), []);
  const address =
    "macula://bq3…/home/thermostat, `home/target`, https://docs.deno.com, registry.get()";
  assert.deepEqual(faults("README.md", address), []);
});

Deno.test("ignoring() skips what git ignores, and git itself", () => {
  const ignored = ignoring("# made here\nnode_modules/\n/data/\n\n*.log\n");
  for (const path of [".git/", ".git", "a/node_modules/", "data/", "x.log", "a/x.log"]) {
    assert(ignored(path), path);
  }
  for (const path of [".github/", ".gitignore", "dht/data/", "data", "x.log.ts", "xlog"]) {
    assert(!ignored(path), path);
  }
});

Deno.test("The repository keeps the house rules", async () => {
  const files = await readTree();
  assert(files.has("tests/house_test.ts"), "the tree was not read");
  assert.deepEqual([...files].flatMap(([path, text]) => faults(path, text)), []);
});
