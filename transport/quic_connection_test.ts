import assert from "node:assert/strict";
import { verifyCertificate } from "../security/mod.ts";
import { INITIAL_STREAM_WINDOW_BYTES } from "./constants.ts";
import { closeReasonOf, transportErrorText } from "./quic_connection.ts";
import { connectedPair, patternBytes, TestEndpoint, until, Watched } from "./quic_testing.ts";

const same = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

Deno.test("QuicConnection shows each side the other's certificate", async () => {
  await using a = new TestEndpoint();
  await using b = new TestEndpoint();
  const { dialled, accepted } = await connectedPair(a, b);
  assert.deepEqual(dialled.connection.peerCertificates().map((der) => new Uint8Array(der)), [
    new Uint8Array(b.certificate.der),
  ]);
  const [shown] = accepted.connection.peerCertificates();
  assert.deepEqual(new Uint8Array(shown!), new Uint8Array(a.certificate.der));
  assert(verifyCertificate(shown!, { now: Date.now() }).nodeId);
  assert(dialled.connection.dialled && !accepted.connection.dialled);
  assert.deepEqual(accepted.connection.remote, { ...a.address });
  assert.deepEqual(dialled.connection.remote, { ...b.address });
});

Deno.test("QuicConnection carries 10 MB there and back intact, held up by the slower side", async () => {
  await using a = new TestEndpoint();
  await using b = new TestEndpoint({ admit: false });
  const dialling = a.connect(b.address);
  const { connection } = await b.accepted();
  let most = 0;
  const echo = (): void => {
    for (const id of connection.readableStreams()) {
      while (connection.queuedBytes < 100_000) {
        const read = connection.read(id);
        if (!read) break;
        connection.write(id, read.bytes, read.fin);
        most = Math.max(most, connection.queuedBytes);
        if (read.fin) break;
      }
    }
  };
  new Watched(connection, echo);
  connection.listener!.writable = echo;
  connection.admit();

  const dialled = await dialling;
  const id = dialled.connection.openBidi();
  const sent = patternBytes(10_000_000);
  const echoed = dialled.stream(id);
  await dialled.writeAll(id, sent);
  // Small leftovers never fill the queue to its mark, so the echo is asked on until all is back.
  const timer = setInterval(echo, 1);
  const { bytes } = await echoed.finally(() => clearInterval(timer));
  assert(same(bytes, sent), "what came back is not what was sent");
  assert(most < 200_000, `the echo queued ${most} bytes`);
});

Deno.test("QuicConnection carries more streams than the peer allows at once, each whole", async () => {
  await using a = new TestEndpoint();
  await using b = new TestEndpoint({ flow: { maxUniStreams: 10, maxBidiStreams: 10 } });
  const { dialled, accepted } = await connectedPair(a, b);
  const ids = Array.from(
    { length: 300 },
    (_, i) => i % 2 ? dialled.connection.openUni() : dialled.connection.openBidi(),
  );
  for (const id of ids) {
    dialled.connection.write(id, new TextEncoder().encode(`stream ${id}`), true);
  }
  for (const id of ids) {
    const { bytes } = await accepted.stream(id);
    assert.equal(new TextDecoder().decode(bytes), `stream ${id}`);
    if ((id & 2) === 0) accepted.connection.write(id, bytes, true); // else it stays open
  }
});

Deno.test("QuicConnection opens streams from both sides at once", async () => {
  await using a = new TestEndpoint();
  await using b = new TestEndpoint();
  const { dialled, accepted } = await connectedPair(a, b);
  for (const [from, to] of [[dialled, accepted], [accepted, dialled]] as const) {
    for (const id of [from.connection.openUni(), from.connection.openBidi()]) {
      from.connection.write(id, new Uint8Array([id]), true);
      assert.deepEqual((await to.stream(id)).bytes, new Uint8Array([id]));
    }
  }
});

Deno.test("QuicConnection.write() puts the small writes of one turn into few packets", async () => {
  await using a = new TestEndpoint();
  await using b = new TestEndpoint();
  const { dialled, accepted } = await connectedPair(a, b);
  const id = dialled.connection.openUni();
  const before = dialled.connection.stats().sentPackets;
  for (let i = 0; i < 1000; i++) dialled.connection.write(id, new Uint8Array([i]), i === 999);
  const { bytes } = await accepted.stream(id);
  assert.deepEqual(bytes, Uint8Array.from({ length: 1000 }, (_, i) => i));
  const packets = dialled.connection.stats().sentPackets - before;
  assert(packets < 10, `${packets} packets for 1000 writes`);
});

