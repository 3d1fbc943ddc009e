import assert from "node:assert/strict";
import { join } from "node:path";
import { createIdentity } from "../security/mod.ts";
import {
  assertFailed,
  eventsOf,
  macula,
  MaculaProcess,
  makeFolder,
  runNode,
  startNode,
  stopped,
} from "./cli_fixture.ts";

const WINDOWS = Deno.build.os === "windows";

Deno.test("macula node says first who it is and last that it has stopped", async () => {
  const [node, address] = await startNode();
  await using _node = node;
  const end = await stopped(node);
  assert.equal(end.code, 0);
  const events = eventsOf(end);
  const keys = ["event", "nodeId", "listen", "address", "addresses", "control"];
  assert.deepEqual(Object.keys(events[0]!), keys);
  const { event, nodeId, listen } = events[0]!;
  assert.equal(event, "ready");
  assert.equal(address, `macula://${nodeId}@${(listen as string[])[0]}`);
  assert.deepEqual(events.at(-1), { event: "stopped" });
});

Deno.test("macula node tells people where it is and what to try", async () => {
  await using node = new MaculaProcess(["node"]);
  const address = (await node.line("address ")).split(/\s+/)[1] as string;
  assert.match(address, /^macula:\/\/b\w+@127\.0\.0\.1:\d+$/);
  assert.match(
    await node.line("control "),
    WINDOWS ? /tcp:127/ : /unix:\/.*\/data\/control\.sock$/,
  );
  assert.equal(await node.line("macula status"), "  macula status");
  assert.equal(await node.line("macula sub"), "  macula sub 'iot/**'");
  assert.equal((await stopped(node)).code, 0);
});

Deno.test("macula node --no-data keeps nothing, and is found by its address alone", async () => {
  await using folder = await makeFolder();
  await using node = new MaculaProcess(["node", "--no-data"], { cwd: folder.path });
  assert.match(await node.line("data "), /none: this id is gone when the node stops/);
  assert.match(await node.line("macula sub"), /--bootstrap macula:\/\/b\w+@127\.0\.0\.1:\d+$/);
  assert.equal((await stopped(node)).code, 0);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(folder.path)), []);
});

Deno.test("macula node --open warns at every start", async () => {
  const [node] = await startNode("--open");
  await using _node = node;
  assert.match(await node.note("warning:"), /no grants yet.*may publish, subscribe and call/);
});

Deno.test("macula node takes part in the realms of --realm alone", async () => {
  await using node = await runNode("--realm", "lob", "--realm", "iot");
  const pub = (topic: string) => macula(["pub", topic, "1", "--data", node.data]);
  assert.equal((await pub("lob/x")).code, 0);
  assertFailed(await pub("home/x"), 3, /takes part in lob, iot, and not in "home"/);
});

Deno.test("macula node says that its port is in use", async () => {
  const [node, address] = await startNode();
  await using _node = node;
  const listen = address.split("@")[1] as string;
  assertFailed(await macula(["node", "--listen", listen]), 1, /cannot listen on UDP.*in use/);
});

Deno.test("macula node says that its data folder cannot be used, and why", async () => {
  await using folder = await makeFolder();
  const file = join(folder.path, "file");
  await Deno.writeTextFile(file, "");
  assertFailed(await macula(["node", "--data", file]), 1, /a file stands where a folder is needed/);

  const data = join(folder.path, "data");
  await macula(["init", "--data", data]);
  const key = join(data, "identity", "node.key");
  await Deno.writeTextFile(key, "no key");
  assertFailed(await macula(["node", "--data", data]), 1, /node\.key: .*restore it from a backup/);

  await Deno.writeTextFile(join(folder.path, "macula.yaml"), "listen: [1]\n");
  const config = join(folder.path, "macula.yaml");
  assertFailed(await macula(["node", "--config", config]), 2, /macula\.yaml:1:9: listen:/);
});

Deno.test({
  name: "macula node says that it may not read its data folder",
  // Whoever is root may read everything.
  ignore: WINDOWS || Deno.uid() === 0,
  async fn() {
    await using folder = await makeFolder();
    const data = join(folder.path, "data");
    await macula(["init", "--data", data]);
    await Deno.chmod(data, 0o000);
    const end = await macula(["node", "--data", data]);
    await Deno.chmod(data, 0o700);
    assertFailed(end, 1, /the system denies access/);
  },
});

