import assert from "node:assert/strict";
import { MAX_DATAGRAM_BYTES, RECEIVE_BATCH, SEND_SLOTS } from "./constants.ts";
import {
  type DatagramListener,
  type DatagramSocket,
  DatagramSocketError,
  formatHostPort,
  type HostPort,
  unmapped,
} from "./datagram_socket.ts";
import { DenoDatagramSocket } from "./deno_datagram_socket.ts";

/** What every kind of socket must do. A kind that comes joins the list. */
const KINDS: Readonly<Record<string, (address: HostPort) => DatagramSocket>> = {
  DenoDatagramSocket: (address) => DenoDatagramSocket.open(address),
};
const LOOPBACK: HostPort = { host: "127.0.0.1", port: 0 };

/** A listener that keeps what it is told, and wakes who waits for it. */
class Recorder implements DatagramListener {
  readonly datagrams: { bytes: Uint8Array; from: HostPort }[] = [];
  readonly batches: number[] = [];
  writables = 0;
  #inBatch = 0;
  #check: () => void = () => {};

  datagram(bytes: Uint8Array, from: HostPort): void {
    this.datagrams.push({ bytes: bytes.slice(), from });
    bytes.fill(0xee); // a listener may: quiche decrypts in place
    this.#inBatch++;
  }

  drained(): void {
    this.batches.push(this.#inBatch);
    this.#inBatch = 0;
    this.#check();
  }

  writable(): void {
    this.writables++;
    this.#check();
  }

  failed(error: Error): void {
    throw error;
  }

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#check = () => {
        if (condition()) resolve();
      };
      this.#check();
    });
  }
}

function send(socket: DatagramSocket, bytes: Uint8Array, to: HostPort): boolean {
  const buffer = socket.lend();
  if (!buffer) return false;
  buffer.set(bytes);
  socket.send(bytes.length, to);
  return true;
}

