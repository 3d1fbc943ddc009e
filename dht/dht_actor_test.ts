import assert from "node:assert/strict";
import { ActorSystem } from "../actors/mod.ts";
import { FakeClock, settle } from "../actors/testing.ts";
import { createIdentity } from "../security/mod.ts";
import type { DhtPeer } from "./dht_protocol.ts";
import { compareDistance, keyBytes } from "./key.ts";
import { FakeNetwork, type FakeNode, type FakeNodeOptions } from "./testing.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined) => value && new TextDecoder().decode(value);

/** A network on a clock that stands still, and what fails in it. */
async function started(): Promise<
  { network: FakeNetwork; clock: FakeClock; system: ActorSystem } & AsyncDisposable
> {
  const clock = new FakeClock();
  const crashes: string[] = [];
  const system = await ActorSystem.start({
    ...{ userShards: 0, clock },
    onCrash: (report) => crashes.push(`${report.actor} ${report.handler}: ${report.error}`),
  });
  return {
    ...{ network: new FakeNetwork(system), clock, system },
    async [Symbol.asyncDispose]() {
      await system.stop();
      assert.deepEqual(crashes, []);
    },
  };
}

/** So many nodes, of which all but the first know the first. */
async function joined(
  network: FakeNetwork,
  count: number,
  options: FakeNodeOptions = {},
): Promise<FakeNode[]> {
  const first = await network.node(options);
  const nodes = [first];
  while (nodes.length < count) {
    const node = await network.node(options);
    await network.connect(node, first);
    await node.dht.ask.joined();
    nodes.push(node);
  }
  await settle(50);
  return nodes;
}

Deno.test("Dht: sixteen nodes that know one of them find each other", async () => {
  await using s = await started();
  const nodes = await joined(s.network, 16);
  for (const node of nodes) {
    const { contacts, joined, addresses } = await node.dht.ask.stats();
    assert.equal(contacts, 15);
    assert(joined);
    assert.deepEqual(addresses, [`127.0.0.1:${node.address.port}`]);
  }
  const [asker, ...others] = nodes as [FakeNode, ...FakeNode[]];
  for (const { id, address } of others) {
    const { closest, hops } = await asker.dht.ask.findNode(id);
    const target = keyBytes(id);
    const sorted = others.map((other) => other.id)
      .sort((a, b) => compareDistance(target, keyBytes(a), keyBytes(b)));
    assert.deepEqual(closest.map(({ peer }) => peer), sorted);
    assert.deepEqual(closest[0]?.addresses, [`127.0.0.1:${address.port}`]);
    assert(hops.every(({ outcome }) => outcome === "ok"));
  }
});

Deno.test("Dht.joined() settles when others can find the node, at once, by its id alone", async () => {
  await using s = await started();
  const hub = await s.network.node();
  const nodes: FakeNode[] = [];
  for (let i = 0; i < 4; i++) {
    const node = await s.network.node();
    await s.network.connect(node, hub);
    await node.dht.ask.joined();
    for (const other of nodes) s.network.disconnect(node, other);
    for (const other of nodes) await node.dht.ask.reach(other.id, []);
    nodes.push(node);
  }
});

Deno.test("Dht.joined() does not wait for a peer that says nothing", async () => {
  await using s = await started();
  const ada = await s.network.node();
  const silent = await s.network.stranger(() => []);
  await s.network.connect(ada, silent);
  const joined = ada.dht.ask.joined();
  await settle(20);
  s.clock.advance(2_000);
  await joined;
  assert.equal((await ada.dht.ask.stats()).contacts, 0);
});

