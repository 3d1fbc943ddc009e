import {
  BLOCKED_STREAMS_A_PASS,
  PROBED_STREAMS,
  QUEUE_LOW_WATER_BYTES,
  READ_BYTES,
} from "./constants.ts";
import type { StreamRead } from "./quic_connection.ts";
import { type QuicheConnection, quicheFailure, SHUTDOWN_READ, SHUTDOWN_WRITE } from "./quiche.ts";
import { SendQueue } from "./send_queue.ts";

const NOTHING = new Uint8Array(0);

/** Where reads without a buffer of their own land, before the bytes are cut to size. */
const scratch = new Uint8Array(READ_BYTES);

/** What a connection's streams need of quiche. */
export type StreamTransport = Pick<
  QuicheConnection,
  | "streamSend"
  | "streamCapacity"
  | "streamRecv"
  | "streamShutdown"
  | "streamReadable"
  | "isReadable"
  | "readable"
  | "peerStreamsLeftBidi"
  | "peerStreamsLeftUni"
>;

/**
 * The streams of one connection: which exist, what waits to be sent on each, and which have
 * something to read. Stream ids are QUIC's (RFC 9000, section 2.1): the lowest bit is set on those
 * that the acceptor opened, the next one on those with one direction.
 */
export class ConnectionStreams {
  readonly #quic: StreamTransport;
  readonly #onStopped: (streamId: number, code: number) => void;
  /** The lowest bit of the ids that we open. */
  readonly #own: 0 | 1;
  #nextBidi: number;
  #nextUni: number;
  #nextPeerBidi: number;
  #nextPeerUni: number;
  /** Streams that we may send on. */
  readonly #sending = new Map<number, SendQueue>();
  /** Those of them that QUIC has not been told of. */
  readonly #unknown = new Set<number>();
  /** Those of them with something queued; the first is served next. */
  readonly #pending = new Map<number, SendQueue>();
  /** Those that QUIC would take nothing from, until something changes. */
  readonly #blocked = new Map<number, SendQueue>();
  /** Those that do not exist yet, as the peer allows no more; by kind, the second bit of their id. */
  readonly #unopened = { 0: new Map<number, SendQueue>(), 2: new Map<number, SendQueue>() };
  /** Streams that the peer may send on, as far as we have met them. */
  readonly #receiving = new Set<number>();
  #queuedBytes = 0;
  #aboveLowWater = false;

  /**
   * @param quic The connection's state machine.
   * @param dialled Whether we are the side that dialled.
   * @param onStopped Told when a stream can no longer be sent on, with the peer's code.
   */
  constructor(
    quic: StreamTransport,
    dialled: boolean,
    onStopped: (streamId: number, code: number) => void,
  ) {
    this.#quic = quic;
    this.#onStopped = onStopped;
    this.#own = dialled ? 0 : 1;
    this.#nextBidi = this.#own;
    this.#nextUni = this.#own + 2;
    this.#nextPeerBidi = 1 - this.#own;
    this.#nextPeerUni = 3 - this.#own;
  }

  /** Bytes that wait to be sent, over all streams. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Opens a stream on which only we send. */
  openUni(): number {
    const id = this.#nextUni;
    this.#nextUni += 4;
    return this.#begin(id);
  }

  /** Opens a stream on which both sides send. */
  openBidi(): number {
    const id = this.#nextBidi;
    this.#nextBidi += 4;
    this.#receiving.add(id);
    return this.#begin(id);
  }