for (const [kind, open] of Object.entries(KINDS)) {
  Deno.test(`${kind} carries datagrams both ways, whole and with the sender's address`, async () => {
    await using a = open(LOOPBACK);
    await using b = open(LOOPBACK);
    const [atA, atB] = [new Recorder(), new Recorder()];
    a.listen(atA);
    b.listen(atB);
    assert.equal(a.address.host, "127.0.0.1");
    assert.notEqual(a.address.port, 0);

    const sizes = [1, 1200, MAX_DATAGRAM_BYTES];
    for (const [i, size] of sizes.entries()) send(a, new Uint8Array(size).fill(i + 1), b.address);
    a.flush();
    await atB.until(() => atB.datagrams.length === sizes.length);
    for (const [i, { bytes, from }] of atB.datagrams.entries()) {
      assert.equal(bytes.length, sizes[i]);
      assert(bytes.every((byte) => byte === i + 1));
      assert.deepEqual({ ...from }, { ...a.address });
    }

    send(b, new Uint8Array([7]), a.address);
    b.flush();
    await atA.until(() => atA.datagrams.length === 1);
    assert.deepEqual(atA.datagrams[0]!.bytes, new Uint8Array([7]));
    assert.equal(a.counters.sent, sizes.length);
    assert.equal(a.counters.received, 1);
  });

  Deno.test(`${kind} tells of datagrams in bounded batches, and of each batch's end`, async () => {
    await using a = open(LOOPBACK);
    await using b = open(LOOPBACK);
    const at = new Recorder();
    let sent = 0;
    while (sent < SEND_SLOTS && send(a, new Uint8Array([sent]), b.address)) sent++;
    a.flush();
    b.listen(at);
    await at.until(() => at.datagrams.length === sent);
    assert.deepEqual(at.datagrams.map(({ bytes }) => bytes[0]), [...Array(sent).keys()]);
    assert.equal(at.batches.reduce((sum, batch) => sum + batch, 0), sent);
    assert(at.batches.every((batch) => batch > 0 && batch <= RECEIVE_BATCH), `${at.batches}`);
    assert(at.batches.length < sent / 4, `${at.batches.length} batches for ${sent} datagrams`);
  });

  Deno.test(`${kind}.lend() runs out of buffers, and writable tells when there are more`, async () => {
    await using a = open(LOOPBACK);
    await using b = open(LOOPBACK);
    const at = new Recorder();
    a.listen(at);
    assert.equal(a.lend(), a.lend(), "the same buffer until it is sent");
    let sent = 0;
    while (send(a, new Uint8Array(10), b.address)) {
      assert(++sent < 10_000, "buffers without end");
    }
    a.flush();
    await at.until(() => at.writables > 0);
    assert(a.lend());
    assert.equal(at.writables, 1);
  });

  Deno.test(`${kind} counts datagrams that the system refuses to send`, async () => {
    await using socket = open(LOOPBACK);
    // An IPv4 socket reaches no IPv6 address.
    send(socket, new Uint8Array(1), { host: "::1", port: 9 });
    await socket.close();
    assert.equal(socket.counters.sendErrors, 1);
  });

  Deno.test(`${kind} refuses wrong use`, async () => {
    await using socket = open(LOOPBACK);
    assert.throws(() => socket.send(1, LOOPBACK), /lend/);
    socket.listen(new Recorder());
    assert.throws(() => socket.listen(new Recorder()), /listener already/);
  });

  Deno.test(`${kind} says which port is in use, and what to do`, async () => {
    await using socket = open(LOOPBACK);
    assert.throws(() => open(socket.address), (error) => {
      assert(error instanceof DatagramSocketError);
      assert(error.cause instanceof Deno.errors.AddrInUse);
      assert.equal(error.address.port, socket.address.port);
      assert.match(error.message, new RegExp(`127.0.0.1:${socket.address.port}: .*in use`));
      return true;
    });
  });

  Deno.test(`${kind} says when the address is not this machine's`, () => {
    assert.throws(() => open({ host: "192.0.2.1", port: 0 }), (error) => {
      assert(error instanceof DatagramSocketError);
      assert.match(error.message, /192\.0\.2\.1:0: .*no such address/);
      return true;
    });
  });

  Deno.test({
    name: `${kind} says when Deno was not allowed to use the network`,
    permissions: { net: false, ffi: true },
    fn: () => {
      assert.throws(() => open(LOOPBACK), (error) => {
        assert(error instanceof DatagramSocketError);
        assert.match(error.message, /--allow-net/);
        return true;
      });
    },
  });

  Deno.test(`${kind}.close() frees the port, and can be called again`, async () => {
    const socket = open(LOOPBACK);
    socket.listen(new Recorder());
    send(socket, new Uint8Array(3), socket.address);
    await Promise.all([socket.close(), socket.close()]);
    assert.equal(socket.lend(), undefined);
    await using again = open(socket.address);
    assert.equal(again.address.port, socket.address.port);
  });

  Deno.test(`${kind} on an IPv6 wildcard shows IPv4 senders by their IPv4 address`, async (test) => {
    let wildcard: DatagramSocket;
    try {
      wildcard = open({ host: "::", port: 0 });
    } catch {
      await test.step({ name: "no IPv6 here", ignore: true, fn: () => {} });
      return;
    }
    await using socket = wildcard;
    await using sender = open(LOOPBACK);
    const [at, atSender] = [new Recorder(), new Recorder()];
    socket.listen(at);
    sender.listen(atSender);
    send(sender, new Uint8Array(1), { host: "127.0.0.1", port: socket.address.port });
    sender.flush();
    await at.until(() => at.datagrams.length === 1);
    assert.deepEqual({ ...at.datagrams[0]!.from }, { ...sender.address });
    send(socket, new Uint8Array(1), at.datagrams[0]!.from);
    socket.flush();
    await atSender.until(() => atSender.datagrams.length === 1);
  });
}

Deno.test("formatHostPort() puts IPv6 addresses into brackets", () => {
  assert.equal(formatHostPort({ host: "127.0.0.1", port: 4433 }), "127.0.0.1:4433");
  assert.equal(formatHostPort({ host: "::1", port: 4433 }), "[::1]:4433");
});

Deno.test("unmapped() leaves addresses alone that are no mapped IPv4 ones", () => {
  assert.equal(unmapped("::ffff:10.0.0.1"), "10.0.0.1");
  for (const host of ["::1", "10.0.0.1", "::ffff:1", "2001:db8::1"]) {
    assert.equal(unmapped(host), host);
  }
});
