import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

Deno.test("examples/thermostat_node.ts runs with the permissions that it names", async () => {
  const path = "examples/thermostat_node.ts";
  const source = await Deno.readTextFile(`${ROOT}/${path}`);
  const permissions = source.match(/--allow-[a-z]+/g) ?? [];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--frozen", "--no-prompt", ...permissions, path],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  assert.deepEqual(new TextDecoder().decode(stdout).trim().split("\n"), [
    "at home: 21",
    "from afar: home/target 15",
    "in Fahrenheit: 59",
  ]);
});

Deno.test("README.md shows examples/thermostat.ts and examples/thermostat_node.ts as they are", async () => {
  const readme = await Deno.readTextFile(`${ROOT}/README.md`);
  for (const path of ["examples/thermostat.ts", "examples/thermostat_node.ts"]) {
    const source = await Deno.readTextFile(`${ROOT}/${path}`);
    // Without the essay above it, and with the import as it must be from the README.
    const code = source.slice(source.indexOf("*/\n") + 3).replace('"./', '"./examples/');
    assert(readme.includes("```ts\n" + code + "```"), `${path} differs from README.md`);
  }
});