Deno.test("macula node has its data folder alone, as a short-lived node has", async () => {
  await using node = await runNode();
  const sentence = /data is in use by a node that runs: look at it with `macula status --data/;
  assertFailed(await macula(["node", "--data", node.data]), 1, sentence);
  const visit = ["call", "lob/x", "--bootstrap", node.address, "--data", node.data];
  assertFailed(await macula(visit), 1, sentence);
  assert.equal((await macula(["status", "--data", node.data])).code, 0);
});

Deno.test("macula node takes over the folder of one that was killed", async () => {
  await using node = await runNode();
  const { data, id } = node;
  node.process.signal("SIGKILL");
  await node.process.end();
  const gone = /the node of .* is gone.*: start one with `macula node --data /;
  assertFailed(await macula(["status", "--data", data]), 1, gone);
  assertFailed(await macula(["pub", "iot/x", "1", "--data", data]), 1, gone);

  const [again] = await startNode("--data", data);
  await using _again = again;
  const [status] = eventsOf(await macula(["status", "--data", data, "--json"]));
  assert.equal(status?.nodeId, id);
  assert.equal((await stopped(again)).code, 0);
  assertFailed(await macula(["status", "--data", data]), 1, /no node runs on/);
});

Deno.test({
  name: "macula node has a control socket whatever its folder's path",
  ignore: WINDOWS,
  async fn() {
    await using folder = await makeFolder();
    const data = join(folder.path, "a".repeat(75), "b".repeat(75));
    const env = { XDG_RUNTIME_DIR: folder.path };
    await using node = new MaculaProcess(["node", "--json", "--data", data], { env });
    const { control } = await node.event("ready");
    assert.match(String(control), /macula-[0-9a-f]{16}\/control\.sock$/);
    const { code, stdout } = await macula(["status", "--data", data]);
    assert.equal(code, 0);
    assert.match(stdout[0] as string, /^node +b/);
    assert.equal((await stopped(node)).code, 0);
    const names = await Array.fromAsync(Deno.readDir(folder.path), ({ name }) => name);
    assert.deepEqual(names, ["a".repeat(75)]);
  },
});

Deno.test("macula node goes on alone when a dial fails, and says when it tries again", async () => {
  const [node, address] = await startNode();
  await using _node = node;
  const wrong = address.replace(/b\w+/, createIdentity().nodeId);
  await using other = new MaculaProcess(["node", "--bootstrap", wrong]);
  const line = await other.line("not connected");
  assert.match(line, /\(wrong-id\): dialled .* answered; attempt \d+ is in \d+/);
  assert.equal((await stopped(other)).code, 0);
});

Deno.test("macula node does not start with a policy file that is wrong, and says where", async () => {
  await using folder = await makeFolder();
  const policies = join(folder.path, "policies.yaml");
  const cases: readonly [string, RegExp][] = [
    ["defaults: { ap: none }\n", /policies\.yaml:1:13: .*"ap"/],
    ["defaults: { app: libsodum }\n", /policies\.yaml:1:18: .*"libsodum" is no suite.*libsodium/],
    ["topics:\n  iot/**/x: { app: none }\n", /policies\.yaml:2:3: .*iot\/\*\*\/x/],
    ["topics:\n  * : { app: none }\n", /policies\.yaml:2:3: /],
    ["defaults: { app: none, app: none }\n", /policies\.yaml:1:24: /],
  ];
  for (const [text, sentence] of cases) {
    await Deno.writeTextFile(policies, text);
    assertFailed(await macula(["node", "--policies", policies]), 2, sentence);
  }
  const config = join(folder.path, "macula.yaml");
  await Deno.writeTextFile(config, "policies: policies.yaml\n");
  assertFailed(await macula(["node", "--config", config]), 2, /policies\.yaml:1:24: /);
});

Deno.test({
  name:
    "macula node reads its policies again at SIGHUP, and keeps them when the new ones are wrong",
  ignore: WINDOWS,
  async fn() {
    await using folder = await makeFolder();
    const policies = join(folder.path, "policies.yaml");
    await Deno.writeTextFile(policies, "realms:\n  lob: { app: none }\n");
    await using node = await runNode("--policies", policies);
    const suite = async () => {
      const explain = ["policy", "explain", "lob/x", "--data", node.data, "--json"];
      const [{ policy } = {}] = eventsOf(await macula(explain));
      return (policy as { app: string }).app;
    };
    assert.equal(await suite(), "none");
    await Deno.writeTextFile(policies, "realms:\n  lob: { app: libsodium }\n");
    node.process.signal("SIGHUP");
    assert.equal((await node.process.event("policies-reloaded")).version, 2);
    assert.equal(await suite(), "libsodium");
    await Deno.writeTextFile(policies, "realms:\n  lob: { app: nothing }\n");
    node.process.signal("SIGHUP");
    assert.match(String((await node.process.event("policies-refused")).message), /yaml:2:15: /);
    assert.equal(await suite(), "libsodium");
  },
});
