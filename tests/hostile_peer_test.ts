import assert from "node:assert/strict";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { MAX_TOPICS } from "../mesh/constants.ts";
import counter from "../mesh/testing/counter_actor.ts";
import { connected, Probe } from "../mesh/testing.ts";
import { createIdentity } from "../security/mod.ts";
import { prefixed } from "../transport/mod.ts";
import type { RefusalCode } from "../transport/refusal.ts";
import { encodeValue } from "../values/mod.ts";
import { crossing, LIMIT, meshFrame, rawFrame, RawPeer, realmId } from "./raw_peer.ts";

/** What a peer may do wrong once it is connected, and the code that it gets for it. */
const OFFENCES: readonly (readonly [what: string, code: RefusalCode, act: (p: RawPeer) => void])[] =
  [
    ["random bytes instead of a hello", "bad-frame", (p) => {
      p.send(prefixed(crypto.getRandomValues(new Uint8Array(64)), LIMIT));
    }],
    ["a frame that announces 4 GiB", "frame-too-large", (p) => p.send(new Uint8Array(4).fill(255))],
    ["another frame before its hello", "unknown-frame", (p) => p.send(rawFrame([[0, 14]]))],
    ["a hello of another network", "wrong-network", (p) => p.hello("elsewhere")],
    ["a hello in another's name", "wrong-id", (p) => {
      p.hello("macula", createIdentity().nodeId);
    }],
    ["bytes that are no CBOR after its hello", "bad-frame", (p) => {
      p.hello();
      p.send(prefixed(Uint8Array.of(0xff, 0xff), LIMIT));
    }],
    ["a frame over the limit after its hello", "frame-too-large", (p) => {
      p.hello();
      p.send(Uint8Array.of(0, 0x10, 0, 1));
    }],
    ["a frame of an unknown kind that must be understood", "unknown-frame", (p) => {
      p.hello();
      p.send(rawFrame([[0, 4_242]]));
    }],
    ["a subscription with a broken pattern", "bad-frame", (p) => {
      p.hello();
      p.send(meshFrame("subscribe", { id: 1, realm: realmId("iot"), pattern: "**/x" }));
    }],
    ["a registration of a broken name", "bad-frame", (p) => {
      p.hello();
      p.send(meshFrame("register", { id: 1, realm: realmId("iot"), procedure: "*" }));
    }],
    ["a subscription in a realm with a short id", "bad-frame", (p) => {
      p.hello();
      p.send(meshFrame("subscribe", { id: 1, realm: Uint8Array.of(1), pattern: "x" }));
    }],
    ["a hello whose key offer is not signed", "bad-certificate", (p) => {
      p.hello(undefined, undefined, new Uint8Array(96).fill(9));
    }],
    ["a hello without a key offer", "bad-certificate", (p) => {
      p.hello(undefined, undefined, new Uint8Array());
    }],
    ["a sealed frame whose header is no CBOR", "bad-frame", (p) => {
      p.hello();
      p.send(meshFrame("sealed", { header: Uint8Array.of(0xff), body: new Uint8Array() }));
    }],
    ["a publication on the control stream", "bad-frame", (p) => {
      p.hello();
      const payload = encodeValue(1, "payload");
      p.send(crossing("iot", "publication", { topic: "x", sequence: 1 }, payload));
    }],
    ["a call on the publications' stream", "bad-frame", (p) => {
      p.hello();
      const fields = { id: 1, procedure: "x", remainingMs: 1 };
      p.publish(crossing("lob", "call", fields, new Uint8Array()));
    }],
    ["a publication numbered 0", "bad-frame", (p) => {
      p.hello();
      const payload = encodeValue(1, "payload");
      p.publish(crossing("iot", "publication", { topic: "x", sequence: 0 }, payload));
    }],
    ["an end of the control stream", "bad-frame", (p) => {
      p.hello();
      p.watched.connection.write(0, new Uint8Array(), true);
    }],
  ];

for (const [what, code, act] of OFFENCES) {
  Deno.test(`A node refuses ${what} with ${code}, counts it, and lives on`, async () => {
    await using probe = await Probe.start();
    await using peer = await RawPeer.dial(probe.node.address);
    act(peer);
    assert.equal(await peer.refusal(), code);
    await using good = await Probe.start({ bootstrap: [probe.node.address] });
    await good.node.joined();
    const { transport } = await probe.node.stats();
    assert.equal(transport.refused[code], 1);
    assert.deepEqual(probe.crashes, []);
  });
}

Deno.test("A node refuses a certificate without a node key, counts it, and lives on", async () => {
  x509.cryptoProvider.set(crypto);
  const keys = await crypto.subtle.generateKey("Ed25519", true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    keys,
    name: "CN=nobody",
    signingAlgorithm: { name: "Ed25519" },
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 60_000),
  });
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  await using probe = await Probe.start();
  await using peer = await RawPeer.dial(probe.node.address, {
    certificatePem: certificate.toString("pem"),
    privateKeyPem: x509.PemConverter.encode(pkcs8, "PRIVATE KEY"),
  });
  assert.equal(await peer.refusal(), "bad-certificate");
  const { transport } = await probe.node.stats();
  assert.equal(transport.refused["bad-certificate"], 1);
  assert.deepEqual(probe.crashes, []);
});

