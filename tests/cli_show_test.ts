import assert from "node:assert/strict";
import { MaculaNode } from "../mod.ts";
import { linesOf } from "../cli/lines.ts";
import { eventsOf, macula, runNode } from "./cli_fixture.ts";

Deno.test("macula status says who a node is and how it does", async () => {
  await using node = await runNode();
  await using other = await MaculaNode.start({ shards: 0, bootstrap: [node.address] });
  await other.joined();
  const { code, stdout } = await macula(["status", "--data", node.data]);
  assert.equal(code, 0);
  const text = stdout.join("\n");
  assert.match(text, new RegExp(`^node +${node.id}$`, "m"));
  assert.match(text, new RegExp(`^listens +${node.address.split("@")[1]}$`, "m"));
  assert.match(text, /^peers +1$/m);
  assert.match(text, /^policies +version 1, no file$/m);
  assert.match(text, /^macula +[0-9a-f]{12}… +[0-9a-f]{12}…$/m);

  const [status] = eventsOf(await macula(["status", "--data", node.data, "--json"]));
  assert.deepEqual([status?.event, status?.nodeId, status?.peers], ["status", node.id, 1]);
});

Deno.test({
  name: "macula status counts what was written to the control socket and is no message",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using node = await runNode();
    const path = String((await node.process.event("ready")).control).slice("unix:".length);
    using connection = await Deno.connect({ transport: "unix", path });
    await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
    const lines = linesOf(connection.readable);
    assert.match((await lines.next()).value, /"macula"/);
    assert.match((await lines.next()).value, /"code":"usage"/);
    assert.match((await lines.next()).value, /"code":"usage"/);
    const { stdout } = await macula(["status", "--data", node.data]);
    assert.match(stdout.join("\n"), /^control socket: lines and connections refused +2$/m);
  },
});

Deno.test("macula peers lists who is connected", async () => {
  await using node = await runNode();
  const nobody = await macula(["peers", "--data", node.data]);
  assert.match(nobody.stdout[0]!, /^no peers/);
  await using other = await MaculaNode.start({ shards: 0, bootstrap: [node.address] });
  await other.joined();
  const { stdout } = await macula(["peers", "--data", node.data]);
  assert.match(stdout.join("\n"), new RegExp(`^${other.id} +127.* +the peer +connected$`, "m"));
  const [peer] = eventsOf(await macula(["peers", "--data", node.data, "--json"]));
  assert.deepEqual([peer?.event, peer?.peer, peer?.dialled], ["peer", other.id, false]);
});

Deno.test("macula actors shows the shards and the tree", async () => {
  await using node = await runNode();
  const { code, stdout } = await macula(["actors", "--data", node.data]);
  assert.equal(code, 0);
  assert.match(stdout[0]!, new RegExp(`^${node.id} +\\d+ actors, [\\d,.]+ MB of memory$`));
  const text = stdout.join("\n");
  assert.match(text, /^shard +state +actors +turns\/s +busy +heap used +of +restarts$/m);
  assert.match(text, /^main +running +\d+ +[\d,]+ +[\d.]+ m?s +[\d.]+ MB +[\d.]+ MB/m);
  assert.match(text, /^actor +shard +handled +queued +busy +restarts +dead letters$/m);
  assert.match(text, /^├─ mesh +main .*\n(?:│ .*\n)*│ {2}├─ bus /m);
  assert.match(text, /procedure macula\/node\/info/);
  assert.match(stdout.at(-1)!, /^└─ /);
  const events = eventsOf(await macula(["actors", "--data", node.data, "--json"]));
  const actors = events.filter(({ event }) => event === "actor");
  assert(actors.every(({ state, busyMs }) => typeof state === "string" && Number(busyMs) >= 0));
  assert(actors.some(({ path }) => path === "mesh/bus"));
  const [first, ...shards] = events.filter(({ event }) => event !== "actor");
  assert(first?.event === "process" && Number(first.rssBytes) > 0);
  assert.deepEqual(shards.map(({ event, name }) => [event, name]), [["shard", "main"]]);
});

Deno.test("macula actors --sort shows first what has most, or says what it sorts by", async () => {
  await using node = await runNode();
  const by = ["actors", "--data", node.data, "--sort"];
  const handled = eventsOf(await macula([...by, "handled", "--json"]))
    .flatMap(({ event, handled }) => event === "actor" ? Number(handled) : []);
  assert.deepEqual(handled, handled.toSorted((a, b) => b - a));
  const { code, stderr } = await macula([...by, "name"]);
  assert.equal(code, 2);
  assert.match(stderr.join("\n"), /busy, queued, handled/);
});
