import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { linesOf } from "../cli/lines.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** An example as its essay says that it is run, with `more` permissions and arguments. */
async function example(path: string, more: readonly string[] = [], args: readonly string[] = []) {
  const source = await Deno.readTextFile(`${ROOT}/${path}`);
  const [, said] = source.replaceAll("\n * ", " ").match(/Run it with `([^`]+)`/) ?? [];
  assert(said !== undefined && said.endsWith(path), `${path} does not say how it is run`);
  const permissions = said.match(/--allow-[a-z]+/g) ?? [];
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--frozen", "--no-prompt", ...permissions, ...more, path, ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stderr: "piped",
    stdout: "piped",
  });
}

/** What an example prints when it is run to its end, line by line. */
async function outputOf(path: string): Promise<string[]> {
  const { code, stdout, stderr } = await (await example(path)).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim().split("\n");
}

Deno.test("examples/thermostat_node.ts runs with the permissions that it names", async () => {
  assert.deepEqual(await outputOf("examples/thermostat_node.ts"), [
    "at home: 21",
    "from afar: home/target 15",
    "in Fahrenheit: 59",
  ]);
});

Deno.test("examples/worker_pool/main.ts does every job but the one that crashes its worker", async () => {
  assert.deepEqual(await outputOf("examples/worker_pool/main.ts"), [
    "600851475143 → 6857",
    "9007199254740991 → 20394401",
    "twelve → failed: Cannot convert twelve to a BigInt",
    "987654321987 → 999809",
    "1000000007 → 1000000007",
    "123456789012 → 10288065751",
    "99999999977 → 99999999977",
    "1001 → 13",
    "7 jobs done, 1 failed, 1 worker restarted",
  ]);
});

Deno.test("examples/crash_counter/main.ts goes on after a crash", async () => {
  assert.deepEqual(await outputOf("examples/crash_counter/main.ts"), [
    "counted to 3",
    "crashed at 3, and went on: counted to 4",
  ]);
});

Deno.test("examples/crash_counter/main.ts --data goes on after its process was killed", async () => {
  const folder = await Deno.makeTempDir({ prefix: "macula-counter-" });
  try {
    for (const from of [0, 4]) {
      const path = "examples/crash_counter/main.ts";
      const child = (await example(path, ["--allow-write"], ["--data", folder])).spawn();
      const printed: string[] = [];
      for await (const line of linesOf(child.stdout)) {
        printed.push(line);
        if (line.includes("waits")) child.kill("SIGKILL");
      }
      const stderr = await new Response(child.stderr).text();
      assert.equal((await child.status).signal, "SIGKILL", stderr);
      assert.deepEqual(printed.slice(0, 2), [
        `counted to ${from + 3}`,
        `crashed at ${from + 3}, and went on: counted to ${from + 4}`,
      ]);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("examples/sandboxed_script/main.ts kills what spins, and its node does not notice", async () => {
  const printed = await outputOf("examples/sandboxed_script/main.ts");
  const [read, fetched, imported, ran, spun, meanwhile, after] = printed;
  assert.match(read!, /^read a file +\w*Error: /);
  assert.match(fetched!, /^fetch +\w*Error: /);
  assert.match(imported!, /^import +\w*Error: /);
  assert.match(ran!, /^run a program +\w*Error: /);
  assert.match(spun!, /^spin .*process-lost.* did not answer for 800 ms .* was killed$/);
  const [, asks] = meanwhile!.match(/^meanwhile the node answered ([\d,]+) asks$/) ?? [];
  assert(Number(asks?.replaceAll(",", "")) > 100, meanwhile);
  assert.equal(after, "2 + 3 = 5, says the next incarnation");
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
