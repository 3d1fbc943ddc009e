import assert from "node:assert/strict";
import type { HostPort } from "./datagram_socket.ts";
import { DenoDatagramSocket } from "./deno_datagram_socket.ts";
import { patternBytes, TestEndpoint, until } from "./quic_testing.ts";

/** What happens to a datagram on its way: the datagrams that leave instead of it, in order. */
type Fate = (datagram: Uint8Array) => Uint8Array[];

/** A middlebox between one client and one server, as a NAT is: it can lose its memory. */
class Relay implements AsyncDisposable {
  readonly #inside: DenoDatagramSocket;
  readonly #outside: DenoDatagramSocket[] = [];
  readonly #server: HostPort;
  readonly #fate: Fate;
  #client: HostPort | undefined;

  constructor(server: HostPort, fate: Fate = (datagram) => [datagram]) {
    this.#server = server;
    this.#fate = fate;
    this.#inside = this.#open((bytes, from) => {
      this.#client = from;
      this.#pass(bytes, this.#outside.at(-1)!, this.#server);
    });
    this.rebind();
  }

  /** Where the client should send to. */
  get address(): HostPort {
    return this.#inside.address;
  }

  /** Where the server sees the client. */
  get outsideAddress(): HostPort {
    return this.#outside.at(-1)!.address;
  }

  /** Forgets the port under which the client was known outside, and takes another. */
  rebind(): void {
    this.#outside.push(this.#open((bytes, _, socket) => {
      if (socket === this.#outside.at(-1)) this.#pass(bytes, this.#inside, this.#client!);
    }));
  }

  #open(
    got: (bytes: Uint8Array, from: HostPort, socket: DenoDatagramSocket) => void,
  ): DenoDatagramSocket {
    const socket = DenoDatagramSocket.open({ host: "127.0.0.1", port: 0 });
    socket.listen({
      datagram: (bytes, from) => got(bytes, from, socket),
      drained: () => {
        for (const each of [this.#inside, ...this.#outside]) each.flush();
      },
      writable: () => {},
      failed: (error) => {
        throw error;
      },
    });
    return socket;
  }

  #pass(bytes: Uint8Array, through: DenoDatagramSocket, to: HostPort): void {
    for (const datagram of this.#fate(bytes)) {
      const buffer = through.lend();
      if (!buffer) return; // a full queue: networks drop, too
      buffer.set(datagram);
      through.send(datagram.length, to);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#inside, ...this.#outside].map((socket) => socket.close()));
  }
}

async function carries(fate: Fate): Promise<{ client: TestEndpoint; server: TestEndpoint }> {
  await using client = new TestEndpoint();
  await using server = new TestEndpoint();
  await using relay = new Relay(server.address, fate);
  const [dialled, accepted] = await Promise.all([client.connect(relay.address), server.accepted()]);
  const sent = patternBytes(300_000);
  const ids = [1, 2, 3].map(() => dialled.connection.openUni());
  for (const id of ids) dialled.connection.write(id, sent, true);
  for (const id of ids) {
    const { bytes } = await accepted.stream(id);
    assert(bytes.length === sent.length && bytes.every((byte, i) => byte === sent[i]));
  }
  return { client, server };
}

function every(n: number, fate: Fate): Fate {
  let count = 0;
  return (datagram) => ++count % n === 0 ? fate(datagram) : [datagram];
}

Deno.test("QuicConnection carries everything over a network that loses datagrams", async () => {
  await carries(every(7, () => []));
});

Deno.test("QuicConnection carries everything over a network that swaps datagrams", async () => {
  let held: Uint8Array | undefined;
  await carries(every(5, (datagram) => {
    const before = held;
    held = datagram.slice();
    return before ? [datagram, before] : [];
  }));
});

Deno.test("QuicConnection carries everything over a network that doubles datagrams", async () => {
  await carries((datagram) => [datagram, datagram.slice()]);
});

Deno.test("QuicConnection carries everything over a network that damages datagrams", async () => {
  await carries(every(6, (datagram) => {
    const damaged = datagram.slice();
    damaged[damaged.length - 20]! ^= 1;
    return [damaged, datagram];
  }));
});

Deno.test("QuicConnection follows a peer whose NAT has forgotten it", async () => {
  await using client = new TestEndpoint();
  await using server = new TestEndpoint();
  await using relay = new Relay(server.address);
  const [dialled, accepted] = await Promise.all([client.connect(relay.address), server.accepted()]);
  assert.deepEqual(accepted.connection.remote, { ...relay.outsideAddress });
  relay.rebind();
  const id = dialled.connection.openBidi();
  dialled.connection.write(id, new Uint8Array([1, 2, 3]), true);
  assert.equal((await accepted.stream(id)).bytes.length, 3);
  await until(() => accepted.connection.remote.port === relay.outsideAddress.port);
  accepted.connection.write(id, new Uint8Array([4, 5]), true);
  assert.equal((await dialled.stream(id)).bytes.length, 2);
  assert.equal(server.endpoint.connections, 1);
});
