import assert from "node:assert/strict";
import { ConnectionStreams, type StreamTransport } from "./connection_streams.ts";
import { QUEUE_LOW_WATER_BYTES, STREAM_QUANTUM_BYTES } from "./constants.ts";

/** A connection of nothing but streams: what the peer sent is put in, what we send is listed. */
class FakeTransport implements StreamTransport {
  readonly incoming = new Map<number, Uint8Array[]>();
  readonly sent: { id: number; length: number; fin: boolean }[] = [];
  readonly shutdowns: [id: number, direction: number, code: number][] = [];
  /** Bytes that each call to send may take; by stream, or for all. */
  room: (id: number) => number | null | Error = () => Infinity;
  scans = 0;
  /** Streams that may be opened yet. */
  left = Infinity;

  streamSend(id: number, bytes: Uint8Array, fin: boolean): number | null {
    const room = this.room(id);
    if (room instanceof Error) throw room;
    if (room === null) return bytes.length === 0 ? 0 : null;
    const length = Math.min(room, bytes.length);
    if (bytes.length === 0 && !fin) return 0;
    this.sent.push({ id, length, fin: fin && length === bytes.length });
    return length;
  }

  streamCapacity(id: number): number {
    const room = this.room(id);
    if (room instanceof Error) throw room;
    return room ?? 0;
  }

  streamRecv(id: number, into: Uint8Array): [number, boolean] | null {
    const chunks = this.incoming.get(id);
    const chunk = chunks?.shift();
    if (!chunk) return null;
    into.set(chunk);
    return [chunk.length, false];
  }

  streamShutdown(id: number, direction: 0 | 1, code: number): void {
    this.shutdowns.push([id, direction, code]);
  }

  streamReadable(id: number): boolean {
    return (this.incoming.get(id)?.length ?? 0) > 0;
  }

  peerStreamsLeftBidi(): number {
    return this.left;
  }

  peerStreamsLeftUni(): number {
    return this.left;
  }

  isReadable(): boolean {
    return [...this.incoming.keys()].some((id) => this.streamReadable(id));
  }

  readable(): Iterable<number> {
    this.scans++;
    return [...this.incoming.keys()].filter((id) => this.streamReadable(id));
  }

  arrive(id: number): void {
    this.incoming.set(id, [...this.incoming.get(id) ?? [], new Uint8Array(3)]);
  }
}

function make(dialled = true): {
  transport: FakeTransport;
  streams: ConnectionStreams;
  stopped: [number, number][];
} {
  const transport = new FakeTransport();
  const stopped: [number, number][] = [];
  const streams = new ConnectionStreams(transport, dialled, (id, code) => stopped.push([id, code]));
  return { transport, streams, stopped };
}

Deno.test("ConnectionStreams numbers streams as QUIC does, for either side", () => {
  const open = (dialled: boolean): number[] => {
    const { streams } = make(dialled);
    return [streams.openBidi(), streams.openBidi(), streams.openUni(), streams.openUni()];
  };
  assert.deepEqual(open(true), [0, 4, 2, 6]);
  assert.deepEqual(open(false), [1, 5, 3, 7]);
});

Deno.test("ConnectionStreams.readable() finds the peer's next streams without scanning", () => {
  const { transport, streams } = make();
  for (const id of [1, 5, 9, 3]) transport.arrive(id);
  assert.deepEqual(streams.readable().toSorted((a, b) => a - b), [1, 3, 5, 9]);
  assert.equal(transport.scans, 0);
});

Deno.test("ConnectionStreams.readable() finds a stream whose elder siblings are late", () => {
  const { transport, streams } = make();
  transport.arrive(41);
  assert.deepEqual(streams.readable(), [41]);
  transport.arrive(1);
  streams.discover();
  assert.deepEqual(streams.readable().toSorted((a, b) => a - b), [1, 41]);
});

Deno.test("ConnectionStreams.discover() finds a late sibling beside a stream left unread", () => {
  const { transport, streams } = make();
  transport.arrive(1);
  assert.deepEqual(streams.readable(), [1]);
  transport.arrive(41);
  assert.deepEqual(streams.readable(), [1], "asking for known streams is expected to miss it");
  assert(streams.discover());
  assert.deepEqual(streams.readable().toSorted((a, b) => a - b), [1, 41]);
  assert(!streams.discover());
});

Deno.test("ConnectionStreams.readable() scans when there are too many streams to ask each", () => {
  const { transport, streams } = make();
  for (let i = 0; i < 100; i++) streams.openBidi();
  transport.arrive(0);
  transport.arrive(1);
  assert.deepEqual(streams.readable(), [0, 1]);
  assert.equal(transport.scans, 1);
});

Deno.test("ConnectionStreams.write() refuses streams that we cannot send on", () => {
  const { streams } = make();
  assert.throws(() => streams.write(0, new Uint8Array(1), false), /never opened/);
  assert.throws(() => streams.write(3, new Uint8Array(1), false), /only the peer sends/);
  assert.throws(() => streams.write(-1, new Uint8Array(1), false), RangeError);
  const id = streams.openUni();
  assert(streams.write(id, new Uint8Array(1), true));
  assert(!streams.write(id, new Uint8Array(1), false), "after its end");
  streams.pump();
  assert(!streams.write(id, new Uint8Array(1), false), "after its end was sent");
});

Deno.test("ConnectionStreams.pump() serves streams in turn, a quantum each", () => {
  const { transport, streams } = make();
  const ids = [streams.openUni(), streams.openUni()];
  for (const id of ids) {
    for (let i = 0; i < 4; i++) streams.write(id, new Uint8Array(STREAM_QUANTUM_BYTES), false);
  }
  streams.pump();
  assert.deepEqual(transport.sent.map(({ id }) => id), [2, 6, 2, 6, 2, 6, 2, 6]);
  assert.equal(streams.queuedBytes, 0);
});