Deno.test("A node drops a payload that is no value as a dead letter, and the connection lives on", async () => {
  await using probe = await Probe.start();
  await using readings = probe.node.subscribe("iot/**", { overflow: "wait" });
  await readings.ready;
  await using peer = await RawPeer.dial(probe.node.address);
  peer.hello();
  const publication = (sequence: number, payload: Uint8Array) =>
    crossing("iot", "publication", { topic: "x", sequence }, payload);
  const bad = publication(1, Uint8Array.of(0xff));
  const good = publication(2, encodeValue("good", "payload"));
  peer.publish(new Uint8Array([...bad, ...good]));
  const { value } = await readings.next();
  assert.equal(value?.payload, "good");
  assert.equal((await probe.node.stats()).deadLetters.byReason.refused, 1);
});

Deno.test("A node drops a publication that it has had already", async () => {
  await using probe = await Probe.start();
  await using readings = probe.node.subscribe("iot/**", { overflow: "wait" });
  await readings.ready;
  await using peer = await RawPeer.dial(probe.node.address);
  peer.hello();
  const publication = (sequence: number) =>
    crossing("iot", "publication", { topic: "x", sequence }, encodeValue(sequence, "payload"));
  peer.publish(new Uint8Array([1, 2, 2, 1, 3].flatMap((sequence) => [...publication(sequence)])));
  const got: unknown[] = [];
  while (got.at(-1) !== 3) got.push((await readings.next()).value?.payload);
  assert.deepEqual(got, [1, 2, 3]);
});

Deno.test("A node ignores answers that it did not ask for", async () => {
  await using pair = await connected();
  await using peer = await RawPeer.dial(pair.a.node.address);
  peer.hello();
  const value = encodeValue(1, "result");
  peer.send(crossing("lob", "result", { id: 99 }, value));
  peer.send(crossing("lob", "failure", { id: 98 }, encodeValue({}, "failure")));
  peer.send(meshFrame("refusal", { id: 96, code: "not-joined", message: "no" }));
  peer.send(meshFrame("confirmed", { id: 97 }));
  peer.send(meshFrame("acknowledge", { count: 1_000_000 }));
  peer.send(meshFrame("synced", {}));
  await pair.a.event("peer-synced", ({ peer: id }) => id === peer.identity.nodeId);
  assert.equal((await pair.a.node.peers()).length, 2);
  assert.deepEqual(pair.a.crashes, []);
});

Deno.test("A node answers a call whose error would not fit a frame, and lives on", async () => {
  await using probe = await Probe.start();
  await using _echo = await probe.node.serve("lob/quote", (text: string) => {
    throw new Error(`${text}${text}`);
  });
  await using peer = await RawPeer.dial(probe.node.address);
  peer.hello();
  const args = encodeValue(["x".repeat(700_000)], "args");
  peer.send(crossing("lob", "call", { id: 1, procedure: "quote", remainingMs: 5_000 }, args));
  await using good = await Probe.start({ bootstrap: [probe.node.address] });
  await good.node.joined();
  await assert.rejects(good.node.call("lob/quote", ["y"]), /yy/);
  const quoted = good.node.call("lob/quote", ["z".repeat(400_000)]);
  await assert.rejects(quoted, (error) => (error as Error).message.length <= 2_048);
});

Deno.test("A node refuses to message what cannot be an exposed actor's name", async () => {
  const wrong: readonly (readonly [name: string, handler: string])[] = [
    ["x".repeat(500_000), "get"],
    ["a//c", "get"],
    ["\u001b[2J", "get"],
    ["counter", "h".repeat(200)],
  ];
  for (const [name, handler] of wrong) {
    await using probe = await Probe.start();
    await using _served = await probe.node.serve("home/x", () => 1); // it has joined the realm
    await using peer = await RawPeer.dial(probe.node.address);
    peer.hello();
    const fields = { id: 1, name, handler, remainingMs: 1_000, mode: 2 };
    peer.send(crossing("home", "invoke", fields, encodeValue([], "args")));
    assert.equal(await peer.refusal(), "bad-frame");
    assert.deepEqual(probe.crashes, []);
  }
});

Deno.test("A node whose topic is held up by a slow reader goes on serving everything else", async () => {
  await using pair = await connected();
  const { a, b } = pair;
  await using held = a.node.subscribe("iot/held", { overflow: "wait", bound: 1 });
  await held.ready;
  for (let i = 0; i < 3_000; i++) void b.node.publish("iot/held", i);
  await using fast = a.node.subscribe("iot/fast", { overflow: "wait" });
  await fast.ready;
  await using _one = await a.node.serve("lob/one", () => 1);
  assert.equal(await b.node.call("lob/one"), 1);
  await b.node.stop();
  await a.event("peer-down");
  await a.node.stats();
  await a.node.publish("iot/fast", 1);
  assert.equal((await fast.next()).value?.payload, 1);
  assert.deepEqual(a.crashes, []);
});

