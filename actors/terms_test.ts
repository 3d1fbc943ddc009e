import assert from "node:assert/strict";
import { Heartbeat } from "./fleet/heartbeat.ts";
import { lifeLineName } from "./fleet/life_line.ts";
import { ValueError } from "../values/mod.ts";
import { systemClock } from "./clock.ts";
import { Kernel } from "./kernel.ts";
import { serviceOf, TERMS } from "./own_slots.ts";
import { type Service, startMainServices, startService } from "./service.ts";
import { ShardBooks } from "./shard_books.ts";
import type { ShardCommand } from "./shard_protocol.ts";
import type { SlotSpec } from "./slot_spec.ts";
import type { Terms } from "./terms.ts";
import { guarantee, OF_SHARDS, type Setting, STRICT, UNBOXED } from "./testing/conformance.ts";
import { Transit } from "./transit.ts";
import termReader, { type TermReader } from "./testing/term_reader.ts";

const POLICY = { words: ["none"], at: new Date(0), key: Uint8Array.of(1, 2), deep: [{ a: null }] };

const reader = (s: Setting, shard?: string) =>
  s.system.spawn(termReader, { ...s.place, ...shard !== undefined && { shard } });

guarantee("a term that was put is read in every shard, without a message", async (s) => {
  const probe = await reader(s);
  assert.equal(await probe.ask.read("policy"), null);
  assert.equal(s.system.term("policy"), undefined);
  await s.system.terms.ask.put("policy", POLICY);
  assert.deepEqual(await probe.ask.read("policy"), POLICY);
  assert.deepEqual(s.system.term("policy"), POLICY);
  assert.equal(await probe.ask.read("another"), null);
}, { placements: UNBOXED });

guarantee("a term is one object for all who read it, until it is replaced", async (s) => {
  const probe = await reader(s);
  await s.system.terms.ask.put("policy", POLICY);
  const first = s.system.term("policy");
  assert.notEqual(first, POLICY, "it is a copy of what was put");
  await probe.ask.isSame("policy");
  assert.equal(await probe.ask.isSame("policy"), true);
  assert.equal(s.system.term("policy"), first);
  await s.system.terms.ask.put("another", 1);
  assert.equal(await probe.ask.isSame("policy"), true);
  await s.system.terms.ask.put("policy", POLICY);
  assert.equal(await probe.ask.isSame("policy"), false);
  assert.notEqual(s.system.term("policy"), first);
  assert.deepEqual(first, POLICY, "whoever holds the old one has it whole");
}, { placements: UNBOXED });

guarantee("a term is frozen, in depth", async (s) => {
  const probe = await reader(s);
  await s.system.terms.ask.put("policy", POLICY);
  assert.equal(await probe.ask.isFrozen("policy"), true);
  assert.equal(await probe.ask.change("policy"), "TypeError");
  assert.deepEqual(await probe.ask.read("policy"), POLICY);
}, { placements: UNBOXED });

guarantee("of puts that follow each other, the last one stays", async (s) => {
  const probe = await reader(s);
  const puts = Array.from({ length: 20 }, (_, n) => s.system.terms.ask.put("n", n + 1));
  await Promise.all(puts);
  assert.equal(await probe.ask.read("n"), 20);
  assert.equal(s.system.term("n"), 20);
  await s.system.terms.ask.put("n", undefined);
  assert.equal(await probe.ask.read("n"), null);
  assert.equal(s.system.term("n"), undefined);
}, { placements: UNBOXED });

guarantee("a term outside of the domain, or with a ref, is the putter's error", async (s) => {
  const probe = await reader(s);
  await s.system.terms.ask.put("policy", 1);
  await assert.rejects(s.system.terms.ask.put("policy", new Map()), ValueError);
  await assert.rejects(s.system.terms.ask.put("policy", { to: [probe] }), (error) => {
    assert(error instanceof ValueError);
    assert.match(error.message, /^term "policy"\.to\[0\] is a ref: /);
    return true;
  });
  assert.equal(await probe.ask.read("policy"), 1);
  await s.system.terms.ask.put("policy", 2);
  assert.equal(await probe.ask.read("policy"), 2, "the putter's errors end nothing");
}, { placements: UNBOXED });

guarantee("a put does not wait for a shard that is lost", async (s) => {
  const [lost, left] = [await s.probe({ shard: "user-1" }), await reader(s, "user-2")];
  const down = s.down(lost);
  lost.tell.loseShard();
  await s.system.terms.ask.put("policy", 1);
  await down;
  await s.system.terms.ask.put("policy", 2);
  assert.equal(await left.ask.read("policy"), 2);
}, { placements: OF_SHARDS, userShards: 2 });

const RUN = 7;

async function mainKernel(): Promise<Kernel> {
  const kernel = new Kernel(0, RUN, systemClock);
  await startService(kernel);
  await startMainServices(kernel, () => {});
  return kernel;
}

Deno.test("a put waits for a shard that is joined until that is lost", STRICT, async () => {
  const kernel = await mainKernel();
  const silent = new MessageChannel();
  kernel.connect(1, silent.port1);
  const put = kernel.ref<Terms>(TERMS).ask.put("policy", 1);
  const first = await Promise.race([put.then(() => "put"), Promise.resolve("waits")]);
  assert.equal(first, "waits");
  kernel.shardLost(1);
  await put;
  assert.equal(kernel.terms.get("policy"), 1);
  kernel.close();
  silent.port2.close();
});

Deno.test("a shard that is started later has the terms that were put before", STRICT, async () => {
  const kernel = await mainKernel();
  await kernel.ref<Terms>(TERMS).ask.put("policy", POLICY);
  const worker = new Worker(new URL("./shard_worker.ts", import.meta.url), { type: "module" });
  const { port1, port2 } = new MessageChannel();
  kernel.connect(1, port2);
  const [there, back] = [new Transit(), new Transit()];
  const init: ShardCommand = {
    ...{ type: "init", shard: 1, run: RUN, topology: { users: [1], names: { main: 0 }, away: [] } },
    ...{ ports: [{ peer: 0, port: port1, out: there.buffer, in: back.buffer }] },
    ...{ terms: kernel.terms.records(), books: new ShardBooks().buffer },
    ...{ heartbeat: new Heartbeat().buffer, beatMs: null, lifeLine: lifeLineName() },
  };
  worker.postMessage(init, [port1]);
  const spec: SlotSpec = {
    kind: {
      ...{ url: termReader.url, path: "reader", parent: null, restart: "temporary" },
      ...{ shutdownMs: 0, mailbox: {}, persist: false },
    },
    ...{ args: [], child: 0, name: null, claim: 0, box: null },
  };
  const address = await kernel.ref<Service>(serviceOf(1)).ask.spawn(spec);
  const probe = kernel.ref<TermReader>(address);
  assert.deepEqual(await probe.ask.read("policy"), POLICY);
  await kernel.ref<Terms>(TERMS).ask.put("policy", 2);
  assert.equal(await probe.ask.read("policy"), 2);
  kernel.close();
  worker.terminate();
});
