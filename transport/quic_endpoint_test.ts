import assert from "node:assert/strict";
import fc from "fast-check";
import { CLOSE_CODES } from "./constants.ts";
import type { HostPort } from "./datagram_socket.ts";
import { DenoDatagramSocket } from "./deno_datagram_socket.ts";
import type { QuicConnection } from "./quic_connection.ts";
import { QuicEndpoint } from "./quic_endpoint.ts";
import {
  connectedPair,
  patternBytes,
  testCertificate,
  TestEndpoint,
  until,
  type Watched,
} from "./quic_testing.ts";

const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));

/** A bare socket that sends what it is told, and keeps what it gets. */
class BareSocket implements AsyncDisposable {
  readonly socket = DenoDatagramSocket.open({ host: "127.0.0.1", port: 0 });
  readonly got: Uint8Array[] = [];

  constructor() {
    this.socket.listen({
      datagram: (bytes) => this.got.push(bytes.slice()),
      drained: () => {},
      writable: () => {},
      failed: (error) => {
        throw error;
      },
    });
  }

  async send(bytes: Uint8Array, to: HostPort): Promise<void> {
    await until(() => this.socket.lend() !== undefined);
    this.socket.lend()!.set(bytes);
    this.socket.send(bytes.length, to);
    this.socket.flush();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.socket.close();
  }
}

/** A packet with a long header, of a version and a length. */
function longPacket(version: number, length: number, first = 0xc0): Uint8Array {
  const packet = random(length);
  packet.set([first, version >>> 24, version >>> 16, version >>> 8, version, 20]);
  packet[26] = 20;
  return packet;
}

/** A port on loopback where nobody listens. */
async function deadAddress(): Promise<HostPort> {
  await using socket = DenoDatagramSocket.open({ host: "127.0.0.1", port: 0 });
  return { ...socket.address };
}

Deno.test("QuicEndpoint.dial() to nobody ends with a reason", async () => {
  const nobody = await deadAddress();
  await using endpoint = new TestEndpoint({ handshakeTimeoutMs: 50 });
  const { closed } = endpoint.dial(nobody);
  assert.equal(endpoint.endpoint.connections, 1);
  assert.deepEqual(await closed, {
    ...{ by: "idle", app: false, code: 0 },
    reason: `no answer from 127.0.0.1:${nobody.port} within 50 ms`,
  });
  assert.equal(endpoint.endpoint.connections, 0);
});

Deno.test("QuicEndpoint.dial() refuses what it cannot dial", async () => {
  await using a = new TestEndpoint({ maxConnections: 1 });
  const dial = (host: string, port: number) => () => a.endpoint.dial({ host, port });
  assert.throws(dial("localhost", 4433), /"localhost" is no IP address/);
  assert.throws(dial("127.0.0.1", 0), /port 0/);
  assert.throws(dial("127.0.0.1", 65_536), RangeError);
  assert.throws(dial("::1", 4433), /IPv6/);
  dial("127.0.0.1", 4433)();
  assert.throws(dial("127.0.0.1", 4433), /maxConnections/);
  await a.endpoint.close();
  assert.throws(dial("127.0.0.1", 4433), /closed endpoint/);
});

Deno.test("QuicEndpoint ends connections on which nothing is heard", async () => {
  await using a = new TestEndpoint({ idleTimeoutMs: 60 });
  await using b = new TestEndpoint();
  const { dialled, accepted } = await connectedPair(a, b);
  const [here, there] = await Promise.all([dialled.closed, accepted.closed]);
  assert.equal(here.by, "idle");
  assert.equal(here.reason, `nothing was heard from 127.0.0.1:${b.address.port} for 60 ms`);
  assert.equal(there.by, "idle", "the lower of both sides' counts");
  assert.equal(a.endpoint.connections + b.endpoint.connections, 0);
});