Deno.test("A peer that reads nothing does not keep a node from counting, subscribing or stopping", async () => {
  await using probe = await Probe.start();
  await using peer = await RawPeer.dial(probe.node.address);
  peer.watched.connection.listener = {};
  peer.hello();
  peer.send(meshFrame("subscribe", { id: 1, realm: realmId("iot"), pattern: "**" }));
  await probe.event("peer-up");
  await using silent = probe.node.subscribe("lob/never-confirmed");
  await silent.ready;
  for (let i = 0; i < 6_000; i++) void probe.node.publish("iot/x", new Uint8Array(1_000));
  await probe.node.stats();
  await using _one = await probe.node.serve("lob/one", () => 1);
  assert.equal(await probe.node.call("lob/one"), 1);
  assert.deepEqual(probe.crashes, []);
});

Deno.test("An agent that is made to fail too often ends alone", async () => {
  await using pair = await connected();
  const { a, b } = pair;
  const here = { placement: "here", expose: "home", args: [1] as [number] } as const;
  await b.node.spawn(counter, { ...here, name: "victim" });
  await b.node.spawn(counter, { ...here, name: "neighbour" });
  const victim = a.node.actor<typeof counter>(`macula://${b.node.id}/home/victim`);
  const neighbour = a.node.actor<typeof counter>(`macula://${b.node.id}/home/neighbour`);
  for (let i = 0; i < 4; i++) await assert.rejects(victim.ask.fail("again"));
  assert.equal(await neighbour.ask.get(), 1);
  assert.match(b.crashes.join("\n"), /given up.*agents\/victim failed more than 3 times/);
});

Deno.test("An exposed actor is not asked with more arguments than a call may have", async () => {
  await using pair = await connected();
  const { a, b } = pair;
  await b.node.spawn(counter, { placement: "here", name: "counter", expose: "home", args: [1] });
  const far = a.node.actor<typeof counter>(`macula://${b.node.id}/home/counter`);
  const many = far.ask as unknown as Record<string, (...args: number[]) => Promise<unknown>>;
  await assert.rejects(many.get!(...new Array(1_000).fill(0)), /1000 arguments: 255 at most/);
  assert.equal(await far.ask.get(), 1);
  assert.deepEqual(b.crashes, []);
});

Deno.test("A call has the time that its caller gives it, all the way to the handler", async () => {
  await using pair = await connected();
  const { a, b } = pair;
  await b.node.spawn(counter, { placement: "here", name: "counter", expose: "home", args: [1] });
  const far = a.node.actor<typeof counter>(`macula://${b.node.id}/home/counter`);
  const remaining = await far.with({ deadlineMs: 60_000 }).ask.remaining();
  assert(remaining > 30_000 && remaining <= 60_000, `${remaining} ms left`);
});

Deno.test("What was sent to a peer and never acknowledged is counted as unknown when it goes", async () => {
  await using probe = await Probe.start();
  const peer = await RawPeer.dial(probe.node.address);
  peer.hello();
  peer.send(meshFrame("subscribe", { id: 1, realm: realmId("iot"), pattern: "**" }));
  await probe.event("peer-up");
  // What a session takes, it takes in order: behind this the subscription holds.
  peer.send(meshFrame("synced", {}));
  await probe.event("peer-synced");
  for (let i = 0; i < 10; i++) await probe.node.publish("iot/x", i);
  while ((await probe.node.stats()).peers.sent < 10);
  peer.send(meshFrame("acknowledge", { count: 4 }));
  // An acknowledgement has no answer; a call behind it has.
  const call = { id: 2, procedure: "seen", remainingMs: 5_000 };
  const seen = Promise.withResolvers<void>();
  await using _seen = await probe.node.serve("lob/seen", () => seen.resolve());
  peer.send(crossing("lob", "call", call, encodeValue([], "args")));
  await seen.promise;
  await peer[Symbol.asyncDispose]();
  assert.equal((await probe.event("peer-down")).unknown, 6);
  assert.equal((await probe.node.stats()).peers.unknown, 6);
});

Deno.test("A peer that fills a realm with topics keeps nobody from publishing on new ones", async () => {
  await using probe = await Probe.start();
  await using readings = probe.node.subscribe("iot/**", { overflow: "wait" });
  await readings.ready;
  await using peer = await RawPeer.dial(probe.node.address);
  peer.hello();
  const stream = peer.watched.connection.openUni();
  const count = MAX_TOPICS + 100;
  const payload = encodeValue(1, "payload");
  // The last ones are on topics that were given up meanwhile: they are made again.
  for (let i = 0; i < count + 10; i++) {
    const fields = { topic: `t/${i % count}`, sequence: i < count ? 1 : 2 };
    peer.watched.connection.write(stream, crossing("iot", "publication", fields, payload));
  }
  for (let got = 0; got < count + 10; got++) await readings.next();
  await probe.node.publish("iot/alarm", "heard");
  assert.equal((await readings.next()).value?.payload, "heard");
  assert.equal((await probe.node.peers()).length, 1);
  assert.deepEqual(probe.crashes, []);
});