Deno.test("Dht: a record that one node puts is found, newest first, by every other", async () => {
  await using s = await started();
  const nodes = await joined(s.network, 8);
  const [ada, bob] = nodes as [FakeNode, FakeNode];
  const first = await ada.dht.ask.put("policy/realm", bytes("one"), 0);
  assert.deepEqual([first.sequence, first.holders, first.refused], [1, 8, {}]);
  const second = await ada.dht.ask.put("policy/realm", bytes("two"), 1);
  assert.equal(second.sequence, 2);
  for (const { dht } of nodes) {
    const record = await dht.ask.get(ada.id, "policy/realm");
    assert.deepEqual([record?.owner, record?.name, record?.sequence], [ada.id, "policy/realm", 2]);
    assert.equal(text(record?.value), "two");
  }
  assert.equal(await bob.dht.ask.get(bob.id, "policy/realm"), null);
  await assert.rejects(ada.dht.ask.put("policy/realm", bytes("x"), 1), { code: "conflict" });
});

Deno.test("Dht.put() twice at once gives two sequences, and no equivocation", async () => {
  await using s = await started();
  const [ada] = await joined(s.network, 4) as [FakeNode];
  const puts = ["a", "b", "c"].map((value) => ada.dht.ask.put("key", bytes(value), null));
  assert.deepEqual((await Promise.all(puts)).map(({ sequence }) => sequence), [1, 2, 3]);
  assert.equal(text((await ada.dht.ask.get(ada.id, "key"))?.value), "c");
});

Deno.test("Dht: an immutable value is found by its key", async () => {
  await using s = await started();
  const [ada, bob] = await joined(s.network, 5) as [FakeNode, FakeNode];
  const { key, holders } = await ada.dht.ask.putImmutable(bytes("value"));
  assert.equal(holders, 5);
  const record = await bob.dht.ask.getImmutable(key);
  assert.deepEqual([text(record?.value), record?.validUntil], ["value", Infinity]);
  assert.equal(await bob.dht.ask.getImmutable(ada.id), null);
  await assert.rejects(bob.dht.ask.getImmutable("nonsense"), { data: { name: "SyntaxError" } });
});

Deno.test("Dht: those who take part in something are found until they withdraw", async () => {
  await using s = await started();
  const [ada, bob, cyd] = await joined(s.network, 8) as [FakeNode, FakeNode, FakeNode];
  await ada.dht.ask.provide("proc/lob/sum");
  await bob.dht.ask.provide("proc/lob/sum");
  const found = await cyd.dht.ask.providers("proc/lob/sum");
  const wanted = [ada, bob].map(({ id, address }) => ({
    ...{ peer: id, addresses: [`127.0.0.1:${address.port}`] },
  }));
  assert.deepEqual(new Set(found), new Set(wanted));
  ada.dht.tell.withdraw("proc/lob/sum");
  await settle(50);
  assert.deepEqual(await cyd.dht.ask.providers("proc/lob/sum"), [wanted[1]]);
  assert.deepEqual(await ada.dht.ask.providers("proc/lob/sum"), [wanted[1]]);
});

Deno.test("Dht: a node alone has what it put and provides, and spreads it when it meets one", async () => {
  await using s = await started();
  const ada = await s.network.node();
  await ada.dht.ask.joined();
  assert.equal((await ada.dht.ask.put("key", bytes("k"), null)).holders, 1);
  const { key } = await ada.dht.ask.putImmutable(bytes("v"));
  await ada.dht.ask.provide("topic/x");
  assert.equal(text((await ada.dht.ask.get(ada.id, "key"))?.value), "k");
  assert.deepEqual(await ada.dht.ask.providers("topic/x"), [{ peer: ada.id, addresses: [] }]);
  assert.equal((await ada.dht.ask.findNode(ada.id)).closest.length, 0);

  const bob = await s.network.node();
  await s.network.connect(ada, bob);
  await ada.dht.ask.joined();
  await settle(50);
  s.network.disconnect(ada, bob);
  const { records, providers } = await bob.dht.ask.stats();
  assert.deepEqual([records, providers], [2, 1]);
  assert.equal(text((await bob.dht.ask.getImmutable(key))?.value), "v");
  const [found] = await bob.dht.ask.providers("topic/x");
  assert.deepEqual(found, { peer: ada.id, addresses: [`127.0.0.1:${ada.address.port}`] });
});

