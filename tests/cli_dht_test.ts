import assert from "node:assert/strict";
import { join } from "node:path";
import { MaculaNode } from "../mod.ts";
import { createIdentity } from "../security/mod.ts";
import { assertFailed, eventsOf, macula, makeFolder, runNode } from "./cli_fixture.ts";

Deno.test("macula dht put and get keep a record, both ways", async () => {
  await using folder = await makeFolder();
  await using node = await runNode();
  await using _other = await neighbour(node.address);
  const own = ["--data", node.data];
  const far = ["--bootstrap", node.address, "--data", join(folder.path, "identity")];
  for (const way of [own, far]) {
    const put = await macula(["dht", "put", "site/config", '{"$bytes":"AQID"}', ...way, "--json"]);
    const [stored] = eventsOf(put);
    assert.deepEqual([stored?.event, stored?.sequence], ["stored", 1], put.stderr.join("\n"));
    const [record] = eventsOf(await macula(["dht", "get", "site/config", ...way, "--json"]));
    const { event, key, name, sequence, value } = record!;
    assert.deepEqual([event, key, name, sequence], ["record", stored!.key, "site/config", 1]);
    assert.deepEqual(value, { $bytes: "AQID" });

    const conflict = await macula(["dht", "put", "site/config", "2", "--expected", "7", ...way]);
    assertFailed(conflict, 1, /sequence/);
    const next = await macula(["dht", "put", "site/config", "2", "--expected", "1", ...way]);
    assert.match(next.stdout.join("\n"), /^sequence +2$/m);
    assertFailed(
      await macula(["dht", "get", "absent", ...way]),
      1,
      /no record of b\w+ under "absent"/,
    );
  }
  const owner = ["--owner", node.id, "--bootstrap", node.address];
  const { stdout } = await macula(["dht", "get", "site/config", ...owner]);
  assert.match(stdout.join("\n"), /^value +2$/m);
});

Deno.test("macula dht put --immutable puts under the value's own hash, both ways", async () => {
  await using node = await runNode();
  await using _other = await neighbour(node.address);
  const keys = new Set<unknown>();
  for (const way of node.ways) {
    const [stored] = eventsOf(await macula(["dht", "put", "--immutable", "42", ...way, "--json"]));
    keys.add(stored?.key);
    const { code, stdout } = await macula(["dht", "get", "--key", String(stored?.key), ...way]);
    assert.equal(code, 0);
    assert.match(stdout.join("\n"), /^owner +none: it is immutable\nvalue +42$/m);
    const absent = await macula(["dht", "get", "--key", createIdentity().nodeId, ...way]);
    assertFailed(absent, 1, /no record with the key b\w+ was found/);
  }
  assert.equal(keys.size, 1);
});

Deno.test("macula dht lookup finds nodes and who serves what, both ways", async () => {
  await using node = await runNode();
  await using other = await neighbour(node.address);
  await using _add = await other.serve("lob/add", (a: number, b: number) => a + b);
  await other.joined();
  for (const way of node.ways) {
    const lookup = await macula(["dht", "lookup", other.id, "--trace", "--json", ...way]);
    const events = eventsOf(lookup);
    const found = events.filter(({ event }) => event === "found").map(({ peer }) => peer);
    assert.equal(found[0], other.id, lookup.stderr.join("\n"));
    assert(
      events.some(({ event, peer, outcome }) =>
        event === "hop" && peer === other.id && outcome === "ok"
      ),
    );
    const people = await macula(["dht", "lookup", other.id, "--trace", ...way]);
    assert.match(people.stdout.join("\n"), /^path +depth +asked +outcome +contacts +ms$/m);
    const serving = await macula(["dht", "lookup", "proc/lob/add", ...way]);
    assert.match(serving.stdout.join("\n"), new RegExp(`^${other.id} +127\\.0\\.0\\.1:\\d+$`, "m"));
    const nobody = await macula(["dht", "lookup", "proc/lob/absent", ...way]);
    assertFailed(nobody, 1, /nobody was found in the DHT for proc\/lob\/absent/);
    const wrong = await macula(["dht", "lookup", "topic/x", ...way]);
    assertFailed(wrong, 2, /"topic\/x" names no providers/);
  }
});

Deno.test("macula dht table shows whom a node knows", async () => {
  await using node = await runNode();
  await using other = await neighbour(node.address);
  await node.process.event("dht-joined");
  const { code, stdout } = await macula(["dht", "table", "--data", node.data]);
  assert.equal(code, 0);
  assert.match(stdout.join("\n"), new RegExp(`^bits +node +addresses\n +\\d+ +${other.id} `));
  const [bucket] = eventsOf(await macula(["dht", "table", "--data", node.data, "--json"]));
  assert.equal(bucket?.event, "bucket");
});

/** Another node of the network. */
async function neighbour(address: string): Promise<MaculaNode> {
  const node = await MaculaNode.start({ shards: 0, bootstrap: [address] });
  await node.joined();
  return node;
}
