import assert from "node:assert/strict";
import { join } from "node:path";
import { connected, Probe, take } from "./testing.ts";
import type counter from "./testing/counter_actor.ts";
import agent from "./testing/policy_reader_actor.ts";

/** A policy file in a folder of its own. */
async function policyFile(text: string): Promise<{ readonly path: string } & AsyncDisposable> {
  const folder = await Deno.makeTempDir({ prefix: "macula-policy-" });
  const path = join(folder, "policies.yaml");
  await Deno.writeTextFile(path, text);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

const SEALED = "realms:\n  lob: { app: libsodium, require: [e2e, sender-auth] }\n";

Deno.test("MaculaNode under app: libsodium publishes to and calls a node with the same policy", async () => {
  await using file = await policyFile(SEALED);
  const policies = file.path;
  await using nodes = await connected({ policies }, { policies });
  const { a: { node: a }, b: { node: b } } = nodes;
  await using orders = b.subscribe("lob/orders/*");
  await orders.ready;
  for (const n of [1, 2, 3]) await a.publish("lob/orders/total", n);
  const got = await take(orders, 3);
  assert.deepEqual(got.map(({ payload, sequence }) => [payload, sequence]), [[1, 1], [2, 2], [
    3,
    3,
  ]]);
  await using _double = await a.serve("lob/double", (n: number) => 2 * n);
  assert.equal(await b.call("lob/double", [21]), 42);
  await using _fails = await a.serve("lob/fails", () => {
    throw new RangeError("month 13");
  });
  await assert.rejects(b.call("lob/fails"), { name: "HandlerError", message: /month 13/ });
  assert.deepEqual((await a.status()).refusedFrames, {});
  assert.deepEqual((await b.status()).refusedFrames, {});
});

Deno.test("A node refuses what comes under a weaker suite than its policy demands, and both say so", async () => {
  await using file = await policyFile(SEALED);
  await using nodes = await connected({}, { policies: file.path });
  const { a, b } = nodes;
  await using orders = b.node.subscribe("lob/orders/*");
  await orders.ready;
  await using _served = await b.node.serve("lob/double", (n: number) => 2 * n);
  await a.node.publish("lob/orders/total", 1);
  const here = await b.event("frame-refused");
  assert.deepEqual([here.by, here.code, here.peer], ["here", "refused-by-policy", a.node.id]);
  assert.match(here.message, /"none", which lacks e2e, sender-auth.*app: libsodium/);
  const there = await a.event("frame-refused");
  assert.deepEqual([there.by, there.code, there.peer], ["peer", "refused-by-policy", b.node.id]);
  await assert.rejects(a.node.call("lob/double", [21]), {
    name: "RefusedByPolicyError",
    message: /refused it \(refused-by-policy\)/,
  });
  // The topic's number went by: what comes under another realm's policy is taken.
  await using other = b.node.subscribe("iot/*");
  await other.ready;
  await a.node.publish("iot/hall", 19.5);
  assert.equal((await take(other, 1))[0]?.payload, 19.5);
  assert.equal((await b.node.status()).refusedFrames["refused-by-policy"], 2);
  assert.equal((await b.node.peers()).length, 1, "the connection stays");
});

Deno.test("A node takes what comes under a stronger suite than its policy demands", async () => {
  await using file = await policyFile(SEALED);
  await using nodes = await connected({ policies: file.path }, {});
  const { a: { node: a }, b } = nodes;
  await using orders = b.node.subscribe("lob/orders/*");
  await orders.ready;
  await a.publish("lob/orders/total", 1);
  assert.equal((await take(orders, 1))[0]?.payload, 1);
  const differs = await b.event("policy-differs");
  assert.deepEqual([differs.peer, differs.realm], [a.id, "lob"]);
  const hashes = await Promise.all(
    [a, b.node].map(async (node) =>
      (await node.status()).realms.find(({ name }) => name === "lob")?.policyHash
    ),
  );
  assert.deepEqual([differs.there, differs.here], hashes);
});

Deno.test("MaculaNode.policy() says what holds, and where each field came from", async () => {
  await using file = await policyFile("defaults: { overlap: 5s }\n" + SEALED);
  await using probe = await Probe.start({ policies: file.path });
  const resolution = probe.node.policy("lob/orders/total");
  assert.equal(resolution.policy.app, "libsodium");
  assert.equal(resolution.policy.overlapMs, 5_000);
  const app = resolution.fields.find(({ field }) => field === "app");
  assert.deepEqual([app?.level, app?.key, app?.at], ["realm", "realms.lob", `${file.path}:3:15`]);
  assert.equal(probe.node.policy("lob/orders/total"), resolution, "it is the same, out of a cache");
  assert.equal(probe.node.policy("iot/hall").policy.app, "none");
});

Deno.test("MaculaNode.reloadPolicies() changes what holds, and keeps it when the file is wrong", async () => {
  await using file = await policyFile("defaults: { app: none }\n");
  await using nodes = await connected({ policies: file.path }, {});
  const { a, b } = nodes;
  await using orders = b.node.subscribe("lob/*");
  await orders.ready;
  await a.node.publish("lob/total", 1);
  await Deno.writeTextFile(file.path, SEALED);
  assert.equal(await a.node.reloadPolicies(), 2);
  assert.equal(a.node.policy("lob/total").policy.app, "libsodium");
  await a.node.publish("lob/total", 2);
  assert.deepEqual((await take(orders, 2)).map(({ payload }) => payload), [1, 2]);

  await Deno.writeTextFile(file.path, "realms:\n  lob: { app: libsodum }\n");
  await assert.rejects(a.node.reloadPolicies(), { name: "PolicyError", message: /yaml:2:15/ });
  assert.equal(a.node.policy("lob/total").policy.app, "libsodium");
  assert.equal((await a.node.status()).policies.version, 2);
});

Deno.test("MaculaNode.start() with a wrong policy file says where, and does not start", async () => {
  await using file = await policyFile("realms:\n  lob: { ap: none }\n");
  await assert.rejects(Probe.start({ policies: file.path }), {
    name: "PolicyError",
    message: /policies\.yaml:2:10/,
  });
});

Deno.test("policyOf() answers an actor in a shard of its own out of the shard's copy", async () => {
  await using file = await policyFile(SEALED);
  await using probe = await Probe.start({ policies: file.path, shards: 1 });
  const { node } = probe;
  const ref = await node.spawn(agent, {});
  assert.deepEqual(await ref.ask.suites(["lob/total", "iot/hall"]), ["libsodium", "none"]);
  await Deno.writeTextFile(file.path, "defaults: { app: libsodium }\n");
  await node.reloadPolicies();
  assert.deepEqual(await ref.ask.suites(["lob/total", "iot/hall"]), ["libsodium", "libsodium"]);
});

Deno.test("MaculaNode with `realms` speaks of no other realm, and joins none", async () => {
  await using nodes = await connected({ realms: ["iot"] }, {});
  const { a: { node: a }, b: { node: b } } = nodes;
  const refused = { name: "NotJoinedError", message: /takes part in iot, and not in "lob"/ };
  assert.throws(() => a.publish("lob/total", 1), refused);
  await assert.rejects(a.call("lob/total"), refused);
  await assert.rejects(a.serve("lob/total", () => 1), refused);
  await using orders = a.subscribe("lob/*");
  await assert.rejects(orders.ready, refused);
  const clerk = b.actor<typeof counter>(`macula://${a.id}/lob/clerk`);
  await assert.rejects(clerk.ask.get(), { code: "not-joined" });
  assert.deepEqual((await a.status()).realms, []);
  assert.equal((await a.status()).refusedFrames["not-joined"], 1);
});

Deno.test("A node sends and takes nothing for a name whose policy cannot be kept", async () => {
  // Some names can be kept under these defaults, and so they load: those of realm lob.
  await using strict = await policyFile(
    "defaults: { require: [e2e] }\nrealms:\n  lob: { app: libsodium }\n",
  );
  await using sealed = await policyFile("defaults: { app: libsodium }\n");
  await using nodes = await connected({ policies: strict.path }, { policies: sealed.path });
  const { a, b } = nodes;
  assert.equal(a.node.policy("iot/hall").satisfied, false);
  assert.throws(() => a.node.publish("iot/hall", 1), {
    name: "RefusedByPolicyError",
    message: /iot\/hall: app none lacks e2e/,
  });
  await using readings = a.node.subscribe("iot/*");
  await readings.ready;
  await b.node.publish("iot/hall", 1);
  const refused = await a.event("frame-refused");
  assert.deepEqual([refused.code, refused.by], ["refused-by-policy", "here"]);
  assert.match(refused.message, /nothing may be taken for iot\/hall: app none lacks e2e/);
});
