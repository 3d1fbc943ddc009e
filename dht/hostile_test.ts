import assert from "node:assert/strict";
import { encode } from "cborg";
import { ActorSystem } from "../actors/mod.ts";
import { FakeClock, settle } from "../actors/testing.ts";
import { createIdentity, type Identity } from "../security/mod.ts";
import { MAX_WORKING } from "./constants.ts";
import type { DhtStats } from "./dht_protocol.ts";
import { keyText } from "./key.ts";
import { encodeReply, encodeRequest, type Reply, type Request } from "./messages.ts";
import { mutableRecord, providerRecord } from "./record.ts";
import { answering, FakeNetwork, type FakeNode } from "./testing.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const later = () => Date.now() + 60_000;

interface Scene extends AsyncDisposable {
  readonly network: FakeNetwork;
  readonly clock: FakeClock;
  /** The node that is lied to. */
  readonly ada: FakeNode;
  readonly honest: readonly FakeNode[];
  rejected(): Promise<DhtStats["rejected"]>;
}

/** Five honest nodes that know each other, of which the last has put a record. */
async function scene(): Promise<Scene> {
  const clock = new FakeClock();
  const crashes: string[] = [];
  const system = await ActorSystem.start({
    ...{ userShards: 0, clock },
    onCrash: (report) => crashes.push(`${report.actor} ${report.handler}: ${report.error}`),
  });
  const network = new FakeNetwork(system);
  const honest = [await network.node()];
  while (honest.length < 5) {
    const node = await network.node();
    await network.connect(node, honest[0] as FakeNode);
    await node.dht.ask.joined();
    honest.push(node);
  }
  await settle(50);
  const [ada] = honest as [FakeNode];
  await honest[4]?.dht.ask.put("key", bytes("true"), null);
  return {
    ...{ network, clock, ada, honest },
    rejected: async () => (await ada.dht.ask.stats()).rejected,
    async [Symbol.asyncDispose]() {
      await system.stop();
      assert.deepEqual(crashes, [], "an honest node failed");
    },
  };
}

/** A contact of ada's: it behaves until it is a contact, and then answers as it pleases. */
async function liar(
  { network, ada }: Scene,
  answer: (request: Request) => Reply | Uint8Array | null,
): Promise<{ readonly id: string }> {
  const stranger = await network.stranger(
    answering((request) =>
      request.kind === "ping" || request.kind === "reachMe" ? { kind: "ok" } : answer(request)
    ),
  );
  await network.connect(ada, stranger);
  await settle(20);
  return stranger;
}

/** Looks up the liar's own id, which it is closest to, and what became of asking it. */
async function outcomeOf({ ada, honest }: Scene, { id }: { id: string }): Promise<string> {
  const { hops, closest } = await ada.dht.with({ deadlineMs: 60_000 }).ask.findNode(id);
  const found = new Set(closest.map(({ peer }) => peer));
  assert(honest.slice(1).every((node) => found.has(node.id)), "the honest are found all the same");
  return hops.find(({ peer }) => peer === id)?.outcome ?? "not asked";
}

async function finds({ ada, honest }: Scene): Promise<void> {
  const record = await ada.dht.ask.get(honest[4]?.id ?? "", "key");
  assert.deepEqual(record?.value, bytes("true"));
}

/** A record of somebody's that is not what it seems. */
function forged(owner: Identity, by: Identity = owner): Uint8Array {
  const fields = { name: "key", sequence: 99, value: bytes("false"), validUntil: later() };
  return mutableRecord({ ...owner, sign: by.sign }, fields);
}

Deno.test("Dht refuses a record that its owner did not sign, and believes the honest", async () => {
  await using s = await scene();
  const owner = s.honest[4]?.identity as Identity;
  const record = forged(owner, createIdentity());
  await liar(s, () => ({ kind: "found", record, contacts: [] }));
  await finds(s);
  assert.equal((await s.rejected())["bad-signature"], 1);
});

Deno.test("Dht refuses a record whose key is not its owner's, and one of another key", async () => {
  await using s = await scene();
  const { inception } = s.honest[4]?.identity as Identity;
  const mismatched = encode(
    new Map<number, unknown>([
      ...[[0, 4], [1, inception], [2, createIdentity().publicKey], [3, "key"]] as const,
      ...[[4, 99], [5, later()], [6, new Uint8Array(64)], [7, bytes("false")]] as const,
    ]),
  );
  await liar(s, () => ({ kind: "found", record: mismatched, contacts: [] }));
  await liar(s, () => ({ kind: "found", record: forged(createIdentity()), contacts: [] }));
  await finds(s);
  const rejected = await s.rejected();
  assert.deepEqual([rejected["id-mismatch"], rejected["wrong-key"]], [1, 1]);
});