for (const side of ["dialled", "accepted"] as const) {
  Deno.test(`QuicConnection.close() by the ${side} side tells the other its code and reason`, async () => {
    await using a = new TestEndpoint();
    await using b = new TestEndpoint();
    const pair = await connectedPair(a, b);
    const other = side === "dialled" ? pair.accepted : pair.dialled;
    pair[side].connection.close(4711, "köln");
    pair[side].connection.close(4712, "again");
    const reason = { app: true, code: 4711, reason: "köln" };
    assert.deepEqual(await pair[side].closed, { by: "local", ...reason });
    assert.deepEqual(await other.closed, { by: "peer", ...reason });
    assert.deepEqual(other.connection.closeReason, { by: "peer", ...reason });
    await until(() => a.endpoint.connections + b.endpoint.connections === 0);
    assert.equal(other.closes, 1);
    assert.equal(pair[side].closes, 1);
  });
}

Deno.test("QuicConnection.close() right after the handshake reaches the peer, code and all", async () => {
  await using a = new TestEndpoint();
  await using b = new TestEndpoint();
  for (let i = 0; i < 20; i++) {
    const dialled = a.dial(b.address);
    dialled.connection.listener!.established = () =>
      dialled.connection.close(7, "not who I dialled");
    const accepted = await b.accepted();
    assert.deepEqual(await accepted.closed, {
      by: "peer",
      app: true,
      code: 7,
      reason: "not who I dialled",
    });
    assert.equal((await dialled.closed).by, "local");
  }
  const { datagramsOut } = a.endpoint.counters;
  assert(datagramsOut < 20 * 10, `${datagramsOut} datagrams for 20 short connections`);
});

Deno.test("QuicConnection.close() in accept reaches the dialler", async () => {
  await using a = new TestEndpoint();
  await using b = new TestEndpoint({ accept: (connection) => connection.close(8, "go away") });
  const dialled = a.dial(b.address);
  const reason = await dialled.closed;
  assert.deepEqual(reason, { by: "peer", app: true, code: 8, reason: "go away" });
});

Deno.test("QuicConnection.close() before the handshake is done ends it on both sides", async () => {
  await using a = new TestEndpoint();
  await using b = new TestEndpoint();
  const dialled = a.dial(b.address);
  dialled.connection.close(9, "changed my mind");
  const reason = { by: "local", app: true, code: 9, reason: "changed my mind" };
  assert.deepEqual(await dialled.closed, reason);
  await until(() => a.endpoint.connections + b.endpoint.connections === 0);
});

Deno.test("QuicConnection.close() cuts a reason that fits no packet", async () => {
  await using a = new TestEndpoint();
  await using b = new TestEndpoint();
  const { dialled, accepted } = await connectedPair(a, b);
  dialled.connection.close(1, "ü".repeat(2000));
  assert.equal((await accepted.closed).reason, "ü".repeat(256));
});

Deno.test("QuicConnection does nothing after its end", async () => {
  await using a = new TestEndpoint();
  await using b = new TestEndpoint();
  const { dialled, accepted } = await connectedPair(a, b);
  const id = dialled.connection.openBidi();
  dialled.connection.write(id, new Uint8Array(10));
  dialled.connection.close(0, "");
  await Promise.all([dialled.closed, accepted.closed]);
  const { connection } = dialled;
  assert.equal(connection.write(id, new Uint8Array(1)), false);
  assert.equal(connection.read(id), undefined);
  assert.deepEqual(connection.readableStreams(), []);
  assert.equal(connection.queuedBytes, 0);
  connection.ping();
  connection.stopReading(id, 0);
  connection.resetStream(id, 0);
  connection.admit();
  connection.close(1, "");
  assert.equal(connection.closeReason?.code, 0);
});