Deno.test("Dht: a node whose first contact found it tells the network what it has, too", async () => {
  await using s = await started();
  const ada = await s.network.node();
  await ada.dht.ask.put("key", bytes("k"), null);
  const bob = await s.network.node();
  await s.network.connect(bob, ada);
  await bob.dht.ask.joined();
  await settle(50);
  assert.equal((await bob.dht.ask.stats()).records, 1);
});

Deno.test("Dht: what a node puts is its last word, though a former life of it put more", async () => {
  await using s = await started();
  const [hub, bob] = await joined(s.network, 4) as [FakeNode, FakeNode];
  const identity = createIdentity();
  const before = await s.network.node({ identity });
  await s.network.connect(before, hub);
  await before.dht.ask.joined();
  for (const value of ["one", "two"]) await before.dht.ask.put("key", bytes(value), null);
  await s.network.leave(before);

  const after = await s.network.node({ identity });
  for (const value of ["three", "four"]) await after.dht.ask.put("key", bytes(value), null);
  await s.network.connect(after, hub);
  await after.dht.ask.joined();
  await settle(50);
  const record = await bob.dht.ask.get(after.id, "key");
  assert.deepEqual([text(record?.value), record?.sequence], ["four", 3]);
});

Deno.test("Dht that fails starts again with its peers, what it put and what it provides", async () => {
  const crashes: string[] = [];
  await using system = await ActorSystem.start({
    ...{ userShards: 0, clock: new FakeClock() },
    onCrash: ({ actor }) => crashes.push(actor),
  });
  const [ada, bob] = await joined(new FakeNetwork(system), 3) as [FakeNode, FakeNode];
  await ada.dht.ask.put("key", bytes("k"), null);
  await ada.dht.ask.provide("topic/x");
  ada.dht.tell.peerUp(null as unknown as DhtPeer); // what no peer can send
  await settle(100);
  assert.deepEqual(crashes, ["dht"]);
  const { contacts, records, joined: isJoined } = await ada.dht.ask.stats();
  assert.deepEqual([contacts, records, isJoined], [2, 1, true]);
  assert.equal((await bob.dht.ask.providers("topic/x"))[0]?.peer, ada.id);
  ada.dht.tell.withdraw("topic/x");
  await settle(50);
  assert.deepEqual(await bob.dht.ask.providers("topic/x"), []);
});

