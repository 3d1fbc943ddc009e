import assert from "node:assert/strict";
import { join } from "node:path";
import { assertFailed, macula, makeFolder, startNode } from "./cli_fixture.ts";

Deno.test("macula init makes an identity once, and the node has its id from then on", async () => {
  await using folder = await makeFolder();
  const data = join(folder.path, "data");
  const made = await macula(["init", "--data", data, "--json"]);
  assert.equal(made.code, 0);
  const { event, nodeId, offline } = JSON.parse(made.stdout[0] as string);
  assert.equal(event, "created");
  assert.deepEqual(offline, ["recovery.key", "next.key"].map((f) => join(data, "identity", f)));
  for (const key of offline) assert((await Deno.stat(key)).isFile);

  const again = await macula(["init", "--data", data]);
  assertFailed(again, 1, new RegExp(`has an identity already, ${nodeId}.*macula node --data`));

  const [node] = await startNode("--data", data);
  await using _node = node;
  assert.equal((await node.event("ready")).nodeId, nodeId);
});

Deno.test("macula init tells people which keys to move offline", async () => {
  await using folder = await makeFolder();
  const { code, stdout } = await macula(["init", "--data", folder.path]);
  assert.equal(code, 0);
  assert.match(stdout.join("\n"), /offline.*\n.*recovery\.key.*\n.*next\.key/);
  assert.match(stdout.join("\n"), new RegExp(`macula node --data ${folder.path}`));
});
