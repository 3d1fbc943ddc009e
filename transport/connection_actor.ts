import {
  type ActorContext,
  type ActorDefinition,
  defineActor,
  MAX_DEADLINE_MS,
  type Ref,
} from "../actors/mod.ts";
import {
  agreePair,
  CertificateError,
  type NodeId,
  PairError,
  type PairOffer,
  type PairSecrets,
  verifyCertificateChain,
} from "../security/mod.ts";
import { FrameError } from "./frames.ts";
import { framesOf, FrameSplitter, prefixed } from "./frame_splitter.ts";
import { quicHandles, streamHandles } from "./handles.ts";
import { decodeHello, encodeHello, type HelloIdentity, judgeHello } from "./hello.ts";
import { PublicationStream } from "./publication_stream.ts";
import type { CloseReason, QuicConnection } from "./quic_connection.ts";
import { REFUSAL_CODES, type RefusalCode, refusalOf } from "./refusal.ts";
import type {
  Connection,
  ConnectionRefusal,
  Endpoint,
  FrameSink,
  PeerConnection,
} from "./transport_protocol.ts";
import {
  CONTROL_QUEUE_BYTES,
  FRAME_PREFIX_BYTES,
  GOODBYE_TURNS,
  HELLO_DEADLINE_MS,
  KEEP_ALIVE_MS,
  MAX_HELLO_BYTES,
  STALLED_MS,
  UNHANDLED_CHUNKS,
} from "./wire_constants.ts";
import writerActor from "./writer_actor.ts";

/** What a connection actor is started with. */
export type ConnectionStart = {
  readonly connectionId: number;
  /** The id that was dialled; `null` for an accepted connection. */
  readonly expected: NodeId | null;
  readonly self: HelloIdentity;
  readonly allow: readonly string[] | null;
  readonly maxFrameBytes: number;
};

/** One direction of frames that this side reads. */
interface Inlet {
  streamId: number | undefined;
  readonly splitter: FrameSplitter;
  sink: Ref<FrameSink> | undefined;
  /** Frames that came in one chunk with the hello. */
  early: Uint8Array | undefined;
  /** Chunks that the sink has not taken yet. */
  unhandled: number;
}

/**
 * One connection: verifies the peer, exchanges hellos, then carries frames between the peer and
 * whoever attaches. It ends with its QUIC connection, and takes that with it when it ends.
 */
const connection: ActorDefinition<[ConnectionStart, Ref<Endpoint>], Connection> = defineActor(
  import.meta,
  (ctx, start: ConnectionStart, endpoint: Ref<Endpoint>) =>
    new ConnectionState(ctx, start, endpoint).handlers(),
);
export default connection;

class ConnectionState {
  readonly #ctx: ActorContext;
  readonly #start: ConnectionStart;
  readonly #endpoint: Ref<Endpoint>;
  readonly #self: Ref<Connection>;
  readonly #quic: QuicConnection;
  readonly #publications: PublicationStream;
  readonly #control: Inlet;
  readonly #published: Inlet;
  #peer: NodeId | undefined;
  /** The peer's node key, as its certificate proves it. */
  #peerKey: Uint8Array = new Uint8Array();
  #offer: PairOffer | undefined;
  #up = false;
  #closing: ConnectionRefusal | undefined;

  constructor(ctx: ActorContext, start: ConnectionStart, endpoint: Ref<Endpoint>) {
    this.#ctx = ctx;
    this.#start = start;
    this.#endpoint = endpoint;
    this.#self = ctx.self as Ref<Connection>;
    const quic = this.#quic = quicHandles.take(start.connectionId);
    this.#publications = new PublicationStream(quic, () => performance.now());
    const { maxFrameBytes } = start;
    this.#control = {
      ...inlet(maxFrameBytes),
      streamId: quic.dialled ? quic.openBidi() : undefined,
    };
    this.#published = inlet(maxFrameBytes);
    quic.listener = {
      established: () => this.#self.tell.established(),
      readable: () => this.#self.tell.readable(),
      writable: () => this.#publications.writable(),
      closed: () => this.#self.tell.closed(),
    };
    ctx.onStop(() => this.#leave());
    ctx.onEnd(() => quic.close(REFUSAL_CODES.failed, "the connection's actor has ended"));
    if (quic.closeReason) this.#self.tell.closed();
    else if (quic.established) this.#self.tell.established();
    ctx.after(HELLO_DEADLINE_MS, "helloOverdue");
    ctx.after(KEEP_ALIVE_MS, "keepAlive");
  }