Deno.test("Dht.reach() connects by a hint, by a lookup, and says what it tried", async () => {
  await using s = await started();
  const nodes = await joined(s.network, 6);
  const [hub, ada, bob] = nodes as [FakeNode, FakeNode, FakeNode];
  await ada.dht.ask.reach(hub.id, []);
  s.network.disconnect(ada, bob);
  await settle();
  await ada.dht.ask.reach(bob.id, [`127.0.0.1:${bob.address.port}`]);
  assert(s.network.connected(ada, bob));
  s.network.disconnect(ada, bob);
  await settle();
  await Promise.all([ada.dht.ask.reach(bob.id, ["127.0.0.1:1"]), ada.dht.ask.reach(bob.id, [])]);
  assert(s.network.connected(ada, bob));
  const nobody = (await s.network.stranger(() => [])).id;
  await assert.rejects(ada.dht.ask.reach(nobody, ["127.0.0.1:2", "8.8.8.8:53"]), {
    code: "unreachable",
    message: /127\.0\.0\.1:2 \(.*does not answer.*a lookup among 5 nodes gave no address/s,
  });
  assert(!s.network.dialled.includes("8.8.8.8:53"), "beyond this machine, and it is not open");
});

Deno.test("Dht: a client asks, and is in nobody's table", async () => {
  await using s = await started();
  const nodes = await joined(s.network, 4);
  const [ada, bob] = nodes as [FakeNode, FakeNode];
  const visitor = await s.network.node({ mode: "client" });
  await s.network.connect(visitor, ada);
  await visitor.dht.ask.joined();
  await ada.dht.ask.put("key", bytes("k"), null);
  assert.equal(text((await visitor.dht.ask.get(ada.id, "key"))?.value), "k");
  assert.equal((await visitor.dht.ask.put("key", bytes("mine"), null)).holders, 5);
  assert.equal(text((await bob.dht.ask.get(visitor.id, "key"))?.value), "mine");
  await s.network.connect(bob, visitor);
  await settle(50);
  for (const { dht } of nodes) {
    const contacts = (await dht.ask.table()).flatMap((bucket) => bucket.contacts);
    assert(!contacts.some(({ peer }) => peer === visitor.id));
  }
  const { addresses, rejected } = await visitor.dht.ask.stats();
  assert.deepEqual(addresses, []);
  assert(rejected["client"], "it was asked, and refused");
});

Deno.test("Dht: a node that cannot be dialled back is no contact and announces nothing", async () => {
  await using s = await started();
  const [ada, bob] = await joined(s.network, 3) as [FakeNode, FakeNode];
  const hidden = await s.network.node({ reachable: false });
  await s.network.connect(hidden, ada);
  await hidden.dht.ask.joined();
  await settle(50);
  assert.deepEqual((await hidden.dht.ask.stats()).addresses, []);
  assert.equal((await bob.dht.ask.stats()).contacts, 2);
  await hidden.dht.ask.provide("topic/x");
  assert.deepEqual(await bob.dht.ask.providers("topic/x"), [{ peer: hidden.id, addresses: [] }]);
});

Deno.test("Dht with `allow` neither follows nor dials anybody else", async () => {
  await using s = await started();
  const [hub, ada] = await joined(s.network, 4) as [FakeNode, FakeNode];
  const strict = await s.network.node({ allow: [hub.id] });
  await s.network.connect(strict, hub);
  await strict.dht.ask.joined();
  const { hops } = await strict.dht.ask.findNode(ada.id);
  assert.deepEqual(hops.map(({ peer }) => peer), [hub.id]);
  await assert.rejects(strict.dht.ask.reach(ada.id, [`127.0.0.1:${ada.address.port}`]), {
    code: "unreachable",
    message: /allows/,
  });
});

Deno.test("Dht: a silent contact is a timeout, and three make it none", async () => {
  await using s = await started();
  const [ada, bob] = await joined(s.network, 4) as [FakeNode, FakeNode];
  s.network.silence(bob);
  for (let i = 0; i < 3; i++) {
    const lookup = ada.dht.with({ deadlineMs: 60_000 }).ask.findNode(bob.id);
    await settle(20);
    s.clock.advance(2_000);
    const { hops } = await lookup;
    assert.equal(hops.find(({ peer }) => peer === bob.id)?.outcome, "timeout");
  }
  await settle();
  const { contacts, timeouts } = await ada.dht.ask.stats();
  assert.deepEqual([contacts, timeouts], [2, 3]);
});

Deno.test("Dht: what it provides is announced again before it expires", async () => {
  await using s = await started();
  const [ada, bob] = await joined(s.network, 3) as [FakeNode, FakeNode];
  await ada.dht.ask.provide("topic/x");
  const before = (await bob.dht.ask.stats()).requestsReceived;
  s.clock.advance(15 * 60_000);
  await settle(100);
  assert((await bob.dht.ask.stats()).requestsReceived > before);
});

Deno.test("Dht: its parts stand in the tree, a bucket when it is needed, a lookup while it runs", async () => {
  await using s = await started();
  await joined(s.network, 3);
  const paths = (await s.system.actors()).map(({ path }) => path);
  for (const part of ["store", "table", "responder", "exchange", "maintenance"]) {
    assert(paths.some((path) => path.endsWith(`dht/${part}`)), part);
  }
  assert(paths.some((path) => /dht\/table\/bucket \d+$/.test(path)), String(paths));
  assert(!paths.some((path) => path.includes("lookup")));
});
