import assert from "node:assert/strict";
import { Probe, take } from "./testing.ts";
import counter from "./testing/counter_actor.ts";

/** A node that others meet at, and so many that know only its address. */
async function meeting(count: number): Promise<{ readonly nodes: Probe[] } & AsyncDisposable> {
  const opened = new AsyncDisposableStack();
  const first = opened.use(await Probe.start());
  const nodes: Probe[] = [];
  for (let i = 0; i < count; i++) {
    const probe = opened.use(await Probe.start({ bootstrap: [first.node.address] }));
    await probe.node.joined();
    nodes.push(probe);
  }
  return { nodes, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

Deno.test("A subscriber finds in the DHT who publishes already", async () => {
  await using met = await meeting(2);
  const [publisher, subscriber] = met.nodes as [Probe, Probe];
  await publisher.node.publish("iot/sensor/hall", 0);
  await publisher.node.flush(); // it is on its way to nobody
  await using readings = subscriber.node.subscribe("iot/sensor/*");
  await readings.ready;
  await publisher.node.publish("iot/sensor/hall", 1);
  assert.equal((await take(readings, 1))[0]?.payload, 1);
});

Deno.test("A subscriber of a whole realm finds in the DHT who publishes in it", async () => {
  await using met = await meeting(2);
  const [publisher, subscriber] = met.nodes as [Probe, Probe];
  await publisher.node.publish("iot/sensor/hall", 0);
  await publisher.node.flush(); // it is on its way to nobody
  await using readings = subscriber.node.subscribe("iot/**");
  await readings.ready;
  await publisher.node.publish("iot/sensor/hall", 1);
  assert.equal((await take(readings, 1))[0]?.payload, 1);
});

Deno.test("MaculaNode.publish() finds in the DHT who subscribes already, before its first publication", async () => {
  await using met = await meeting(2);
  const [publisher, subscriber] = met.nodes as [Probe, Probe];
  await using readings = subscriber.node.subscribe("iot/sensor/*");
  await readings.ready;
  await publisher.node.publish("iot/sensor/hall", 1);
  assert.deepEqual((await take(readings, 1)).map(({ payload, sequence }) => [payload, sequence]), [
    [1, 1],
  ]);
});

Deno.test("MaculaNode.discover() says how many are connected that take part in a topic", async () => {
  await using met = await meeting(2);
  const [asker, subscriber] = met.nodes as [Probe, Probe];
  assert.equal(await asker.node.discover("topic", "iot/sensor/hall"), 0);
  await using readings = subscriber.node.subscribe("iot/sensor/*");
  await readings.ready;
  assert.equal(await asker.node.discover("topic", "iot/sensor/hall"), 1);
});

Deno.test("MaculaNode.call() finds in the DHT who serves the procedure", async () => {
  await using met = await meeting(2);
  const [server, caller] = met.nodes as [Probe, Probe];
  await using _served = await server.node.serve("lob/double", (n: number) => 2 * n);
  assert.equal(await caller.node.call("lob/double", [21]), 42);
  const providers = await caller.node.dht.providers("proc/lob/double");
  assert.deepEqual(providers.map(({ peer }) => peer), [server.node.id]);
});

Deno.test("MaculaNode.actor() finds a node in the DHT by its id alone", async () => {
  await using met = await meeting(2);
  const [home, away] = met.nodes as [Probe, Probe];
  await home.node.spawn(counter, {
    ...{ args: [0], placement: "here", name: "counter", expose: "lob" },
  });
  const far = away.node.actor<typeof counter>(`macula://${home.node.id}/lob/counter`);
  await far.ask.add(2);
  assert.equal(await far.ask.get(), 2);
});

Deno.test("A node that nobody has reached says so, and one that was reached says where", async () => {
  await using met = await meeting(1);
  const [probe] = met.nodes as [Probe];
  const { address } = await probe.event("reachable");
  assert(probe.node.address.endsWith(`@${address}`), address);
  assert.deepEqual((await probe.node.status()).addresses, [probe.node.address]);
  await using alone = await Probe.start();
  assert.deepEqual((await alone.node.status()).addresses, []);
});

Deno.test("A client of the DHT finds others, and is not found itself", async () => {
  await using met = await meeting(1);
  const [server] = met.nodes as [Probe];
  await using _served = await server.node.serve("lob/double", (n: number) => 2 * n);
  const bootstrap = [server.node.address];
  await using client = await Probe.start({ bootstrap, dht: "client" });
  await client.node.joined();
  assert.equal(await client.node.call("lob/double", [4]), 8);
  const { closest } = await server.node.dht.lookup(client.node.id);
  assert(!closest.some(({ peer }) => peer === client.node.id));
});

Deno.test("NodeDht keeps records under a node's own id, and immutable values under their hash", async () => {
  await using met = await meeting(3);
  const [one, two, three] = met.nodes.map(({ node }) => node) as [
    Probe["node"],
    Probe["node"],
    Probe["node"],
  ];
  const stored = await one.dht.put("profile", { name: "one" });
  assert(stored.holders >= 3, `${stored.holders} hold it`);
  const found = await two.dht.get("profile", { owner: one.id });
  assert.deepEqual([found?.value, found?.owner], [{ name: "one" }, one.id]);
  await one.dht.put("profile", { name: "first" }, { expected: stored.sequence });
  assert.deepEqual((await three.dht.get("profile", { owner: one.id }))?.value, { name: "first" });
  const outdated = one.dht.put("profile", { name: "other" }, { expected: stored.sequence });
  await assert.rejects(outdated, { code: "conflict" });
  assert.equal(await two.dht.get("profile"), undefined);

  const { key } = await two.dht.putValue([1, 2, 3]);
  assert.deepEqual((await three.dht.getValue(key))?.value, [1, 2, 3]);
});

Deno.test("A node that has stopped is no contact of its peers, and is not announced, any longer", async () => {
  await using first = await Probe.start();
  const second = await Probe.start({ bootstrap: [first.node.address] });
  await second.node.joined();
  await using _served = await second.node.serve("lob/double", (n: number) => 2 * n);
  await first.node.call("lob/double", [1]);
  assert.equal((await first.node.dht.stats()).contacts, 1);
  await second.node.stop();
  await first.event("peer-down");
  assert.equal((await first.node.dht.stats()).contacts, 0);
  assert.deepEqual(await first.node.dht.providers("proc/lob/double"), []);
});
