import assert from "node:assert/strict";

const MAIN = new URL("./main.ts", import.meta.url);

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--frozen", "--allow-env", "--allow-read", "--allow-ffi", MAIN.href, ...args],
    stdin: "null",
  });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("bench names the groups that there are when one does not exist, and exits with 2", async () => {
  const { code, stdout, stderr } = await run("transport", "nope");
  assert.equal(code, 2);
  assert.equal(stdout, "");
  assert.match(
    stderr,
    /^"nope" is no group and no case: there are the groups transport, pubsub, rpc, dht, policy, actors, and/m,
  );
});

Deno.test("bench --help says how it is used, and measures nothing", async () => {
  const { code, stdout } = await run("--help");
  assert.equal(code, 0);
  assert.match(stdout, /^deno task bench \[group or case…\]/);
  assert.match(stdout, /^ {2}pubsub /m);
});