Deno.test("QuicEndpoint closes a connection that its owner does not admit, unread", async () => {
  await using a = new TestEndpoint();
  await using b = new TestEndpoint({ admit: false, admissionTimeoutMs: 80 });
  const dialled = await a.connect(b.address);
  const accepted = await b.accepted();
  const id = dialled.connection.openUni();
  dialled.connection.write(id, new Uint8Array(1000), true);
  assert.equal(b.endpoint.unverified, 1);
  await until(() => accepted.connection.stats().receivedBytes > 1000);
  assert.deepEqual(accepted.connection.readableStreams(), []);
  assert.equal(accepted.connection.read(id), undefined);
  const reason = { app: true, code: CLOSE_CODES.notAdmitted, reason: "not admitted within 80 ms" };
  assert.deepEqual(await accepted.closed, { by: "local", ...reason });
  assert.deepEqual(await dialled.closed, { by: "peer", ...reason });
  assert.equal(b.endpoint.unverified, 0);
});

Deno.test("QuicEndpoint closes a dialled connection that is not admitted, too", async () => {
  await using a = new TestEndpoint({ admissionTimeoutMs: 50 });
  await using b = new TestEndpoint();
  assert.equal((await a.dial(b.address).closed).code, CLOSE_CODES.notAdmitted);
});

Deno.test("QuicEndpoint hands up what came before admission, once admitted", async () => {
  await using a = new TestEndpoint();
  await using b = new TestEndpoint({ admit: false });
  const dialled = await a.connect(b.address);
  const accepted = await b.accepted();
  const id = dialled.connection.openUni();
  dialled.connection.write(id, new Uint8Array([1, 2, 3]), true);
  await until(() => accepted.connection.stats().receivedPackets > 4);
  accepted.connection.admit();
  assert.deepEqual((await accepted.stream(id)).bytes, new Uint8Array([1, 2, 3]));
});

Deno.test("QuicConnection.admit() before the handshake is done is the owner's mistake", async () => {
  await using a = new TestEndpoint();
  await using b = new TestEndpoint();
  assert.throws(() => a.dial(b.address).connection.admit(), /handshake/);
});

Deno.test("QuicEndpoint takes no more than a bound from a peer before it is admitted, and all after", async () => {
  await using a = new TestEndpoint();
  await using b = new TestEndpoint({ admit: false, maxUnverifiedBytes: 40_000 });
  const dialled = await a.connect(b.address);
  const accepted = await b.accepted();
  const ids = [1, 2, 3].map(() => dialled.connection.openUni());
  const sent = patternBytes(50_000);
  for (const id of ids) dialled.connection.write(id, sent, true);
  await until(() => b.endpoint.counters.dropped.flood > 3);
  assert(accepted.connection.stats().receivedBytes <= 40_000);
  accepted.connection.admit();
  for (const id of ids) assert.deepEqual((await accepted.stream(id)).bytes, sent);
});

Deno.test("QuicEndpoint turns peers away past maxUnverified, and takes them when there is room", async () => {
  const refusals: string[] = [];
  await using a = new TestEndpoint({ handshakeTimeoutMs: 10_000 });
  await using b = new TestEndpoint({
    ...{ admit: false, maxUnverified: 1 },
    onRefused: (reason) => refusals.push(reason),
  });
  await a.connect(b.address);
  const first = await b.accepted();
  const second = a.dial(b.address);
  await until(() => b.endpoint.counters.dropped.tooManyUnverified > 0);
  assert.match(refusals[0]!, new RegExp(`127.0.0.1:${a.address.port} .*tooManyUnverified`));
  assert.equal(b.endpoint.connections, 1);
  first.connection.admit();
  await second.established; // its first packet is sent again
});

Deno.test("QuicEndpoint turns peers away past maxConnections", async () => {
  await using a = new TestEndpoint();
  await using b = new TestEndpoint({ maxConnections: 1 });
  await connectedPair(a, b);
  a.dial(b.address);
  await until(() => b.endpoint.counters.dropped.tooManyConnections > 0);
  assert.equal(b.endpoint.connections, 1);
});

