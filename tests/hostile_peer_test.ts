import assert from "node:assert/strict";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { encode } from "cborg";
import { meshCodec } from "../mesh/frames.ts";
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
    this.endpoint = new TestEndpoint({ credentials: credentials ?? own });
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