  handlers(): Connection {
    return {
      established: () => this.#verify(),
      readable: () => this.#readAll(),
      closed: () => this.#closed(),
      attach: (control, publications) => {
        this.#control.sink = control;
        this.#published.sink = publications;
        return this.#readAll();
      },
      taken: (stream) => {
        const inlet = stream === "control" ? this.#control : this.#published;
        const wasFull = inlet.unhandled-- === UNHANDLED_CHUNKS;
        if (wasFull) return this.#read(inlet, stream);
      },
      write: (chunk) => this.#write(chunk),
      close: (code, message) => this.#close(code, message),
      // What a stolen certificate key can do must end with the certificate.
      expired: () =>
        this.#close("bad-certificate", "the peer's certificate has expired: dial again"),
      keepAlive: () => {
        if (this.#publications.waitingMs > STALLED_MS) {
          const seconds = STALLED_MS / 1_000;
          this.#close("too-slow", `the peer has taken no publication for ${seconds} s`);
        }
        this.#quic.ping();
        this.#ctx.after(KEEP_ALIVE_MS, "keepAlive");
      },
      helloOverdue: () => this.#overdue(),
      stats: () => {
        const { rttMs, sentBytes, receivedBytes, lostPackets } = this.#quic.stats();
        const { queuedBytes } = this.#quic;
        return { rttMs, sentBytes, receivedBytes, lostPackets, queuedBytes };
      },
    };
  }

  /** The handshake is done: judges the certificate before a byte of any stream is read. */
  async #verify(): Promise<void> {
    const { expected, self, allow } = this.#start;
    if (this.#peer) return;
    const now = Date.now();
    let peer: NodeId;
    let peerKey: Uint8Array;
    let notAfter: number;
    try {
      const chain = this.#quic.peerCertificates();
      ({ nodeId: peer, nodeKey: peerKey, notAfter } = verifyCertificateChain(chain, { now }));
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error;
      return this.#close("bad-certificate", `the certificate is refused: ${error.message}`);
    }
    if (peer === self.nodeId) {
      return this.#close(
        "self",
        "the peer has this node's own id: it dialled itself, or its keys were copied",
      );
    }
    if (expected !== null && peer !== expected) {
      return this.#close("wrong-id", `dialled ${expected}, but ${peer} answered`);
    }
    if (allow && !allow.includes(peer)) {
      return this.#close("not-allowed", `${peer} is not among the peers that this node allows`);
    }
    this.#peer = peer;
    this.#peerKey = peerKey;
    this.#ctx.after(Math.max(0, notAfter - now), "expired");
    const { dialled } = this.#quic;
    const offer = this.#offer = await this.#endpoint.ask.offer(peer, dialled);
    if (this.#closing) return;
    this.#quic.admit();
    if (dialled) this.#sendHello(offer);
  }