Deno.test("QuicEndpoint lives through garbage, and counts it by kind", async () => {
  await using a = new TestEndpoint();
  await using b = new TestEndpoint();
  await using stranger = new BareSocket();
  const expected = { malformed: 0, unknownConnection: 0, version: 0 };
  const send = async (kind: keyof typeof expected, bytes: Uint8Array): Promise<void> => {
    expected[kind]++;
    await stranger.send(bytes, b.address);
  };
  await send("malformed", new Uint8Array([0x40]));
  await send("malformed", new Uint8Array([0xc0, 0, 0, 0, 1, 20]));
  await send("malformed", longPacket(1, 100)); // an Initial that is too small
  await send("malformed", longPacket(1, 1200)); // one that does not decrypt
  await send("unknownConnection", new Uint8Array(50).fill(0x40));
  await send("unknownConnection", longPacket(1, 1200, 0xe0)); // Handshake of no connection
  await send("unknownConnection", longPacket(0, 1200)); // version negotiation that nobody asked for
  await send("version", longPacket(0xdeadbeef, 1200));
  await send("version", longPacket(0xdeadbeef, 100));
  const { counters } = b.endpoint;
  await until(() => b.endpoint.counters.datagramsIn === 9);
  const { dropped } = b.endpoint.counters;
  assert.deepEqual({ ...dropped }, { ...counters.dropped, ...expected });
  assert.equal(b.endpoint.connections, 0);
  assert.equal(b.endpoint.unverified, 0);
  const { dialled } = await connectedPair(a, b);
  assert.equal(dialled.connection.closeReason, undefined);
});

Deno.test("QuicEndpoint lives through any datagram at all", async () => {
  await using a = new TestEndpoint();
  await using b = new TestEndpoint();
  await using stranger = new BareSocket();
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.record({
      version: fc.constantFrom(0, 1, 0xff00001d, 0x1a2a3a4a),
      length: fc.integer({ min: 48, max: 1400 }),
      first: fc.integer({ min: 0, max: 255 }),
    })
      .map(({ version, length, first }) => longPacket(version, length, first)),
  );
  const datagrams = fc.sample(anything, 300).filter(({ length }) => length > 0);
  for (const datagram of datagrams) await stranger.send(datagram, b.address);
  const { dialled, accepted } = await connectedPair(a, b);
  const id = dialled.connection.openUni();
  dialled.connection.write(id, new Uint8Array(10), true);
  assert.equal((await accepted.stream(id)).bytes.length, 10);
});

Deno.test("QuicEndpoint tells a sender of another version which one it speaks", async () => {
  await using b = new TestEndpoint();
  await using stranger = new BareSocket();
  const asked = longPacket(0xdeadbeef, 1200);
  await stranger.send(asked, b.address);
  await until(() => stranger.got.length === 1);
  const [answer] = stranger.got as [Uint8Array];
  assert.deepEqual(answer.subarray(1, 5), new Uint8Array(4), "version 0 is negotiation");
  assert.deepEqual(answer.subarray(6, 26), asked.subarray(27, 47), "their id comes first");
  assert.deepEqual(answer.subarray(27, 47), asked.subarray(6, 26));
  assert.deepEqual(answer.subarray(-4), new Uint8Array([0, 0, 0, 1]));
});

Deno.test("QuicEndpoint.replaceCredentials() shows new ones to new peers alone", async () => {
  await using a = new TestEndpoint();
  await using b = new TestEndpoint();
  const { dialled: before } = await connectedPair(a, b);
  const fresh = testCertificate();
  b.endpoint.replaceCredentials(fresh);
  const { dialled: after } = await connectedPair(a, b);
  const shown = ({ connection }: Watched): Uint8Array =>
    new Uint8Array(connection.peerCertificates()[0]!);
  assert.deepEqual(shown(before), new Uint8Array(b.certificate.der));
  assert.deepEqual(shown(after), new Uint8Array(fresh.der));
  const broken = { certificatePem: "x", privateKeyPem: "y" };
  assert.throws(() => b.endpoint.replaceCredentials(broken), /PEM/);
  await connectedPair(a, b);
});

