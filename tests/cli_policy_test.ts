import assert from "node:assert/strict";
import { join } from "node:path";
import {
  assertFailed,
  eventsOf,
  macula,
  MaculaProcess,
  makeFolder,
  runNode,
} from "./cli_fixture.ts";

const POLICIES = `defaults: { app: none }
realms:
  lob: { app: libsodium, require: [e2e] }
applications:
  com.example.billing: { require: [sender-auth] }
`;

Deno.test("macula policy explain shows where each field came from, by a file and by a node", async () => {
  await using folder = await makeFolder();
  const policies = join(folder.path, "policies.yaml");
  await Deno.writeTextFile(policies, POLICIES);
  await using node = await runNode("--policies", policies);
  for (const way of [["--policies", policies], ["--data", node.data]]) {
    const { code, stdout } = await macula(["policy", "explain", "lob/orders/total", ...way]);
    assert.equal(code, 0);
    const text = stdout.join("\n");
    assert.match(text, /^field +value +level +where +instead of$/m);
    assert.match(
      text,
      /^app +libsodium +realm +.*policies\.yaml:3:15 +none .*policies\.yaml:1:18/m,
    );
    assert.match(text, /^transport +quic-raw-pk +builtin +built in$/m);
    assert.match(text, /It can be kept/);
    const application = ["--application", "com.example.billing", "--json"];
    const end = await macula(["policy", "explain", "lob/orders/total", ...way, ...application]);
    const [{ event, policy, satisfied } = {}] = eventsOf(end);
    assert.deepEqual([event, satisfied], ["policy", true]);
    assert.deepEqual((policy as { require: string[] }).require, ["e2e", "sender-auth"]);
  }
  const pattern = await macula(["policy", "explain", "lob/*", "--data", node.data]);
  assertFailed(pattern, 2, /topic "lob\/\*" has a \*/);
});

Deno.test("macula policy explain says that a policy cannot be kept, and why", async () => {
  await using folder = await makeFolder();
  const policies = join(folder.path, "policies.yaml");
  await Deno.writeTextFile(policies, POLICIES);
  const billing = ["--application", "com.example.billing", "--policies", policies];
  const { code, stdout } = await macula(["policy", "explain", "iot/x", ...billing]);
  assert.equal(code, 0);
  assert.match(stdout.join("\n"), /It cannot be kept.*app none lacks sender-auth/);
});

Deno.test("macula refuses with 3 what the policy does not let pass", async () => {
  await using folder = await makeFolder();
  const policies = join(folder.path, "policies.yaml");
  await Deno.writeTextFile(policies, POLICIES);
  await using node = await runNode("--policies", policies, "--realm", "lob", "--realm", "macula");
  await using serving = await serve("lob/echo", node.data);
  const call = (...way: readonly string[]) => macula(["call", "lob/echo", "1", ...way]);
  // Without the policy the short-lived node would send in the clear.
  assertFailed(await call("--bootstrap", node.address), 3, /refused-by-policy.*lacks e2e/);
  const both = await call("--bootstrap", node.address, "--policies", policies);
  assert.deepEqual([both.code, both.stdout], [0, ["[1]"]], both.stderr.join("\n"));
  const own = await call("--data", node.data);
  assert.deepEqual([own.code, own.stdout], [0, ["[1]"]]);
  const foreign = await macula(["call", "home/x", "--bootstrap", node.address]);
  assert.equal(foreign.code, 1);
  serving.signal("SIGINT");
  await serving.end();
});

Deno.test("macula policy lint tells everything that is wrong, and ends with 2", async () => {
  await using folder = await makeFolder();
  const [wrong, right] = [join(folder.path, "wrong.yaml"), join(folder.path, "right.yaml")];
  await Deno.writeTextFile(wrong, "defaults: { ap: none }\nrealms:\n  lob: { app: libsodum }\n");
  await Deno.writeTextFile(right, POLICIES);

  const end = await macula(["policy", "lint", wrong]);
  assert.equal(end.code, 2);
  assert.match(end.stdout[0]!, /wrong\.yaml:1:13: error: .*"ap"/);
  assert.match(end.stdout[1]!, /wrong\.yaml:3:15: error: .*"libsodum" is no suite/);
  assert.deepEqual(end.stderr, ["macula: 2 errors and 0 warnings in 1 file"]);

  const json = await macula(["policy", "lint", wrong, "--json"]);
  assert.deepEqual(eventsOf(json).map(({ event }) => event), [
    ...["problem", "problem", "linted", "error"],
  ]);
  const ok = await macula(["policy", "lint", right]);
  assert.equal(ok.code, 0);
  assert.match(ok.stdout.at(-1)!, /^(?:ok|usable): 0 errors and \d+ warnings? in 1 file$/);
  const absent = await macula(["policy", "lint", join(folder.path, "absent.yaml")]);
  assert.equal(absent.code, 2);
  assert.match(absent.stdout[0]!, /absent\.yaml: error: cannot be read/);
});

Deno.test("macula policy lint ends with 0 when there are warnings only", async () => {
  await using folder = await makeFolder();
  const file = join(folder.path, "policies.yaml");
  await Deno.writeTextFile(file, "defaults: { app: none }\nrealms:\n  lob: { app: none }\n");
  const { code, stdout } = await macula(["policy", "lint", file]);
  assert.equal(code, 0);
  assert.match(stdout[0]!, /policies\.yaml:\d+:\d+: warning: /);
  assert.equal(
    stdout.at(-1),
    `usable: 0 errors and ${stdout.length - 1} warning${stdout.length === 2 ? "" : "s"} in 1 file`,
  );
});

/** Serves a procedure that gives its arguments back. */
async function serve(procedure: string, data: string): Promise<MaculaProcess> {
  const serving = new MaculaProcess(["serve", procedure, "--data", data, "--", "cat"]);
  await serving.note(`serving ${procedure}`);
  return serving;
}
