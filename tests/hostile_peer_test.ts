import assert from "node:assert/strict";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { encode } from "cborg";
import { MAX_TOPICS } from "../mesh/constants.ts";
import { meshCodec } from "../mesh/frames.ts";
import counter from "../mesh/testing/counter_actor.ts";
import { connected, Probe } from "../mesh/testing.ts";
import { createIdentity, issueCertificate } from "../security/mod.ts";
import { encodeHello, PROTOCOL_VERSIONS } from "../transport/hello.ts";
import { parseNodeAddress, prefixed } from "../transport/mod.ts";
import { TestEndpoint, type Watched } from "../transport/quic_testing.ts";
import { REFUSAL_CODES, type RefusalCode } from "../transport/refusal.ts";
import { encodeValue } from "../values/mod.ts";

const LIMIT = 1_048_576;

/** A peer that speaks QUIC and TLS well, and may do as it likes above them. */
class RawPeer implements AsyncDisposable {
  readonly identity = createIdentity();
  readonly endpoint: TestEndpoint;
  readonly watched: Watched;
  readonly #control: number;

  private constructor(address: string, credentials?: Credentials) {
    const own = issueCertificate(this.identity, { now: Date.now() });
    this.endpoint = new TestEndpoint({
      credentials: credentials ?? own,
      // Nodes that are introduced to it dial it: it is not at home.
      accept: (connection) => connection.close(1, "not at home"),
    });
    const { host, port } = parseNodeAddress(address);
    this.watched = this.endpoint.dial({ host, port });
    this.#control = this.watched.connection.openBidi();
  }

  static async dial(address: string, credentials?: Credentials): Promise<RawPeer> {
    const peer = new RawPeer(address, credentials);
    await Promise.race([peer.watched.established, peer.watched.closed]);
    if (!peer.watched.connection.closeReason) peer.watched.connection.admit();
    return peer;
  }

  hello(network = "macula", nodeId = this.identity.nodeId): void {
    const self = { nodeId, network, versions: PROTOCOL_VERSIONS, incarnation: 1 };
    this.send(prefixed(encodeHello(self, { host: "127.0.0.1", port: 1 }), LIMIT));
  }

