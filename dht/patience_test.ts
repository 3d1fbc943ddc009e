import assert from "node:assert/strict";
import { ActorSystem } from "../actors/mod.ts";
import { FakeClock, settle } from "../actors/testing.ts";
import { createIdentity } from "../security/mod.ts";
import { DIAL_DEADLINE_MS, JOIN_SETTLE_MS, LOOKUP_PATIENCE_MS } from "./constants.ts";
import type { Contact } from "./contact.ts";
import { readRecord } from "./record.ts";
import { answering, FakeNetwork, type FakeNode } from "./testing.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** So many nodes that know each other, on a clock that stands still. */
async function scene(count: number) {
  const clock = new FakeClock();
  const crashes: string[] = [];
  const system = await ActorSystem.start({
    ...{ userShards: 0, clock },
    onCrash: (report) => crashes.push(`${report.actor} ${report.handler}: ${report.error}`),
  });
  const network = new FakeNetwork(system);
  const nodes: FakeNode[] = [];
  for (let i = 0; i < count; i++) {
    const node = await network.node();
    if (nodes[0]) await network.connect(node, nodes[0]);
    await node.dht.ask.joined();
    nodes.push(node);
  }
  await settle(50);
  return {
    ...{ clock, network, nodes },
    async [Symbol.asyncDispose]() {
      await system.stop();
      assert.deepEqual(crashes, []);
    },
  };
}

/** Moves time on until something settles; returns how long that took, in steps of 100 ms. */
async function timeOf(clock: FakeClock, work: Promise<unknown>): Promise<number> {
  const startedAt = clock.now();
  let settled = false;
  const done = () => void (settled = true);
  work.then(done, done);
  for (await settle(20); !settled; await settle(20)) {
    assert(clock.now() - startedAt < 120_000, "it does not settle");
    clock.advance(100);
  }
  return clock.now() - startedAt;
}

/** A contact that tells of nodes which are not there, at addresses that swallow what is sent. */
async function teller(network: FakeNetwork, nodes: number) {
  let port = 20_000;
  const fakes: Contact[] = Array.from({ length: nodes }, () => ({
    peer: createIdentity().nodeId,
    addresses: [1, 2, 3, 4].map(() => ({ host: "127.0.0.1", port: port++ })),
  }));
  for (const { addresses } of fakes) addresses.forEach((address) => network.swallow(address));
  return await network.stranger(answering(({ kind }) => {
    if (kind === "get") return { kind: "found", record: null, contacts: fakes };
    if (kind === "providers") return { kind: "provided", records: [], contacts: fakes };
    return kind === "findNode" ? { kind: "nodes", contacts: fakes } : { kind: "ok" };
  }));
}

Deno.test("Dht finds a value in time though one contact among the honest is silent", async () => {
  await using s = await scene(6);
  const [ada, bob, cyd] = s.nodes as [FakeNode, FakeNode, FakeNode];
  await cyd.dht.ask.put("key", bytes("true"), null);
  s.network.silence(bob);
  const get = ada.dht.ask.get(cyd.id, "key");
  assert(await timeOf(s.clock, get) <= LOOKUP_PATIENCE_MS);
  assert.deepEqual((await get)?.value, bytes("true"));
});

Deno.test("Dht waits for a dead contact once, and not again within a minute", async () => {
  await using s = await scene(6);
  const [ada, bob, cyd] = s.nodes as [FakeNode, FakeNode, FakeNode];
  await cyd.dht.ask.put("key", bytes("true"), null);
  for (const node of s.nodes) if (node !== bob) s.network.disconnect(node, bob);
  await settle(20);
  s.network.swallow(bob.address);
  const get = () => ada.dht.ask.get(cyd.id, "key");
  assert(await timeOf(s.clock, get()) <= LOOKUP_PATIENCE_MS);
  await timeOf(s.clock, new Promise<void>((done) => s.clock.setTimer(done, DIAL_DEADLINE_MS)));
  const dialled = s.network.dialled.length;
  assert.equal(await timeOf(s.clock, get()), 0);
  assert.equal(s.network.dialled.length, dialled);
  const hints = [`127.0.0.1:${bob.address.port}`];
  await assert.rejects(ada.dht.ask.reach(bob.id, hints), { message: /failed \d+\.\d s ago/ });

  // It is there after all, and says so itself.
  await s.network.connect(bob, ada);
  await settle(20);
  assert.equal(await timeOf(s.clock, ada.dht.ask.reach(bob.id, [])), 0);
});

