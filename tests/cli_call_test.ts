import assert from "node:assert/strict";
import about from "../deno.json" with { type: "json" };
import { MaculaNode } from "../mod.ts";
import { createIdentity } from "../security/mod.ts";
import { assertFailed, macula, NOBODY, runNode, startNode } from "./cli_fixture.ts";

Deno.test("macula call prints what a procedure returns", async () => {
  await using node = await MaculaNode.start({ shards: 0 });
  await using _echo = await node.serve("lob/echo", (...args: unknown[]) => args);
  await using _text = await node.serve("lob/text", () => "two\nlines");
  await using _none = await node.serve("lob/none", () => undefined);
  const by = ["--bootstrap", node.address];

  const echo = await macula(["call", "lob/echo", "-5", "hall", '{"$bytes":"AQID"}', ...by]);
  assert.deepEqual(echo, { code: 0, stdout: ['[-5,"hall",{"$bytes":"AQID"}]'], stderr: [] });
  const text = await macula(["call", "lob/text", ...by]);
  assert.deepEqual(text, { code: 0, stdout: ["two\\x0alines"], stderr: [] });
  const none = await macula(["call", "lob/none", ...by]);
  assert.deepEqual(none, { code: 0, stdout: [], stderr: [] });
  const json = await macula(["call", "lob/text", "--json", ...by]);
  assert.deepEqual(JSON.parse(json.stdout[0] as string), {
    event: "result",
    result: "two\nlines",
  });
});

Deno.test("macula call asks a node about itself, both ways", async () => {
  await using node = await runNode();
  for (const way of node.ways) {
    const { code, stdout } = await macula(["call", "macula/node/info", ...way]);
    assert.equal(code, 0);
    const { nodeId, version, network } = JSON.parse(stdout[0] as string);
    assert.deepEqual([nodeId, version, network], [node.id, about.version, "macula"]);
  }
});

Deno.test("macula call says what went wrong at the other end, both ways", async () => {
  await using server = await MaculaNode.start({ shards: 0 });
  await using _failing = await server.serve("lob/failing", () => {
    throw new RangeError("month 13");
  });
  await using _silent = await server.serve("lob/silent", () => new Promise(() => {}));
  await using node = await runNode("--bootstrap", server.address);
  await node.process.event("peer-synced");
  for (const way of [["--data", node.data], ["--bootstrap", server.address]]) {
    assertFailed(await macula(["call", "lob/nope", ...way]), 1, /nobody serves lob\/nope/);
    const failing = await macula(["call", "lob/failing", ...way]);
    assertFailed(failing, 1, /lob\/failing failed: RangeError: month 13$/);
    const silent = await macula(["call", "lob/silent", "--timeout", "1s", ...way]);
    assertFailed(silent, 4, /lob\/silent gave no answer within 1 s/);
  }
});

Deno.test("macula call finds in the DHT what is served elsewhere, both ways", async () => {
  await using node = await runNode();
  await using server = await MaculaNode.start({ shards: 0, bootstrap: [node.address] });
  await using _add = await server.serve("lob/add", (a: number, b: number) => a + b);
  await server.joined();
  for (const way of node.ways) {
    const { code, stdout, stderr } = await macula(["call", "lob/add", "40", "2", ...way]);
    assert.deepEqual([code, stdout], [0, ["42"]], stderr.join("\n"));
  }
});

Deno.test("macula says with 3 that it was refused, and by whom", async () => {
  const [node, address] = await startNode("--allow", createIdentity().nodeId);
  await using _node = node;
  const call = (...args: string[]) => macula(["call", "macula/node/info", ...args]);
  const wrong = address.replace(/b\w+/, createIdentity().nodeId);
  const other = await call("--bootstrap", wrong);
  assertFailed(other, 3, /another node .* dialled b\w+, but b\w+ answered/);
  const refused = await call("--bootstrap", address);
  assertFailed(refused, 3, /refused this one \(not-allowed\).*init/);
  const network = await call("--bootstrap", address, "--network", "other");
  // Who is refused at the door does not learn of which network the house is.
  assertFailed(network, 3, /refused this one \(not-allowed\)/);

  const [foreign, foreignAddress] = await startNode("--network", "other");
  await using _foreign = foreign;
  const end = await call("--bootstrap", foreignAddress);
  assertFailed(end, 3, /\(wrong-network\).*Name that node's network with --network/);
});

Deno.test("macula gives up with 4 when nobody answers", async () => {
  const silent = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  using _silent = { [Symbol.dispose]: () => silent.close() };
  const { port } = silent.addr as Deno.NetAddr;
  const by = ["--bootstrap", NOBODY.replace(":9", `:${port}`), "--timeout", "300ms"];
  const sentence = new RegExp(`no answer from 127\\.0\\.0\\.1:${port} within 300 ms`);
  assertFailed(await macula(["call", "lob/x", ...by]), 4, sentence);
  assertFailed(await macula(["pub", "iot/x", "1", ...by]), 4, sentence);
  assertFailed(await macula(["sub", "iot/**", ...by]), 4, sentence);
  assertFailed(await macula(["serve", "lob/x", ...by, "--", "cat"]), 4, sentence);
  assertFailed(await macula(["dht", "lookup", createIdentity().nodeId, ...by]), 4, sentence);
});

Deno.test({
  name: "macula gives up with 4 when the node that runs does not answer",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using node = await runNode();
    node.process.signal("SIGSTOP");
    const end = await macula(["status", "--data", node.data, "--timeout", "300ms"]);
    assertFailed(
      end,
      4,
      /the node of .*data has not answered within 300 ms: is its process stopped/,
    );
  },
});