  send(bytes: Uint8Array): void {
    this.watched.connection.write(this.#control, bytes);
  }

  /** Writes to a stream of publications. */
  publish(bytes: Uint8Array): void {
    this.watched.connection.write(this.watched.connection.openUni(), bytes);
  }

  /** Name of the code with which the node closes the connection. */
  async refusal(): Promise<RefusalCode | "other"> {
    const { app, by, code } = await this.watched.closed;
    const found = Object.entries(REFUSAL_CODES).find(([, number]) => number === code);
    return app && by === "peer" && found ? found[0] as RefusalCode : "other";
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.endpoint[Symbol.asyncDispose]();
  }
}

interface Credentials {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

const frame = (fields: [number, unknown][]) => prefixed(encode(new Map(fields)), LIMIT);

/** What a peer may do wrong once it is connected, and the code that it gets for it. */
const OFFENCES: readonly (readonly [what: string, code: RefusalCode, act: (p: RawPeer) => void])[] =
  [
    ["random bytes instead of a hello", "bad-frame", (p) => {
      p.send(prefixed(crypto.getRandomValues(new Uint8Array(64)), LIMIT));
    }],
    ["a frame that announces 4 GiB", "frame-too-large", (p) => p.send(new Uint8Array(4).fill(255))],
    ["another frame before its hello", "unknown-frame", (p) => p.send(frame([[0, 14]]))],
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
      p.send(frame([[0, 4_242]]));
    }],
    ["a subscription with a broken pattern", "bad-frame", (p) => {
      p.hello();
      p.send(prefixed(meshCodec.encode("subscribe", { id: 1, pattern: "iot/**/x" }), LIMIT));
    }],
    ["a registration of a broken name", "bad-frame", (p) => {
      p.hello();
      p.send(prefixed(meshCodec.encode("register", { id: 1, procedure: "*" }), LIMIT));
    }],
    ["a publication on the control stream", "bad-frame", (p) => {
      p.hello();
      const fields = { topic: "iot/x", sequence: 1, payload: encodeValue(1, "payload") };
      p.send(prefixed(meshCodec.encode("publication", fields), LIMIT));
    }],
    ["a call on the publications' stream", "bad-frame", (p) => {
      p.hello();
      const fields = { id: 1, procedure: "lob/x", args: new Uint8Array(), remainingMs: 1 };
      p.publish(prefixed(meshCodec.encode("call", fields), LIMIT));
    }],
    ["a publication numbered 0", "bad-frame", (p) => {
      p.hello();
      const fields = { topic: "iot/x", sequence: 0, payload: encodeValue(1, "payload") };
      p.publish(prefixed(meshCodec.encode("publication", fields), LIMIT));
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
    prefixed(meshCodec.encode("publication", { topic: "iot/x", sequence, payload }), LIMIT);
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
    prefixed(
      meshCodec.encode("publication", {
        topic: "iot/x",
        sequence,
        payload: encodeValue(sequence, "payload"),
      }),
      LIMIT,
    );
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
  peer.send(prefixed(meshCodec.encode("result", { id: 99, value }), LIMIT));
  const failure = { id: 98, code: "x", message: "y", data: encodeValue({}, "data") };
  peer.send(prefixed(meshCodec.encode("failure", failure), LIMIT));
  peer.send(prefixed(meshCodec.encode("confirmed", { id: 97 }), LIMIT));
  peer.send(prefixed(meshCodec.encode("acknowledge", { count: 1_000_000 }), LIMIT));
  peer.send(prefixed(meshCodec.encode("synced", {}), LIMIT));
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
  const call = { id: 1, procedure: "lob/quote", args, remainingMs: 5_000 };
  peer.send(prefixed(meshCodec.encode("call", call), LIMIT));
  await using good = await Probe.start({ bootstrap: [probe.node.address] });
  await good.node.joined();
  await assert.rejects(good.node.call("lob/quote", ["y"]), /yy/);
  const quoted = good.node.call("lob/quote", ["z".repeat(400_000)]);
  await assert.rejects(quoted, (error) => (error as Error).message.length <= 2_048);
});

Deno.test("A node refuses to message what cannot be an exposed actor's name", async () => {
  for (
    const [realm, name, handler] of [
      ["home", "x".repeat(500_000), "get"],
      ["a/b", "c", "get"],
      ["home", "\u001b[2J", "get"],
      ["home", "counter", "h".repeat(200)],
    ]
  ) {
    await using probe = await Probe.start();
    await using peer = await RawPeer.dial(probe.node.address);
    peer.hello();
    peer.send(prefixed(
      meshCodec.encode("invoke", {
        ...{ id: 1, realm: realm!, name: name!, handler: handler! },
        ...{ args: encodeValue([], "args"), remainingMs: 1_000, mode: 2 },
      }),
      LIMIT,
    ));
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
  peer.send(prefixed(meshCodec.encode("subscribe", { id: 1, pattern: "iot/**" }), LIMIT));
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

Deno.test("An introduction to a wrong place does not lock out the peer that was named", async () => {
  const silent = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  try {
    await using probe = await Probe.start();
    await using liar = await RawPeer.dial(probe.node.address);
    liar.hello();
    await probe.event("peer-up");
    const data = await Deno.makeTempDir();
    try {
      const { id } = await Probe.start({ data }).then(async (p) => {
        await p.node.stop();
        return p.node;
      });
      const { port } = silent.addr as Deno.NetAddr;
      const lie = { peer: id, host: "127.0.0.1", port };
      liar.send(prefixed(meshCodec.encode("introduce", lie), LIMIT));
      await silent.receive();
      await using victim = await Probe.start({ data, bootstrap: [probe.node.address] });
      await victim.node.joined();
      assert.equal(victim.events.filter(({ event }) => event === "dial-failed").length, 0);
    } finally {
      await Deno.remove(data, { recursive: true });
    }
  } finally {
    silent.close();
  }
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
  peer.send(prefixed(meshCodec.encode("subscribe", { id: 1, pattern: "iot/**" }), LIMIT));
  await probe.event("peer-up");
  // What a session takes, it takes in order: behind this the subscription holds.
  peer.send(prefixed(meshCodec.encode("synced", {}), LIMIT));
  await probe.event("peer-synced");
  for (let i = 0; i < 10; i++) await probe.node.publish("iot/x", i);
  while ((await probe.node.stats()).peers.sent < 10);
  peer.send(prefixed(meshCodec.encode("acknowledge", { count: 4 }), LIMIT));
  // An acknowledgement has no answer; a call behind it has.
  const call = { id: 2, procedure: "lob/seen", args: encodeValue([], "args"), remainingMs: 5_000 };
  const seen = Promise.withResolvers<void>();
  await using _seen = await probe.node.serve("lob/seen", () => seen.resolve());
  peer.send(prefixed(meshCodec.encode("call", call), LIMIT));
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
    const fields = { topic: `iot/t/${i % count}`, sequence: i < count ? 1 : 2, payload };
    peer.watched.connection.write(stream, prefixed(meshCodec.encode("publication", fields), LIMIT));
  }
  for (let got = 0; got < count + 10; got++) await readings.next();
  await probe.node.publish("iot/alarm", "heard");
  assert.equal((await readings.next()).value?.payload, "heard");
  assert.equal((await probe.node.peers()).length, 1);
  assert.deepEqual(probe.crashes, []);
});