  #begin(id: number): number {
    this.#sending.set(id, new SendQueue());
    this.#unknown.add(id);
    return id;
  }

  /**
   * Queues bytes; see `QuicConnection.write`.
   *
   * @throws {RangeError} When the id cannot be of a stream that we may send on.
   */
  write(id: number, bytes: Uint8Array, fin: boolean): boolean {
    const queue = this.#sending.get(id);
    if (!queue || queue.ended) {
      this.#checkSendable(id);
      return false;
    }
    queue.push(bytes, fin);
    this.#queuedBytes += bytes.length;
    if (this.#queuedBytes > QUEUE_LOW_WATER_BYTES) this.#aboveLowWater = true;
    const waits = this.#blocked.has(id) || this.#unopened[kindOf(id)].has(id);
    if (queue.pending && !waits) this.#pending.set(id, queue);
    return true;
  }

  /** Something came from the peer, or a timer ran: streams that were blocked may be so no more. */
  unblock(): void {
    for (const [id, queue] of this.#blocked) this.#pending.set(id, queue);
    this.#blocked.clear();
    this.#open(this.#unopened[0], () => this.#quic.peerStreamsLeftBidi());
    this.#open(this.#unopened[2], () => this.#quic.peerStreamsLeftUni());
  }

  /** Whether the last {@linkcode pump} ended before every stream was tried. */
  get unfinished(): boolean {
    return this.#pending.size > 0;
  }

  /**
   * Hands queued bytes to QUIC, a quantum a stream in turn, until it takes no more or too many
   * streams were tried in vain.
   *
   * @returns Whether the queue fell to the low-water mark from above it.
   */
  pump(): boolean {
    for (let patience = BLOCKED_STREAMS_A_PASS; patience > 0;) {
      const next = this.#pending.entries().next();
      if (next.done) break;
      const [id, queue] = next.value;
      this.#pending.delete(id);
      const outcome = this.#drain(id, queue);
      if (outcome === "more") this.#pending.set(id, queue); // at the back of the line
      else if (outcome === "blocked") this.#blocked.set(id, queue);
      else if (outcome === "unopened") this.#unopened[kindOf(id)].set(id, queue);
      else if (outcome === "stopped" || queue.ended) this.#sending.delete(id);
      if (outcome === "blocked" || outcome === "unopened") patience--;
    }
    if (!this.#aboveLowWater || this.#queuedBytes > QUEUE_LOW_WATER_BYTES) return false;
    this.#aboveLowWater = false;
    return true;
  }

  #drain(id: number, queue: SendQueue): "done" | "blocked" | "more" | "unopened" | "stopped" {
    const before = queue.bytes;
    try {
      let room = this.#room(id);
      return queue.drain((bytes, fin) => {
        const fits = bytes.length <= room;
        if (room === 0 && !fits) return null;
        const sent = this.#quic.streamSend(id, fits ? bytes : bytes.subarray(0, room), fits && fin);
        room -= sent ?? 0;
        return sent;
      });
    } catch (error) {
      const { kind, code } = quicheFailure(error);
      if (kind === "StreamLimit") return "unopened";
      queue.clear();
      this.#onStopped(id, code);
      return "stopped";
    } finally {
      this.#queuedBytes -= before - queue.bytes;
    }
  }

  /**
   * How much a stream takes now. Offering more makes quiche tell the peer that we are blocked, which
   * the peer acknowledges, upon which we would try again: some 16,000 packets a second of nothing.
   */
  #room(id: number): number {
    if (this.#unknown.delete(id)) {
      try {
        this.#quic.streamSend(id, NOTHING, false); // begins it, without a packet
      } catch (error) {
        this.#unknown.add(id);
        throw error;
      }
    }
    return this.#quic.streamCapacity(id);
  }

  #open(unopened: Map<number, SendQueue>, left: () => number): void {
    if (unopened.size === 0) return;
    let room = left();
    for (const [id, queue] of unopened) {
      if (room-- <= 0) break;
      unopened.delete(id);
      this.#pending.set(id, queue);
    }
  }

  /** The streams that have something to read. */
  readable(): number[] {
    if (!this.#quic.isReadable()) return [];
    if (this.#receiving.size <= PROBED_STREAMS) {
      this.#meetNext();
      const found: number[] = [];
      for (const id of this.#receiving) if (this.#quic.streamReadable(id)) found.push(id);
      if (found.length > 0) return found;
    }
    return this.#scan().readable;
  }

  /**
   * Looks for readable streams that were not met yet: those whose elder siblings' packets were lost
   * on the way, which asking for the next ids does not find.
   *
   * @returns Whether there were any.
   */
  discover(): boolean {
    return this.#quic.isReadable() && this.#scan().met;
  }

  #scan(): { readable: number[]; met: boolean } {
    const readable = [...this.#quic.readable()];
    const strangers = readable.filter((id) => !this.#receiving.has(id));
    for (const id of strangers) this.#meet(id);
    return { readable, met: strangers.length > 0 };
  }

  /** Reads what is there; see `QuicConnection.read`. */
  read(id: number, into?: Uint8Array): StreamRead | undefined {
    try {
      const got = this.#quic.streamRecv(id, into ?? scratch);
      if (got === null) return undefined;
      const [length, fin] = got;
      if (fin) this.#receiving.delete(id);
      return { bytes: into ? into.subarray(0, length) : scratch.slice(0, length), fin };
    } catch (error) {
      const { kind, code } = quicheFailure(error);
      if (kind === "StreamReset") {
        this.#receiving.delete(id);
        return { bytes: NOTHING, fin: true, reset: code };
      }
      return undefined; // a stream that the peer has not begun, or that has ended
    }
  }

  /** Asks the peer to stop sending on a stream. */
  stopReading(id: number, code: number): void {
    this.#receiving.delete(id);
    this.#shutdown(id, SHUTDOWN_READ, code);
  }

  /** Gives up what we send on a stream. */
  reset(id: number, code: number): void {
    const queue = this.#sending.get(id);
    if (!queue) return;
    this.#queuedBytes -= queue.clear();
    this.#sending.delete(id);
    for (const line of this.#lines()) line.delete(id);
    if (!this.#unknown.delete(id)) this.#shutdown(id, SHUTDOWN_WRITE, code);
  }

  /** Forgets everything, at the end of the connection. */
  clear(): void {
    this.#sending.clear();
    for (const line of this.#lines()) line.clear();
    this.#unknown.clear();
    this.#receiving.clear();
    this.#queuedBytes = 0;
  }

  #shutdown(id: number, direction: 0 | 1, code: number): void {
    try {
      this.#quic.streamShutdown(id, direction, code);
    } catch {
      // The stream has ended or was never used: there is nothing to give up.
    }
  }

  /** Meets the streams that the peer opened next, as long as they are readable. */
  #meetNext(): void {
    while (this.#quic.streamReadable(this.#nextPeerBidi)) this.#meet(this.#nextPeerBidi);
    while (this.#quic.streamReadable(this.#nextPeerUni)) this.#meet(this.#nextPeerUni);
  }

  #meet(id: number): void {
    this.#receiving.add(id);
    if (this.#isOwn(id)) return;
    if ((id & 2) === 0) {
      this.#sending.set(id, new SendQueue());
      this.#nextPeerBidi = Math.max(this.#nextPeerBidi, id + 4);
    } else this.#nextPeerUni = Math.max(this.#nextPeerUni, id + 4);
  }

  #lines(): Map<number, SendQueue>[] {
    return [this.#pending, this.#blocked, this.#unopened[0], this.#unopened[2]];
  }

  #isOwn(id: number): boolean {
    return (id & 1) === this.#own;
  }

  #checkSendable(id: number): void {
    const next = (id & 2) === 0 ? this.#nextBidi : this.#nextUni;
    if (!Number.isSafeInteger(id) || id < 0 || (this.#isOwn(id) && id >= next)) {
      throw new RangeError(`stream ${id} was never opened: use what openUni or openBidi returned`);
    }
    if (!this.#isOwn(id) && (id & 2) !== 0) {
      throw new RangeError(`stream ${id} is one on which only the peer sends: open one instead`);
    }
  }
}

/** 0 for a stream with two directions, 2 for one with one. */
function kindOf(id: number): 0 | 2 {
  return (id & 2) === 0 ? 0 : 2;
}