Deno.test("Dht takes garbage for a failure, with a code, and finds the others", async () => {
  await using s = await scene();
  const garbage = await liar(s, () => new Uint8Array(100).fill(0xff));
  assert.equal(await outcomeOf(s, garbage), "bad-reply");
  const mistaken = await liar(s, () => ({ kind: "ok" }));
  assert.equal(await outcomeOf(s, mistaken), "bad-reply");
  const rejected = await s.rejected();
  assert((rejected["bad-message"] ?? 0) > 0 && (rejected["bad-reply"] ?? 0) > 0);
});

Deno.test("Dht is not held up by a node that tells only of itself", async () => {
  await using s = await scene();
  let self = s.ada.id;
  const addresses = [{ host: "127.0.0.1", port: 1 }];
  const vain = await liar(s, (request) => {
    const contacts = [{ peer: self, addresses }];
    return request.kind === "get"
      ? { kind: "found", record: null, contacts }
      : { kind: "nodes", contacts };
  });
  self = vain.id;
  assert.equal(await outcomeOf(s, vain), "ok");
  await finds(s);
});

Deno.test("Dht refuses an answer of ten thousand contacts", async () => {
  await using s = await scene();
  const peers = Array.from({ length: 10_000 }, (_, i) => {
    const id = new Uint8Array(32);
    new DataView(id.buffer).setUint32(0, i);
    return `macula://${keyText(id)}@127.0.0.1:9`;
  });
  const stranger = await s.network.stranger((message, _from) => {
    const id = decodeId(message);
    const type = decodeType(message);
    if (type === 2 || type === 12) return [encodeReply(id, { kind: "ok" })];
    return [encode(new Map<number, unknown>([[0, 16], [1, id], [2, peers]]))];
  });
  await s.network.connect(s.ada, stranger);
  await settle(20);
  assert.equal(await outcomeOf(s, stranger), "bad-reply");
  assert(!s.network.dialled.includes("127.0.0.1:9"));
});

Deno.test("Dht counts answers that nobody asked for, and late ones, and believes neither", async () => {
  await using s = await scene();
  const nobody = await liar(s, () => null);
  const contacts = [{ peer: nobody.id, addresses: [{ host: "127.0.0.1", port: 7 }] }];
  for (let id = 0; id < 5; id++) {
    s.network.say(nobody, s.ada, encodeReply(id, { kind: "nodes", contacts }));
  }
  await settle();
  assert.equal((await s.rejected())["unasked"], 5);

  let asked = 0;
  const slow = await s.network.stranger((message) => {
    const id = decodeId(message);
    if (decodeType(message) === 2) return [encodeReply(id, { kind: "ok" })];
    if (decodeType(message) === 4) asked = id;
    return [];
  });
  await s.network.connect(s.ada, slow);
  await settle(20);
  const outcome = outcomeOf(s, slow);
  await settle(20);
  s.clock.advance(2_000);
  assert.equal(await outcome, "timeout");
  s.network.say(slow, s.ada, encodeReply(asked, { kind: "nodes", contacts }));
  await settle();
  assert.equal((await s.rejected())["late"], 1);
  assert(!s.network.dialled.includes("127.0.0.1:7"));
});

Deno.test("Dht dials nobody where it may not on the word of others", async () => {
  await using s = await scene();
  const hosts = ["8.8.8.8", "0.0.0.0", "224.0.0.1", "10.0.0.1", "victim.example", "::ffff:7f00:1"];
  const contacts = hosts.map((host) => ({
    peer: createIdentity().nodeId,
    addresses: [{ host, port: 53 }],
  }));
  await liar(s, () => ({ kind: "nodes", contacts }));
  const { hops } = await s.ada.dht.ask.findNode(s.ada.id);
  assert(hops.every(({ peer }) => !contacts.some((contact) => contact.peer === peer)));
  assert(s.network.dialled.every((address) => address.startsWith("127.0.0.1:")));
});

Deno.test("Dht knocks at no door but the asker's own, and there once a minute", async () => {
  await using s = await scene();
  const visitor = await s.network.stranger(() => []);
  await s.network.connect(visitor, s.ada);
  await settle(20);
  const before = s.network.probed.length;
  const ask = async (host: string, port: number) => {
    s.network.say(visitor, s.ada, encodeRequest(port, { kind: "reachMe", host, port }));
    await settle(20);
  };
  await ask("127.0.0.2", 4_433);
  await ask("8.8.8.8", 53);
  assert.equal(s.network.probed.length, before);
  for (let port = 1; port <= 20; port++) await ask("127.0.0.1", port);
  assert.equal(s.network.probed.length, before + 1);
  const rejected = await s.rejected();
  assert.deepEqual(
    [rejected["wrong-host"], rejected["unreachable"], rejected["busy"]],
    [2, 1, 19],
  );
  const buckets = await s.ada.dht.ask.table();
  assert(buckets.every((bucket) => bucket.contacts.every(({ peer }) => peer !== visitor.id)));
});

