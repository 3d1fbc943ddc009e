import assert from "node:assert/strict";
import { join } from "node:path";
import { MaculaNode } from "../mod.ts";
import about from "../deno.json" with { type: "json" };
import { createIdentity } from "../security/mod.ts";
import { type End, macula, MaculaProcess } from "./process.ts";

/** An address of nobody. */
const NOBODY = `macula://${createIdentity().nodeId}@127.0.0.1:9`;

/** That a command failed so: with one sentence on stderr, and nothing on stdout. */
function assertFailed(end: End, code: number, sentence: RegExp): void {
  assert.equal(end.code, code, end.stderr.join("\n"));
  assert.deepEqual(end.stdout, []);
  assert.equal(end.stderr.length, 1, end.stderr.join("\n"));
  assert.match(end.stderr[0] as string, sentence);
}

interface Folder extends AsyncDisposable {
  readonly path: string;
}

async function makeFolder(): Promise<Folder> {
  const path = await Deno.makeTempDir({ prefix: "macula-cli-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

async function startNode(...args: readonly string[]): Promise<[MaculaProcess, string]> {
  const process = new MaculaProcess(["node", "--json", ...args]);
  try {
    const { address } = await process.event("ready");
    return [process, String(address)];
  } catch (error) {
    await process[Symbol.asyncDispose]();
    throw error;
  }
}

Deno.test("macula --version and --help end well", async () => {
  const version = await macula(["--version"]);
  assert.deepEqual(version, { code: 0, stdout: [about.version], stderr: [] });
  const help = await macula(["--help"]);
  assert.equal(help.code, 0);
  assert.match(help.stdout.join("\n"), /Exit codes: 0 done, 1 failed, 2 wrong use, 3 refused/);
  for (const command of ["init", "node", "pub", "sub", "call"]) {
    const { code, stdout } = await macula([command, "--help"]);
    assert.equal(code, 0);
    assert.match(stdout.join("\n"), new RegExp(`Examples:\\n.*macula ${command}`), command);
  }
});

Deno.test("macula without a command shows its help, as wrong use", async () => {
  const { code, stdout, stderr } = await macula([]);
  assert.equal(code, 2);
  assert.deepEqual(stdout, []);
  assert.match(stderr.join("\n"), /^Usage: macula/);
});

Deno.test("macula refuses wrong use with 2, and says what is right", async () => {
  const cases: readonly [readonly string[], RegExp][] = [
    [["nod"], /unknown command 'nod' \(Did you mean node\?\); see `macula --help`/],
    [["node", "--lsten", "x"], /unknown option '--lsten' .*--listen.*see `macula node --help`/],
    [["node", "--listen", "4433"], /--listen: "4433".*the host is missing/],
    [["node", "--listen", "0.0.0.0:0"], /0\.0\.0\.0 is not a loopback address.*--open/],
    [["node", "--connect", NOBODY.replace("127.0.0.1", "192.0.2.7")], /--listen 0\.0\.0\.0:0/],
    [["node", "--connect", NOBODY, "--allow", createIdentity().nodeId], /add --allow b/],
    [["node", "--allow", "bob"], /--allow: "bob" is not a node id/],
    [["node", "--network", "A B"], /"A B" is no network name/],
    [["node", "--config", "absent.yaml"], /absent\.yaml: cannot be read/],
    [["sub", "iot/**/x", "--connect", NOBODY], /pattern "iot\/\*\*\/x"/],
    [["sub", "iot/**"], /sub needs --connect ADDRESS/],
    [["sub", "iot/**", "--connect", NOBODY, "--count", "0"], /"0" is no count/],
    [["pub", "iot/*", "1", "--connect", NOBODY], /topic "iot\/\*" has a \*/],
    [["pub", "iot/x", "1"], /pub needs --connect ADDRESS/],
    [["pub", "iot/x", '{"$bytes":"%"}', "--connect", NOBODY], /expected base64/],
    [["call", "lob", "--connect", NOBODY], /procedure "lob"/],
    [["call", "lob/x", "--connect", "127.0.0.1:9"], /does not begin with macula:/],
    [["call", "lob/x", "--connect", NOBODY, "--timeout", "5"], /"5" is no duration.*5s/],
  ];
  for (const [args, sentence] of cases) assertFailed(await macula(args), 2, sentence);
});

Deno.test("macula with --json has its errors as events, too", async () => {
  const { code, stdout, stderr } = await macula(["call", "lob/x", "--json"]);
  assert.equal(code, 2);
  const [line = "", ...rest] = stdout;
  assert.deepEqual(rest, []);
  const { event, code: name, message } = JSON.parse(line);
  assert.deepEqual([event, name], ["error", "usage"]);
  assert.deepEqual(stderr, [`macula: ${message}`]);
});

Deno.test("macula shows stacks only with --verbose or MACULA_DEBUG", async () => {
  const args = ["call", "lob/x", "--connect", "nowhere"];
  assert.equal((await macula(args)).stderr.length, 1);
  assert.match((await macula([...args, "--verbose"])).stderr.join("\n"), /\n {4}at /);
  const { stderr } = await macula(args, { env: { MACULA_DEBUG: "1" } });
  assert.match(stderr.join("\n"), /\n {4}at /);
});

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

Deno.test("macula node says first who it is and last that it has stopped", async () => {
  const [node, address] = await startNode();
  await using _node = node;
  node.signal("SIGTERM");
  const { code, stdout } = await node.end();
  assert.equal(code, 0);
  const events = stdout.map((line) => JSON.parse(line));
  const [ready] = events;
  assert.deepEqual(Object.keys(ready), ["event", "nodeId", "listen", "address", "addresses"]);
  assert.equal(ready.event, "ready");
  assert.equal(address, `macula://${ready.nodeId}@${ready.listen[0]}`);
  assert.deepEqual(events.at(-1), { event: "stopped" });
});

Deno.test("macula node tells people its address and what to try", async () => {
  await using node = new MaculaProcess(["node"]);
  const address = (await node.line("address ")).split(/\s+/)[1] as string;
  assert.match(address, /^macula:\/\/b\w+@127\.0\.0\.1:\d+$/);
  const hint = await node.line("macula call ");
  assert(hint.endsWith(`macula call macula/node/info --connect ${address}`), hint);
  node.signal("SIGINT");
  assert.equal((await node.end()).code, 0);
});

Deno.test("macula node --open warns at every start", async () => {
  const [node] = await startNode("--open");
  await using _node = node;
  assert.match(await node.note("warning:"), /no grants yet.*may publish, subscribe and call/);
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
  ignore: Deno.build.os === "windows" || Deno.uid() === 0,
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

Deno.test("macula node goes on alone when a dial fails, and says when it tries again", async () => {
  const [node, address] = await startNode();
  await using _node = node;
  const wrong = address.replace(/b\w+/, createIdentity().nodeId);
  await using other = new MaculaProcess(["node", "--connect", wrong]);
  const line = await other.line("not connected");
  assert.match(line, /\(wrong-id\): dialled .* answered; attempt \d+ is in \d+/);
  other.signal("SIGINT");
  assert.equal((await other.end()).code, 0);
});

Deno.test("macula call prints what a procedure returns", async () => {
  await using node = await MaculaNode.start({ shards: 0 });
  await using _echo = await node.serve("lob/echo", (...args: unknown[]) => args);
  await using _text = await node.serve("lob/text", () => "two\nlines");
  await using _none = await node.serve("lob/none", () => undefined);
  const connect = ["--connect", node.address];

  const echo = await macula(["call", "lob/echo", "-5", "hall", '{"$bytes":"AQID"}', ...connect]);
  assert.deepEqual(echo, { code: 0, stdout: ['[-5,"hall",{"$bytes":"AQID"}]'], stderr: [] });
  const text = await macula(["call", "lob/text", ...connect]);
  assert.deepEqual(text, { code: 0, stdout: ["two\\x0alines"], stderr: [] });
  const none = await macula(["call", "lob/none", ...connect]);
  assert.deepEqual(none, { code: 0, stdout: [], stderr: [] });
  const json = await macula(["call", "lob/text", "--json", ...connect]);
  assert.deepEqual(JSON.parse(json.stdout[0] as string), {
    event: "result",
    result: "two\nlines",
  });
});

Deno.test("macula call says what went wrong at the other end", async () => {
  await using node = await MaculaNode.start({ shards: 0 });
  await using _failing = await node.serve("lob/failing", () => {
    throw new RangeError("month 13");
  });
  await using _silent = await node.serve("lob/silent", () => new Promise(() => {}));
  const connect = ["--connect", node.address];
  assertFailed(await macula(["call", "lob/nope", ...connect]), 1, /nobody serves lob\/nope/);
  const failing = await macula(["call", "lob/failing", ...connect]);
  assertFailed(failing, 1, /lob\/failing failed: RangeError: month 13$/);
  const silent = await macula(["call", "lob/silent", "--timeout", "1s", ...connect]);
  assertFailed(silent, 4, /lob\/silent gave no answer within 1 s/);
});

Deno.test("macula call asks a node about itself", async () => {
  const [node, address] = await startNode();
  await using _node = node;
  const { code, stdout } = await macula(["call", "macula/node/info", "--connect", address]);
  assert.equal(code, 0);
  const { nodeId, version, network, peers } = JSON.parse(stdout[0] as string);
  assert(address.includes(nodeId));
  assert.deepEqual([version, network, peers], [about.version, "macula", 1]);
});

Deno.test("macula call reaches what is served on a node that the other introduces", async () => {
  await using meeting = await MaculaNode.start({ shards: 0 });
  await using server = await MaculaNode.start({ shards: 0, bootstrap: [meeting.address] });
  await using _add = await server.serve("lob/add", (a: number, b: number) => a + b);
  await server.joined();
  const { code, stdout } = await macula([
    "call",
    "lob/add",
    "40",
    "2",
    "--connect",
    meeting.address,
  ]);
  assert.deepEqual([code, stdout], [0, ["42"]]);
});

Deno.test("macula says with 3 that it was refused, and by whom", async () => {
  const [node, address] = await startNode("--allow", createIdentity().nodeId);
  await using _node = node;
  const call = (...args: string[]) => macula(["call", "macula/node/info", ...args]);
  const wrong = address.replace(/b\w+/, createIdentity().nodeId);
  assertFailed(
    await call("--connect", wrong),
    3,
    /another node .* dialled b\w+, but b\w+ answered/,
  );
  assertFailed(await call("--connect", address), 3, /refused this one \(not-allowed\).*init/);
  const network = await call("--connect", address, "--network", "other");
  // Who is refused at the door does not learn of which network the house is.
  assertFailed(network, 3, /refused this one \(not-allowed\)/);

  const [other, otherAddress] = await startNode("--network", "other");
  await using _other = other;
  const end = await call("--connect", otherAddress);
  assertFailed(end, 3, /\(wrong-network\).*Name that node's network with --network/);
});

Deno.test("macula gives up with 4 when nobody answers", async () => {
  const silent = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  using _silent = { [Symbol.dispose]: () => silent.close() };
  const { port } = silent.addr as Deno.NetAddr;
  const connect = ["--connect", NOBODY.replace(":9", `:${port}`), "--timeout", "300ms"];
  const sentence = new RegExp(`no answer from 127\\.0\\.0\\.1:${port} within 300 ms`);
  assertFailed(await macula(["call", "lob/x", ...connect]), 4, sentence);
  assertFailed(await macula(["pub", "iot/x", "1", ...connect]), 4, sentence);
  assertFailed(await macula(["sub", "iot/**", ...connect]), 4, sentence);
});

Deno.test("macula sub prints what macula pub publishes, by way of a node that both know", async () => {
  const [node, address] = await startNode();
  await using _node = node;
  const connect = ["--connect", address];
  await using sub = new MaculaProcess(["sub", "iot/**", "--count", "3", "--json", ...connect]);
  await sub.event("ready");
  const payload = '{"celsius":19.5,"raw":{"$bytes":"AQID"}}';
  const one = await macula(["pub", "iot/hall", payload, "--json", ...connect]);
  assert.deepEqual(one.stdout.map((line) => JSON.parse(line)), [
    { event: "published", topic: "iot/hall", publications: 1, peers: 2, sent: 1, unknown: 0 },
  ]);
  const two = await macula(["pub", "iot/roof", "-", ...connect], { stdin: "1\n\ntext" });
  assert.match(two.stdout[0] as string, /^published 2 publications on iot\/roof; /);

  const { code, stdout } = await sub.end();
  assert.equal(code, 0);
  const events = stdout.map((line) => JSON.parse(line));
  const publications = events.filter(({ event }) => event === "publication");
  assert.deepEqual(publications.map(({ topic, payload, sequence }) => [topic, payload, sequence]), [
    ["iot/hall", JSON.parse(payload), 1],
    ["iot/roof", 1, 1],
    ["iot/roof", "text", 2],
  ]);
  const keys = ["event", "topic", "payload", "publisher", "incarnation", "sequence"];
  assert.deepEqual(Object.keys(publications[0]), keys);
  assert.deepEqual(events.at(-1), { event: "stopped", received: 3, missing: 0 });
});

Deno.test("macula pub reaches a macula sub that listens, and says when nobody subscribes", async () => {
  await using sub = new MaculaProcess(["sub", "iot/**", "--listen", "127.0.0.1:0"]);
  const address = /macula:\S+/.exec(await sub.note("subscribed to iot/**"))?.[0] as string;
  const nobody = await macula(["pub", "lob/x", "1", "--connect", address]);
  assert.match(nobody.stdout[0] as string, /but nobody subscribes to it on 1 connected node/);
  const raw = await macula(["pub", "iot/x", "19.5", "--raw", "--connect", address]);
  assert.equal(raw.code, 0);
  assert.match(await sub.line("iot/x"), /^\d\d:\d\d:\d\d\.\d{3} {2}iot\/x {2}19\.5$/);
  sub.signal("SIGINT");
  assert.equal((await sub.end()).code, 0);
});

Deno.test("macula sub gets over the loss of its node, and tells of it", async () => {
  await using folder = await makeFolder();
  const data = join(folder.path, "data");
  const [first, address] = await startNode("--data", data);
  await using _first = first;
  const listen = address.split("@")[1] as string;
  await using sub = new MaculaProcess(["sub", "iot/**", "--count", "1", "--connect", address]);
  await sub.note("subscribed to iot/**");
  first.signal("SIGTERM");
  await first.end();
  assert.match(await sub.note("lost "), /lost b/);
  await sub.note("is gone; attempt 2 is in");

  const [second] = await startNode("--data", data, "--listen", listen);
  await using _second = second;
  await sub.note("connected ");
  await second.event("peer-synced");
  const end = await macula(["pub", "iot/x", "1", "--connect", address]);
  assert.equal(end.code, 0);
  const { code, stdout } = await sub.end();
  assert.equal(code, 0);
  assert.match(stdout[0] as string, /iot\/x {2}1$/);
});
