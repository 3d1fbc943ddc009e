import assert from "node:assert/strict";
import * as binding from "@matrixai/quic/native";
import { issueCertificate, type IssuedCertificate, verifyCertificateChain } from "./certificate.ts";
import { TLS_SIGNATURE_ALGORITHM } from "./constants.ts";
import { createIdentity } from "./identity.ts";

const NOW = Date.UTC(2026, 4, 1, 12);

// The binding is CommonJS: its default export is its `exports`, and the object is that one's.
const quiche = binding.default.default;
type Quiche = typeof quiche;
type Connection = ReturnType<Quiche["Connection"]["connect"]>;

const CLIENT = { host: "127.0.0.1", port: 1 };
const SERVER = { host: "127.0.0.1", port: 2 };

function configure(certificate: IssuedCertificate) {
  const encoder = new TextEncoder();
  const config = quiche.Config.withBoringSslCtx(
    true,
    true,
    null,
    [encoder.encode(certificate.privateKeyPem)],
    [encoder.encode(certificate.certificatePem)],
    TLS_SIGNATURE_ALGORITHM,
  );
  config.setApplicationProtos(["macula/1"]);
  config.setMaxIdleTimeout(10_000);
  return config;
}

/** Two ends that have not yet exchanged a packet. */
function connect(
  dialler: IssuedCertificate,
  acceptor: IssuedCertificate,
): [Connection, Connection] {
  const id = (byte: number) => new Uint8Array(16).fill(byte);
  return [
    quiche.Connection.connect(null, id(1), CLIENT, SERVER, configure(dialler)),
    quiche.Connection.accept(id(2), null, SERVER, CLIENT, configure(acceptor)),
  ];
}

/** Carries packets until neither end has one. */
function exchange(client: Connection, server: Connection): void {
  const packet = new Uint8Array(1500);
  let packets = 0;
  for (let before = -1; before !== packets;) {
    before = packets;
    for (
      const [from, to, path] of [
        [client, server, { from: CLIENT, to: SERVER }],
        [server, client, { from: SERVER, to: CLIENT }],
      ] as const
    ) {
      for (let sent = from.send(packet); sent !== null; sent = from.send(packet)) {
        to.recv(packet.subarray(0, sent[0]), path);
        packets++;
      }
    }
    assert.ok(packets < 100, "the handshake does not end");
  }
}

Deno.test("issued certificates complete a mutual TLS handshake of quiche, and verify on both sides", () => {
  const [alice, bob] = [createIdentity(), createIdentity()];
  const [client, server] = connect(
    issueCertificate(alice, { now: NOW }),
    issueCertificate(bob, { now: NOW }),
  );
  exchange(client, server);

  assert.equal(client.isEstablished(), true);
  assert.equal(server.isEstablished(), true);
  assert.equal(new TextDecoder().decode(server.applicationProto()), "macula/1");
  const seen = (connection: Connection) =>
    verifyCertificateChain(connection.peerCertChain(), { now: NOW }).nodeId;
  assert.equal(seen(client), bob.nodeId);
  assert.equal(seen(server), alice.nodeId);
});

Deno.test("a certificate without its private key completes no handshake, on either side", () => {
  // What verifyCertificate() leaves to TLS: that the peer holds the certificate's key.
  const [victim, thief] = [createIdentity(), createIdentity()]
    .map((identity) => issueCertificate(identity, { now: NOW }));
  assert.ok(victim && thief);
  const stolen = { ...victim, privateKeyPem: thief.privateKeyPem };
  for (const [dialler, acceptor] of [[stolen, thief], [thief, stolen]] as const) {
    const [client, server] = connect(dialler, acceptor);
    assert.throws(() => exchange(client, server), /TlsFail/);
    assert.equal((dialler === stolen ? server : client).isEstablished(), false);
  }
});