Deno.test("ConnectionStreams.pump() is not held up by a stream that is blocked", () => {
  const { transport, streams } = make();
  const [slow, fast] = [streams.openUni(), streams.openUni()];
  transport.room = (id) => id === slow ? null : Infinity;
  streams.write(slow, new Uint8Array(10), true);
  streams.write(fast, new Uint8Array(10), true);
  streams.pump();
  assert.deepEqual(transport.sent, [{ id: fast, length: 10, fin: true }]);
  assert.equal(streams.queuedBytes, 10);
  transport.room = () => Infinity;
  streams.unblock();
  streams.pump();
  assert.deepEqual(transport.sent.at(-1), { id: slow, length: 10, fin: true });
  assert.equal(streams.queuedBytes, 0);
});

Deno.test("ConnectionStreams.pump() sends a new write at once behind any number of blocked streams", () => {
  const { transport, streams } = make();
  const ids = Array.from({ length: 1000 }, () => streams.openUni());
  const free = ids.pop()!;
  transport.room = (id) => id === free ? Infinity : null;
  for (const id of ids) streams.write(id, new Uint8Array(1), true);
  let passes = 0;
  do streams.pump(); while (streams.unfinished && ++passes < 1000);
  assert(passes > 1, "a pass should be bounded");
  streams.write(free, new Uint8Array(1), true);
  streams.pump();
  assert.deepEqual(transport.sent, [{ id: free, length: 1, fin: true }]);
});

Deno.test("ConnectionStreams.unblock() gives every blocked stream another try", () => {
  const { transport, streams } = make();
  const ids = Array.from({ length: 1000 }, () => streams.openUni());
  transport.room = () => null;
  for (const id of ids) streams.write(id, new Uint8Array(1), true);
  do streams.pump(); while (streams.unfinished);
  transport.room = () => Infinity;
  streams.unblock();
  do streams.pump(); while (streams.unfinished);
  assert.deepEqual(transport.sent.map(({ id }) => id), ids);
});

Deno.test("ConnectionStreams opens streams in order as the peer allows more of them", () => {
  const { transport, streams, stopped } = make();
  const ids = Array.from({ length: 300 }, () => streams.openUni());
  let allowed = 10;
  transport.room = (id) => id >> 2 < allowed ? Infinity : new Error("StreamLimit");
  for (const id of ids) streams.write(id, new Uint8Array(10), true);
  for (let i = 0; transport.sent.length < ids.length; i++) {
    assert(i < 100, `stuck after ${transport.sent.length} streams`);
    do streams.pump(); while (streams.unfinished);
    transport.left = 10;
    allowed += 10;
    streams.unblock();
  }
  assert.deepEqual(transport.sent.map(({ id }) => id), ids);
  assert.equal(streams.queuedBytes, 0);
  assert.deepEqual(stopped, []);
});

Deno.test("ConnectionStreams drops what is queued on a stream that the peer stopped", () => {
  const { transport, streams, stopped } = make();
  const [gone, other] = [streams.openUni(), streams.openUni()];
  transport.room = (id) => id === gone ? new Error("StreamStopped(77)") : Infinity;
  streams.write(gone, new Uint8Array(10), false);
  streams.write(gone, new Uint8Array(5000), false);
  streams.write(other, new Uint8Array(7), false);
  streams.pump();
  assert.deepEqual(stopped, [[gone, 77]]);
  assert.equal(streams.queuedBytes, 0);
  assert(!streams.write(gone, new Uint8Array(1), false));
  assert.deepEqual(transport.sent.map(({ id }) => id), [other]);
});

Deno.test("ConnectionStreams.pump() tells once that the queue fell to the low-water mark", () => {
  const { transport, streams } = make();
  const id = streams.openUni();
  transport.room = () => QUEUE_LOW_WATER_BYTES;
  streams.write(id, new Uint8Array(3 * QUEUE_LOW_WATER_BYTES), false);
  const told = [1, 2, 3].map(() => {
    streams.unblock();
    return streams.pump();
  });
  assert.deepEqual(told, [false, true, false]);
});

Deno.test("ConnectionStreams.reset() drops the queue and tells the peer", () => {
  const { transport, streams } = make();
  const id = streams.openUni();
  streams.write(id, new Uint8Array(10), false);
  streams.pump();
  streams.write(id, new Uint8Array(10), false);
  streams.reset(id, 5);
  assert.equal(streams.queuedBytes, 0);
  assert.deepEqual(transport.shutdowns, [[id, 1, 5]]);
  assert(!streams.write(id, new Uint8Array(1), false));
});

Deno.test("ConnectionStreams.reset() says nothing of a stream that was never sent on", () => {
  const { transport, streams } = make();
  streams.reset(streams.openUni(), 5);
  assert.deepEqual(transport.shutdowns, []);
});

Deno.test("ConnectionStreams.pump() never offers more than there is room for", () => {
  const { transport, streams } = make();
  const id = streams.openUni();
  let room = 100;
  transport.streamCapacity = () => room;
  transport.streamSend = (_, bytes) => {
    assert(bytes.length <= room, `${bytes.length} bytes into room for ${room}`);
    room -= bytes.length;
    return bytes.length;
  };
  for (let i = 0; i < 5; i++) streams.write(id, new Uint8Array(3000), i === 4);
  while (streams.queuedBytes > 0) {
    room = 700;
    streams.unblock();
    streams.pump();
  }
});
