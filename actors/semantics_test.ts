import assert from "node:assert/strict";

const ROOT = new URL("../", import.meta.url);

async function* testFiles(folder: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (name.startsWith(".") || name === "node_modules") continue;
    if (isDirectory) yield* testFiles(new URL(`${name}/`, folder));
    else if (name.endsWith("_test.ts")) yield new URL(name, folder);
  }
}

Deno.test("every test that docs/semantics.md names exists", async () => {
  const page = await Deno.readTextFile(new URL("docs/semantics.md", ROOT));
  const named = [...page.matchAll(/^\s*- test: (.+)$/gm)].map((match) => match[1]!);
  assert(named.length > 50);
  let code = "";
  for await (const file of testFiles(ROOT)) code += await Deno.readTextFile(file);
  // A name stands in quotes; with a placement after it, it may be a template.
  const missing = named.filter((name) =>
    !code.includes(`"${name}"`) && !code.includes(`\`${name} [\${placement}]\``)
  );
  assert.deepEqual(missing, []);
});