Deno.test("QuicConnection left unread holds the sender back at the window", async () => {
  await using a = new TestEndpoint();
  await using b = new TestEndpoint({ admit: false });
  const dialling = a.connect(b.address);
  const { connection } = await b.accepted();
  new Watched(connection, () => {}); // told, but does not read
  connection.admit();
  const dialled = await dialling;
  const id = dialled.connection.openUni();
  const sent = patternBytes(2_000_000);
  dialled.connection.write(id, sent, true);
  // What is on its way arrives; then nothing moves any more, until the receiver reads.
  let before = -1;
  while (before !== connection.stats().receivedBytes) {
    before = connection.stats().receivedBytes;
    await new Promise((next) => setTimeout(next, 20));
  }
  const { sentPackets } = dialled.connection.stats();
  assert(sentPackets < 500, `${sentPackets} packets, most of them to say that it is blocked`);
  assert(dialled.connection.queuedBytes > 2_000_000 - INITIAL_STREAM_WINDOW_BYTES - 1);
  const got: Uint8Array[] = [];
  await until(() => {
    for (let read = connection.read(id); read; read = connection.read(id)) {
      got.push(read.bytes);
      if (read.fin) return true;
    }
    return false;
  });
  assert.equal(got.reduce((sum, { length }) => sum + length, 0), sent.length);
});

Deno.test("QuicConnection survives streams that the peer resets and stops", async () => {
  await using a = new TestEndpoint();
  await using b = new TestEndpoint();
  const { dialled, accepted } = await connectedPair(a, b);
  const [reset, stop, sound] = [1, 2, 3].map(() => dialled.connection.openBidi()) as [
    number,
    number,
    number,
  ];
  for (const id of [reset, stop, sound]) dialled.connection.write(id, new Uint8Array(100));
  await until(() => [reset, stop, sound].every((id) => accepted.bytesOf(id) === 100));
  dialled.connection.resetStream(reset, 77);
  accepted.connection.stopReading(stop, 78);
  assert.equal((await accepted.stream(reset)).reset, 77);
  await until(() => !dialled.connection.write(stop, new Uint8Array(2000)));
  assert.deepEqual(dialled.stopped, [[stop, 78]]);
  dialled.connection.write(sound, new Uint8Array(1), true);
  assert.equal((await accepted.stream(sound)).bytes.length, 101);
  assert.equal(accepted.connection.closeReason, undefined);
});

Deno.test("QuicConnection reads into the caller's buffer, piece by piece", async () => {
  await using a = new TestEndpoint();
  await using b = new TestEndpoint({ admit: false });
  const dialling = a.connect(b.address);
  const { connection } = await b.accepted();
  const arrived = Promise.withResolvers<void>();
  new Watched(connection, () => arrived.resolve());
  connection.admit();
  const dialled = await dialling;
  const id = dialled.connection.openUni();
  dialled.connection.write(id, new Uint8Array([1, 2, 3, 4, 5]), true);
  await arrived.promise;
  const into = new Uint8Array(3);
  assert.deepEqual(connection.read(id, into), { bytes: new Uint8Array([1, 2, 3]), fin: false });
  assert.deepEqual(connection.read(id, into), { bytes: new Uint8Array([4, 5]), fin: true });
  assert.equal(connection.read(id, into), undefined);
});

Deno.test("QuicConnection.ping() keeps a silent connection from idling out", async () => {
  const idleTimeoutMs = 150;
  await using a = new TestEndpoint({ idleTimeoutMs });
  await using b = new TestEndpoint({ idleTimeoutMs });
  const { dialled, accepted } = await connectedPair(a, b);
  const pings = setInterval(() => dialled.connection.ping(), 20);
  const patience = performance.now() + 2 * idleTimeoutMs;
  await until(() => performance.now() > patience);
  clearInterval(pings);
  assert.equal(accepted.connection.closeReason, undefined);
  assert.equal((await accepted.closed).by, "idle");
});

Deno.test("transportErrorText() names QUIC's errors and TLS alerts", () => {
  assert.equal(transportErrorText(0x03), "flow control error");
  assert.match(transportErrorText(0x178), /TLS alert 120 .*protocol/);
  assert.equal(transportErrorText(0x1ff), "TLS alert 255");
  assert.equal(transportErrorText(0x4242), "transport error 16962");
});

Deno.test("closeReasonOf() keeps an application's words, and finds some for QUIC's codes", () => {
  const reason = new TextEncoder().encode("busy");
  assert.deepEqual(closeReasonOf("peer", { isApp: true, errorCode: 3, reason }), {
    ...{ by: "peer", app: true, code: 3, reason: "busy" },
  });
  const silent = { isApp: false, errorCode: 10, reason: new Uint8Array(0) };
  assert.equal(closeReasonOf("error", silent).reason, "protocol violation");
});