  #sendHello({ offer }: PairOffer): void {
    const { self, maxFrameBytes } = this.#start;
    this.#write(prefixed(encodeHello(self, this.#quic.remote, offer), maxFrameBytes));
  }

  async #readAll(): Promise<void> {
    if (!this.#peer || this.#closing) return;
    for (const streamId of this.#quic.readableStreams()) {
      // The first stream of each kind is the protocol's; there is no use for others yet.
      const inlet = isUni(streamId) ? this.#published : this.#control;
      inlet.streamId ??= streamId;
      if (inlet.streamId !== streamId) {
        this.#quic.stopReading(streamId, REFUSAL_CODES["unknown-frame"]);
      }
    }
    await this.#read(this.#control, "control");
    if (this.#up) await this.#read(this.#published, "publications");
  }

  async #read(inlet: Inlet, stream: "control" | "publications"): Promise<void> {
    if (inlet.streamId === undefined) return;
    if (inlet.early && inlet.sink) {
      const { early } = inlet;
      inlet.early = undefined;
      this.#hand(inlet, stream, early);
    }
    while (inlet.unhandled < UNHANDLED_CHUNKS && (!this.#up || inlet.sink)) {
      const read = this.#closing ? undefined : this.#quic.read(inlet.streamId);
      if (!read) return;
      if (read.fin || read.reset !== undefined) {
        return this.#close("bad-frame", `the peer ended its ${stream} stream`);
      }
      try {
        const chunk = inlet.splitter.push(read.bytes);
        if (chunk.byteLength === 0) continue;
        if (this.#up) this.#hand(inlet, stream, chunk);
        else await this.#greeted(inlet, chunk);
      } catch (error) {
        if (!(error instanceof FrameError)) throw error;
        return this.#close(error.code, error.message);
      }
    }
  }

  #hand(inlet: Inlet, stream: "control" | "publications", chunk: Uint8Array): void {
    inlet.unhandled++;
    const taken = () => this.#self.tell.taken(stream);
    const sink = inlet.sink as Ref<FrameSink>;
    // The publications' sink has a small mailbox and waits; the control stream's has none to speak
    // of, so there a chunk is taken when it is handled.
    const handed = stream === "control"
      ? sink.with({ deadlineMs: MAX_DEADLINE_MS }).ask.frames(chunk)
      : sink.send.frames(chunk);
    handed.then(taken, taken);
  }

  /** The peer's first frame: its hello; the acceptor's is the verdict. */
  async #greeted(inlet: Inlet, chunk: Uint8Array): Promise<void> {
    const peer = this.#peer as NodeId;
    const [first] = framesOf(chunk);
    if ((first as Uint8Array).byteLength > MAX_HELLO_BYTES) {
      throw new FrameError("frame-too-large", `a hello has ${MAX_HELLO_BYTES} bytes at most`);
    }
    const hello = decodeHello(first as Uint8Array);
    const verdict = judgeHello(this.#start.self, peer, hello);
    if ("code" in verdict) return this.#close(verdict.code, verdict.message);
    const rest = chunk.subarray(FRAME_PREFIX_BYTES + (first as Uint8Array).byteLength);
    if (rest.byteLength > 0) inlet.early = rest;
    const { connectionId, self } = this.#start;
    const { dialled, remote } = this.#quic;
    const { incarnation } = hello;
    const offer = this.#offer as PairOffer;
    let secrets: PairSecrets;
    try {
      const roles = { self: self.nodeId, peer, dialled };
      secrets = agreePair(roles, offer, this.#peerKey, hello.offer);
    } catch (error) {
      if (!(error instanceof PairError)) throw error;
      return this.#close("bad-certificate", error.message);
    }
    const mine = await this.#endpoint.ask.claim({ connectionId, peer, incarnation, dialled });
    if (this.#closing) return;
    if (!mine) return this.#close("duplicate", "another connection between the two nodes stays");
    if (!dialled) this.#sendHello(offer);
    this.#up = true;
    streamHandles.put(connectionId, this.#publications);
    const writer = await this.#ctx.spawn(writerActor, {
      args: [connectionId],
      placement: "here",
      restart: "temporary",
      label: "writer",
      mailbox: { bound: UNHANDLED_CHUNKS, overflow: "wait" },
    });
    const news: PeerConnection = {
      ...{ peer, incarnation, dialled, writer, secrets },
      remote: { host: remote.host, port: remote.port },
      observed: { host: hello.observedHost, port: hello.observedPort },
      connection: this.#self,
    };
    this.#endpoint.tell.up(connectionId, news);
  }

  #write(chunk: Uint8Array): void {
    const { streamId } = this.#control;
    if (streamId === undefined || this.#closing) return;
    this.#quic.write(streamId, chunk);
    if (this.#quic.queuedBytes > CONTROL_QUEUE_BYTES) {
      this.#close("too-slow", `the peer leaves ${this.#quic.queuedBytes} bytes unread`);
    }
  }

  #overdue(): void {
    if (this.#up || this.#closing) return;
    if (this.#quic.established) {
      return this.#close("unverified", `no hello within ${HELLO_DEADLINE_MS} ms`);
    }
    const { host, port } = this.#quic.remote;
    const message = `no answer within ${HELLO_DEADLINE_MS} ms`;
    this.#closing = { by: "network", code: "unreachable", message, remote: { host, port } };
    this.#quic.close(REFUSAL_CODES.unverified, message);
  }

  /** Says goodbye, once what was written before has been handed to QUIC. */
  async #leave(): Promise<void> {
    for (let turn = 0; turn < GOODBYE_TURNS && this.#quic.queuedBytes > 0; turn++) {
      await new Promise<void>((next) => setImmediate(next));
    }
    this.#close("goodbye", "the node is stopping");
  }

  #close(code: RefusalCode, message: string): void {
    if (this.#closing) return;
    const { host, port } = this.#quic.remote;
    this.#closing = { by: "here", code, message, remote: { host, port } };
    this.#quic.close(REFUSAL_CODES[code], message);
  }

  /** The QUIC connection has ended: tells whoever needs to know, and ends too. */
  #closed(): void {
    const reason = this.#quic.closeReason as CloseReason;
    const { host, port } = this.#quic.remote;
    const refusal = this.#closing ?? refusalFor(reason, { host, port });
    this.#publications.close();
    streamHandles.drop(this.#start.connectionId);
    const code = refusal.code === "unreachable" ? "lost" : refusal.code;
    this.#control.sink?.tell.disconnected(code, refusal.message);
    this.#published.sink?.tell.disconnected(code, refusal.message);
    this.#endpoint.tell.failed(this.#start.connectionId, refusal, this.#up);
    this.#ctx.stop();
  }
}

function inlet(maxFrameBytes: number): Inlet {
  const splitter = new FrameSplitter(maxFrameBytes);
  return { streamId: undefined, splitter, sink: undefined, early: undefined, unhandled: 0 };
}

/** Whether a stream has one direction only (RFC 9000 §2.1). */
function isUni(streamId: number): boolean {
  return (streamId & 2) !== 0;
}

function refusalFor(
  reason: CloseReason,
  remote: { readonly host: string; readonly port: number },
): ConnectionRefusal {
  const code = reason.app ? refusalOf(reason.code) : undefined;
  if (reason.by === "peer" && code) return { by: "peer", code, message: reason.reason, remote };
  if (reason.by === "idle") {
    return { by: "network", code: "unreachable", message: reason.reason, remote };
  }
  const by = reason.by === "peer" ? "peer" : "here";
  return { by, code: "failed", message: reason.reason, remote };
}
