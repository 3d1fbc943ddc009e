import assert from "node:assert/strict";
import { SpawnError } from "../mod.ts";
import { bundleAgent } from "./bundle.ts";
import { agentCode } from "./bundle_cache.ts";
import { AgentFolder } from "./testing/agents.ts";

/** Imports a bundle that needs nothing of a host. */
async function run(code: string): Promise<unknown> {
  const url = `data:text/javascript;base64,${new TextEncoder().encode(code).toBase64()}`;
  return (await import(url)).default;
}

Deno.test("bundleAgent() makes one module of an agent and what it imports, types left out", async () => {
  await using folder = await AgentFolder.make();
  await folder.write(
    "lib/deep.ts",
    `export const deep: number = 40; export default [import.meta];`,
  );
  await folder.write("lib/plain.js", `export { deep as other } from "./deep.ts";`);
  const url = await folder.write(
    "main.ts",
    `#!/usr/bin/env deno
     import metas, { deep } from "./lib/deep.ts";
     import type { Gone } from "./gone.ts";
     import { other } from "./lib/plain.js";
     const lazy = await import("./lib/plain.js");
     class Own extends Error {}
     export default [deep + 1, other, lazy.other, metas[0].url, import.meta.url, Own.name,
       Object.isFrozen(import.meta)];`,
  );
  const { code, inputs } = await bundleAgent(url.href);
  assert.deepEqual(await run(code), [
    ...[41, 40, 40, new URL("lib/deep.ts", url).href, url.href, "Own", true],
  ]);
  assert.deepEqual(inputs.map(({ path }) => path.slice(folder.path.length)).sort(), [
    ...["/lib/deep.ts", "/lib/plain.js", "/main.ts"],
  ]);
});

Deno.test("bundleAgent() keeps the lines of errors", async () => {
  await using folder = await AgentFolder.make();
  const url = await folder.write(
    "main.ts",
    `\n\nfunction fail() {\n  throw new Error("x");\n}\nfail();`,
  );
  const { code } = await bundleAgent(url.href);
  await assert.rejects(run(code), (error: Error) => {
    assert.match(error.stack!, /main\.ts:4:/);
    return true;
  });
});

Deno.test("bundleAgent() lets an agent import from a wider root, when that is named", async () => {
  await using folder = await AgentFolder.make();
  await folder.write("shared/lib.ts", "export default 5;");
  const url = await folder.write("agents/a.ts", `export { default } from "../shared/lib.ts";`);
  await assert.rejects(bundleAgent(url.href), /agents|a\.ts:1: .*outside of the root/);
  const rootUrl = new URL(`file://${folder.path}/`);
  for (const root of [folder.path, rootUrl, rootUrl.href]) {
    assert.equal(await run((await bundleAgent(url.href, root)).code), 5);
  }
  await assert.rejects(bundleAgent(url.href, `${folder.path}/shared`), /is not under the root/);
});

Deno.test("bundleAgent() takes no folder for another whose name only begins like it", async () => {
  await using folder = await AgentFolder.make();
  await folder.write("agents-secret/lib.ts", "export default 5;");
  const url = await folder.write(
    "agents/a.ts",
    `export { default } from "../agents-secret/lib.ts";`,
  );
  await assert.rejects(bundleAgent(url.href), /outside of the root/);
});

Deno.test("bundleAgent() says all that is wrong, each with file and line", async () => {
  await using folder = await AgentFolder.make();
  const url = await folder.write(
    "main.ts",
    `import "npm:x";\nimport "./gone.ts";\nimport "./a.json";`,
  );
  await folder.write("a.json", "{}");
  await assert.rejects(bundleAgent(url.href), (error) => {
    assert.ok(error instanceof SpawnError);
    assert.match(
      error.message,
      /main\.ts:1: import of "npm:x": an agent in a process imports files/,
    );
    assert.match(error.message, /main\.ts:2: import of "\.\/gone\.ts": .*[Nn]o such file/);
    assert.match(error.message, /main\.ts:3: import of "\.\/a\.json": it is no code/);
    return true;
  });
});

Deno.test("bundleAgent() refuses what is no file, or has too much source", async () => {
  await using folder = await AgentFolder.make();
  await assert.rejects(bundleAgent("https://example.com/a.ts"), /is no file/);
  await assert.rejects(bundleAgent(new URL(`file://${folder.path}/gone.ts`).href), SpawnError);
  const url = await folder.write("large.ts", `export default "${"x".repeat(2 ** 22)}";`);
  await assert.rejects(bundleAgent(url.href), /more than 4194304 bytes of source/);
});

Deno.test("agentCode() bundles once for as long as no file changes, and not less", async () => {
  await using folder = await AgentFolder.make();
  const lib = await folder.write("lib.ts", "export default 1;");
  const url = await folder.write("main.ts", `export { default } from "./lib.ts";`);
  const [first, same] = await Promise.all([
    agentCode(url.href, undefined),
    agentCode(url.href, undefined),
  ]);
  assert.equal(first, same);
  assert.equal(await agentCode(url.href, undefined), first);
  await Deno.writeTextFile(lib, "export default 12;");
  assert.equal(await run(await agentCode(url.href, undefined)), 12);
  await Deno.remove(lib);
  await assert.rejects(agentCode(url.href, undefined), SpawnError);
  await Deno.writeTextFile(lib, "export default 123;");
  assert.equal(await run(await agentCode(url.href, undefined)), 123);
});