Deno.test("Dht refuses a flood as busy, and goes on answering others", async () => {
  await using s = await scene();
  const answers: Uint8Array[] = [];
  const flooder = await s.network.stranger((message) => {
    answers.push(message);
    return [];
  });
  await s.network.connect(flooder, s.ada);
  await settle(20);
  answers.length = 0;
  const target = new Uint8Array(32);
  for (let id = 1; id <= 1_000; id++) {
    s.network.say(flooder, s.ada, encodeRequest(id, { kind: "findNode", target }));
  }
  await settle(100);
  const busy = (await s.rejected())["busy"] ?? 0;
  assert(busy > 0 && busy <= 1_000 - MAX_WORKING, `${busy} were refused`);
  assert.equal(answers.length, 1_000, "each was answered, or refused");
  await finds(s);
});

Deno.test("Dht holds nothing that is false, stale or said twice, and says why", async () => {
  await using s = await scene();
  const owner = createIdentity();
  const record = (sequence: number, value: string, validUntil = later()) =>
    mutableRecord(owner, { name: "key", sequence, value: bytes(value), validUntil });
  const visitor = await s.network.stranger(() => []);
  await s.network.connect(visitor, s.ada);
  const until = later();
  const stores = [
    record(2, "one", until), // the only good one
    record(2, "two", until),
    record(1, "old"),
    record(3, "over", Date.now() - 1),
    record(3, "far", Date.now() + 61 * 86_400_000),
    forged(owner, createIdentity()),
    new Uint8Array(200),
    providerRecord(owner, {
      ...{ name: "proc", sequence: 1, addresses: [], withdrawn: false },
      validUntil: Date.now() + 86_400_000,
    }),
  ];
  for (const [id, bad] of stores.entries()) {
    s.network.say(
      visitor,
      s.ada,
      encodeRequest(id, { kind: "store", record: bad, expected: null }),
    );
  }
  await settle(50);
  const rejected = await s.rejected();
  const codes = ["equivocation", "stale", "expired", "bad-signature", "bad-record", "too-far"];
  assert.deepEqual(codes.map((code) => rejected[code]), [1, 1, 1, 1, 1, 1]);
  assert.equal(rejected["not-owner"], 1, "a provider record is its provider's to bring");
  assert.deepEqual((await s.ada.dht.ask.get(owner.nodeId, "key"))?.value, bytes("one"));
});

Deno.test("Dht believes neither of two records of one sequence where it would cost most", async () => {
  await using s = await scene();
  const owner = createIdentity();
  const two = ["one", "two"].map((value) =>
    mutableRecord(owner, { name: "key", sequence: 1, value: bytes(value), validUntil: later() })
  );
  for (const record of two) await liar(s, () => ({ kind: "found", record, contacts: [] }));
  await assert.rejects(s.ada.dht.ask.get(owner.nodeId, "key"), { code: "equivocation" });
});

Deno.test("Dht passes on no address of a provider that this node may not dial", async () => {
  await using s = await scene();
  const owner = createIdentity();
  const record = providerRecord(owner, {
    ...{ name: "proc/x", sequence: 1, withdrawn: false, validUntil: later() },
    addresses: ["8.8.8.8:53", "127.0.0.1:4433"],
  });
  const garbled = { kind: "provided", records: [new Uint8Array(9)], contacts: [] } as const;
  await liar(s, () => ({ kind: "provided", records: [record], contacts: [] }));
  await liar(s, () => garbled);
  assert.deepEqual(await s.ada.dht.ask.providers("proc/x"), [
    { peer: owner.nodeId, addresses: ["127.0.0.1:4433"] },
  ]);
  assert.equal((await s.rejected())["bad-record"], 1);
});

Deno.test("Dht brings the newest record to whoever was found to hold an older one", async () => {
  await using s = await scene();
  const owner = createIdentity();
  const validUntil = later();
  const record = (sequence: number) =>
    mutableRecord(owner, { name: "note", sequence, value: bytes(""), validUntil });
  const stored: Uint8Array[] = [];
  await liar(s, (request) => {
    if (request.kind === "get") return { kind: "found", record: record(1), contacts: [] };
    if (request.kind === "store") stored.push(request.record);
    return { kind: "ok" };
  });
  await liar(s, () => ({ kind: "found", record: record(2), contacts: [] }));
  assert.equal((await s.ada.dht.ask.get(owner.nodeId, "note"))?.sequence, 2);
  await settle(20);
  assert.deepEqual(stored, [record(2)]);
});

/** Type and id of a message, which stand first in the map: small integers, then an unsigned one. */
function decodeType(message: Uint8Array): number {
  return message[2] ?? 0;
}

function decodeId(message: Uint8Array): number {
  const head = message[4] ?? 0;
  if (head < 24) return head;
  const length = 1 << (head - 24);
  return [...message.subarray(5, 5 + length)].reduce((id, byte) => id * 256 + byte, 0);
}