Deno.test("Dht.reach() dials where a user says, though the node failed elsewhere just now", async () => {
  await using s = await scene(2);
  const [ada, hub] = s.nodes as [FakeNode, FakeNode];
  const cyd = await s.network.stranger(answering(() => ({ kind: "ok" })));
  const hole = { host: "127.0.0.1", port: 9 };
  s.network.swallow(hole);
  const inVain = ada.dht.ask.reach(cyd.id, ["127.0.0.1:9"]);
  const took = timeOf(s.clock, inVain);
  await assert.rejects(inVain, { code: "unreachable" });
  assert(await took <= DIAL_DEADLINE_MS + LOOKUP_PATIENCE_MS);
  await ada.dht.ask.reach(cyd.id, ["127.0.0.1:9", `127.0.0.1:${cyd.address.port}`]);
  assert(s.network.connected(ada, cyd) && s.network.connected(ada, hub));
  assert.equal(s.network.dialled.filter((address) => address === "127.0.0.1:9").length, 1);
});

Deno.test("Dht.joined() settles in time, whatever nodes a liar tells of", async () => {
  await using s = await scene(3);
  const [hub] = s.nodes as [FakeNode];
  const liar = await teller(s.network, 20);
  await s.network.connect(hub, liar);
  await settle(50);
  const ada = await s.network.node();
  await s.network.connect(ada, hub);
  await settle(20);
  const took = await timeOf(s.clock, ada.dht.ask.joined());
  assert(took <= JOIN_SETTLE_MS, `it took ${took} ms`);
});

Deno.test("Dht heeds no word of where it is seen that is no place", async () => {
  await using s = await scene(1);
  const [ada] = s.nodes as [FakeNode];
  const asked: string[] = [];
  const claims = [["\u001b[31m x\n", 4_433], ["localhost", 4_433], ["127.0.0.1", 123_456_789]];
  for (const [host, port] of claims as [string, number][]) {
    const liar = await s.network.stranger(answering(({ kind }) => {
      asked.push(kind);
      return { kind: "ok" };
    }));
    s.network.claim(liar, { host, port });
    await s.network.connect(ada, liar);
    await s.network.connect(liar, ada);
  }
  await settle(50);
  assert(asked.includes("ping") && !asked.includes("reachMe"), asked.join());
  assert.deepEqual((await ada.dht.ask.stats()).addresses, []);
  await ada.dht.ask.provide("topic/x");
  assert.deepEqual(await ada.dht.ask.providers("topic/x"), [{ peer: ada.id, addresses: [] }]);
});

Deno.test("Dht announces and withdraws 1,300 names, each of them", async () => {
  await using s = await scene(1);
  const [ada] = s.nodes as [FakeNode];
  for (let i = 0; i < 1_300; i++) await ada.dht.ask.provide(`topic/${i}`);
  const told = { provided: new Set<string>(), withdrawn: new Set<string>() };
  const holder = await s.network.stranger(answering((request) => {
    if (request.kind === "findNode") return { kind: "nodes", contacts: [] };
    if (request.kind === "store") {
      const record = readRecord(request.record);
      assert(record.kind === "provider");
      told[record.withdrawn ? "withdrawn" : "provided"].add(record.key);
    }
    return { kind: "ok" };
  }));
  await s.network.connect(ada, holder);
  while (told.provided.size < 1_300) await settle();
  await ada.dht.ask.withdrawAll();
  assert.equal(told.withdrawn.size, 1_300);
});
