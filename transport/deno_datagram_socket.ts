import { clearImmediate, setImmediate } from "node:timers";
import { MAX_DATAGRAM_BYTES, RECEIVE_BATCH, RECEIVES_IN_FLIGHT, SEND_SLOTS } from "./constants.ts";
import {
  type DatagramCounters,
  type DatagramListener,
  type DatagramSocket,
  DatagramSocketError,
  type HostPort,
  isHopeless,
  unmapped,
} from "./datagram_socket.ts";

/**
 * Binds Deno's own UDP socket.
 *
 * @param address Where; port 0 picks a free one.
 * @returns The open socket.
 * @throws {DatagramSocketError} When it cannot be bound.
 */
export function bindUdp(address: HostPort): Deno.DatagramConn {
  try {
    return Deno.listenDatagram({
      transport: "udp",
      hostname: address.host,
      port: address.port,
    });
  } catch (cause) {
    throw new DatagramSocketError(address, cause);
  }
}

/** Where Deno's socket is bound. */
export function boundAddress(socket: Deno.DatagramConn): HostPort {
  const { hostname, port } = socket.addr as Deno.NetAddr;
  return { host: hostname, port };
}

/** A datagram on its way to the system. */
interface Outgoing {
  readonly slot: Uint8Array<ArrayBuffer>;
  readonly length: number;
  readonly to: HostPort;
}

/**
 * The portable socket, on `Deno.listenDatagram`. Its kernel buffers keep the system's default size,
 * some 90 datagrams on Linux.
 *
 * A receive whose datagram is there already completes at once, so one receive, renewed each time,
 * empties the socket within one turn of the event loop; more of them in flight only add work.
 * Sends, on the other hand, are begun one after the other: Deno takes several that are begun in one
 * turn in the reverse order, which QUIC takes for loss.
 */
export class DenoDatagramSocket implements DatagramSocket {
  readonly address: HostPort;
  readonly counters: DatagramCounters = {
    received: 0,
    sent: 0,
    sendErrors: 0,
    receiveErrors: 0,
  };

  readonly #socket: Deno.DatagramConn;
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  readonly #tasks: Promise<void>[] = [];
  #listener: DatagramListener | undefined;
  #slots = 0;
  #lent: Uint8Array<ArrayBuffer> | undefined;
  #starved = false;
  readonly #outgoing: Outgoing[] = [];
  #sending: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  /** Datagrams of the batch that is being received; 0 between batches. */
  #batch = 0;
  #immediate: NodeJS.Immediate | undefined;
  /** Receivers that found their batch full, and wait for it to be processed. */
  #waiting: (() => void)[] = [];

  private constructor(socket: Deno.DatagramConn) {
    this.#socket = socket;
    this.address = boundAddress(socket);
  }

  /**
   * Binds a socket.
   *
   * @param address Where; port 0 picks a free one.
   * @returns The open socket.
   * @throws {DatagramSocketError} When it cannot be bound.
   */
  static open(address: HostPort): DenoDatagramSocket {
    return new DenoDatagramSocket(bindUdp(address));
  }

  listen(listener: DatagramListener): void {
    if (this.#listener) throw new TypeError("the datagram socket has a listener already");
    this.#listener = listener;
    for (let i = 0; i < RECEIVES_IN_FLIGHT; i++) this.#tasks.push(this.#receive(listener));
  }

  lend(): Uint8Array | undefined {
    if (this.#lent) return this.#lent;
    if (this.#closing) return undefined;
    this.#lent = this.#free.pop();
    if (this.#lent) return this.#lent;
    if (this.#slots < SEND_SLOTS) {
      this.#slots++;
      return this.#lent = new Uint8Array(MAX_DATAGRAM_BYTES);
    }
    this.#starved = true;
    return undefined;
  }

  send(length: number, to: HostPort): void {
    const slot = this.#lent;
    if (!slot) throw new TypeError("send() without a lent buffer: call lend() first");
    this.#lent = undefined;
    this.counters.sent++;
    this.#outgoing.push({ slot, length, to });
  }

  flush(): void {
    if (this.#outgoing.length > 0) this.#sending ??= this.#sendAll();
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #sendAll(): Promise<void> {
    for (let next = this.#outgoing.shift(); next; next = this.#outgoing.shift()) {
      const { slot, length, to } = next;
      try {
        await this.#socket.send(slot.subarray(0, length), {
          transport: "udp",
          hostname: to.host,
          port: to.port,
        });
      } catch {
        this.counters.sendErrors++;
      }
      this.#free.push(slot);
      this.#feed();
    }
    this.#sending = undefined;
  }

  #feed(): void {
    if (!this.#starved || this.#closing || this.#free.length < SEND_SLOTS / 2) return;
    this.#starved = false;
    this.#listener?.writable();
  }

  async #receive(listener: DatagramListener): Promise<void> {
    const buffer = new Uint8Array(MAX_DATAGRAM_BYTES);
    let failures = 0;
    while (!this.#closing) {
      try {
        const [bytes, from] = await this.#socket.receive(buffer);
        if (this.#closing) return;
        failures = 0;
        this.counters.received++;
        const { hostname, port } = from as Deno.NetAddr;
        listener.datagram(bytes, { host: unmapped(hostname), port });
      } catch (error) {
        if (this.#closing) return;
        this.counters.receiveErrors++;
        if (isHopeless(++failures)) return listener.failed(error as Error);
      }
      if (this.#batch++ === 0) this.#immediate = setImmediate(() => this.#drained(listener));
      if (this.#batch >= RECEIVE_BATCH) await new Promise<void>((go) => this.#waiting.push(go));
    }
  }

  #drained(listener: DatagramListener): void {
    this.#batch = 0;
    listener.drained();
    for (const go of this.#waiting.splice(0)) go();
  }

  async #close(): Promise<void> {
    this.flush();
    await this.#sending;
    this.#socket.close();
    clearImmediate(this.#immediate);
    for (const go of this.#waiting.splice(0)) go();
    await Promise.all(this.#tasks);
  }
}