Deno.test("QuicEndpoint sends large datagrams on loopback, and small ones where told", async () => {
  const sizeWith = async (options: { maxLoopbackDatagramSize?: number }): Promise<number> => {
    await using a = new TestEndpoint(options);
    await using b = new TestEndpoint();
    const { dialled, accepted } = await connectedPair(a, b);
    const id = dialled.connection.openUni();
    const before = dialled.connection.stats();
    await dialled.writeAll(id, patternBytes(1_000_000));
    assert.equal((await accepted.stream(id)).bytes.length, 1_000_000);
    const after = dialled.connection.stats();
    return (after.sentBytes - before.sentBytes) / (after.sentPackets - before.sentPackets);
  };
  assert(await sizeWith({}) > 4000);
  const small = await sizeWith({ maxLoopbackDatagramSize: 1350 });
  assert(small > 1000 && small <= 1350, `${small} bytes a packet`);
});

Deno.test("QuicEndpoint refuses options out of bounds", async () => {
  await using socket = DenoDatagramSocket.open({ host: "127.0.0.1", port: 0 });
  const credentials = testCertificate();
  const open = (maxDatagramSize: number) => () =>
    QuicEndpoint.open({ socket, credentials, random, accept: () => {}, maxDatagramSize });
  assert.throws(open(1199), /1200 to 16384/);
  assert.throws(open(16_385), /1200 to 16384/);
  assert.throws(open(NaN), RangeError);
});

Deno.test("QuicEndpoint connects over IPv6", async (test) => {
  let six: TestEndpoint;
  try {
    six = new TestEndpoint({ host: "::1" });
  } catch {
    await test.step({ name: "no IPv6 here", ignore: true, fn: () => {} });
    return;
  }
  await using a = six;
  await using b = new TestEndpoint({ host: "::1" });
  const { dialled, accepted } = await connectedPair(a, b);
  assert.equal(dialled.connection.remote.host, "::1");
  assert.deepEqual(accepted.connection.remote, { ...a.address });
});

Deno.test("QuicEndpoint closes only the connection whose owner's listener throws", async () => {
  await using a = new TestEndpoint();
  await using b = new TestEndpoint();
  const [one, other] = [await connectedPair(a, b), await connectedPair(a, b)];
  one.accepted.connection.listener = {
    readable: () => {
      throw new Error("a bug of the owner's");
    },
  };
  const reported = new Promise<string>((resolve) =>
    addEventListener("error", (event) => {
      event.preventDefault();
      resolve(event.message);
    }, { once: true })
  );
  one.dialled.connection.write(one.dialled.connection.openUni(), new Uint8Array(1));
  assert.equal((await one.dialled.closed).code, CLOSE_CODES.ownerFailed);
  assert.match(await reported, /a bug of the owner's/);
  const id = other.dialled.connection.openUni();
  other.dialled.connection.write(id, new Uint8Array(1), true);
  await other.accepted.stream(id);
});

Deno.test("QuicEndpoint.close() tells every peer, and leaves nothing", async () => {
  const a = new TestEndpoint();
  await using b = new TestEndpoint();
  const pairs = [await connectedPair(a, b), await connectedPair(b, a), await connectedPair(a, b)];
  const pending = a.dial(await deadAddress());
  await Promise.all([a.endpoint.close(), a.endpoint.close()]);
  for (const { dialled, accepted } of pairs) {
    const reasons = await Promise.all([dialled.closed, accepted.closed]);
    assert.deepEqual(reasons.map(({ by }) => by).sort(), ["local", "peer"]);
    assert(reasons.every(({ code }) => code === CLOSE_CODES.shutdown));
  }
  assert.equal((await pending.closed).by, "local");
  assert.equal(a.endpoint.connections, 0);
  await using again = DenoDatagramSocket.open(a.address);
  assert.equal(again.address.port, a.address.port);
});

Deno.test("QuicEndpoint numbers its connections, and counts those that have not ended", async () => {
  await using a = new TestEndpoint();
  await using b = new TestEndpoint();
  const connections: QuicConnection[] = [];
  for (let i = 0; i < 5; i++) connections.push((await connectedPair(a, b)).dialled.connection);
  assert.deepEqual(connections.map(({ id }) => id), [1, 2, 3, 4, 5]);
  assert.equal(a.endpoint.connections, 5);
  connections[2]!.close(0, "");
  await until(() => a.endpoint.connections === 4 && b.endpoint.connections === 4);
});
