import assert from "node:assert/strict";
import { join } from "node:path";
import {
  eventsOf,
  macula,
  MaculaProcess,
  makeFolder,
  runNode,
  startNode,
  stopped,
} from "./cli_fixture.ts";

Deno.test("macula sub prints what macula pub publishes, whichever way each has to the node", async () => {
  await using node = await runNode();
  const payload = '{"celsius":19.5,"raw":{"$bytes":"AQID"}}';
  for (const way of node.ways) {
    await using sub = new MaculaProcess(["sub", "iot/**", "--count", "6", "--json", ...way]);
    await sub.event("ready");
    for (const other of node.ways) {
      const one = await macula(["pub", "iot/hall", payload, "--json", ...other]);
      const [{ event, topic, publications } = {}] = eventsOf(one);
      assert.deepEqual([event, topic, publications], ["published", "iot/hall", 1]);
      const two = await macula(["pub", "iot/roof", "-", ...other], { stdin: "1\n\ntext" });
      assert.match(two.stdout[0] as string, /^published 2 publications on iot\/roof; .*taken by/);
    }
    const end = await sub.end();
    assert.equal(end.code, 0);
    const events = eventsOf(end);
    const publications = events.filter(({ event }) => event === "publication");
    const three = [["iot/hall", JSON.parse(payload)], ["iot/roof", 1], ["iot/roof", "text"]];
    assert.deepEqual(publications.map(({ topic, payload }) => [topic, payload]), [
      ...three,
      ...three,
    ]);
    const keys = ["event", "topic", "payload", "publisher", "incarnation", "sequence"];
    assert.deepEqual(Object.keys(publications[0]!), keys);
    assert.deepEqual(events.at(-1), { event: "stopped", received: 6, missing: 0 });
  }
});

Deno.test("macula pub as a short-lived node counts the copies that it sent", async () => {
  await using node = await runNode();
  const by = ["--bootstrap", node.address, "--json"];
  // It stays: one that left at once might do so before it has acknowledged.
  await using sub = new MaculaProcess(["sub", "iot/**", ...by]);
  await sub.event("ready");
  const [published] = eventsOf(await macula(["pub", "iot/x", "1", ...by]));
  const { peers: _, ...rest } = published!;
  assert.deepEqual(rest, {
    ...{ event: "published", topic: "iot/x", publications: 1, sent: 1, unknown: 0 },
  });
});

Deno.test("macula pub reaches a macula sub that listens, and says when nobody subscribes", async () => {
  await using sub = new MaculaProcess(["sub", "iot/**", "--listen", "127.0.0.1:0"]);
  const address = /macula:\S+/.exec(await sub.note("subscribed to iot/**"))?.[0] as string;
  const nobody = await macula(["pub", "lob/x", "1", "--bootstrap", address]);
  assert.match(nobody.stdout[0] as string, /but nobody subscribes to it on 1 connected node/);
  const raw = await macula(["pub", "iot/x", "19.5", "--raw", "--bootstrap", address]);
  assert.equal(raw.code, 0);
  assert.match(await sub.line("iot/x"), /^\d\d:\d\d:\d\d\.\d{3} {2}iot\/x {2}19\.5$/);
  sub.signal("SIGINT");
  assert.equal((await sub.end()).code, 0);
});

Deno.test("macula sub gets over the loss of a node that it dials, and tells of it", async () => {
  await using folder = await makeFolder();
  const data = join(folder.path, "data");
  const [first, address] = await startNode("--data", data);
  await using _first = first;
  const listen = address.split("@")[1] as string;
  await using sub = new MaculaProcess(["sub", "iot/**", "--count", "1", "--bootstrap", address]);
  await sub.note("subscribed to iot/**");
  await stopped(first);
  assert.match(await sub.note("lost "), /lost b/);
  await sub.note("is gone; attempt 2 is in");

  const [second] = await startNode("--data", data, "--listen", listen);
  await using _second = second;
  await sub.note("connected ");
  await second.event("peer-synced");
  const end = await macula(["pub", "iot/x", "1", "--bootstrap", address]);
  assert.equal(end.code, 0);
  const { code, stdout } = await sub.end();
  assert.equal(code, 0);
  assert.match(stdout[0] as string, /iot\/x {2}1$/);
});

Deno.test("macula sub ends with 1 when the node that it asks is killed", async () => {
  await using node = await runNode();
  await using sub = new MaculaProcess(["sub", "iot/**", "--data", node.data]);
  await sub.note("subscribed to iot/**");
  node.process.signal("SIGKILL");
  const { code, stderr } = await sub.end();
  assert.equal(code, 1);
  assert.match(stderr.at(-1)!, /the node has stopped, or was killed/);
});
