import {
  type ActorContext,
  type ActorDefinition,
  type DeferredReply,
  defineActor,
  type Ref,
} from "../actors/mod.ts";
import { shortNodeId } from "../security/mod.ts";
import {
  type ConnectionRefusal,
  type DialFailure,
  formatHostPort,
  type PeerConnection,
} from "../transport/mod.ts";
import { CHUNK_BOUND, STAGE_BOUND } from "./constants.ts";
import { NotConnectedError } from "./errors.ts";
import inletActor from "./inlet_actor.ts";
import type { Dht } from "../dht/mod.ts";
import type {
  Discovery,
  EventListener,
  Inlet,
  MeshBus,
  NodeEvent,
  PeerCounts,
  PeerInfo,
  PeerLink,
  Peers,
} from "./mesh_protocol.ts";
import outletActor from "./outlet_actor.ts";
import sessionActor from "./session_actor.ts";

/** What the actor of peers is started with. */
export type PeersStart = {
  readonly network: string;
  readonly maxFrameBytes: number;
  readonly application: string | null;
};

/** The actors that the actor of peers works with. */
type Around = readonly [
  bus: Ref<MeshBus>,
  dht: Ref<Dht>,
  discovery: Ref<Discovery>,
  listener: Ref<EventListener>,
];

/**
 * Knows the connected peers: starts a session, an inlet and an outlet for each, and tells the node
 * and its DHT what comes and goes.
 */
const peers: ActorDefinition<[PeersStart, ...Around], Peers> = defineActor(
  import.meta,
  (ctx, start: PeersStart, ...around: Around) => new PeersState(ctx, start, around).handlers(),
);
export default peers;

interface Peer {
  readonly number: number;
  readonly connection: PeerConnection;
  readonly link: PeerLink;
  readonly inlet: Ref<Inlet>;
  synced: boolean;
}

/** Whoever waits for a peer. */
interface Waiting {
  readonly reply: DeferredReply;
  /** Aborted when it waits no longer. */
  readonly signal: AbortSignal | undefined;
}

class PeersState {
  readonly #ctx: ActorContext;
  readonly #start: PeersStart;
  readonly #bus: Ref<MeshBus>;
  readonly #dht: Ref<Dht>;
  readonly #discovery: Ref<Discovery>;
  readonly #listener: Ref<EventListener>;
  readonly #peers = new Map<number, Peer>();
  readonly #refused: Record<string, number> = {};
  readonly #refusedFrames: Record<string, number> = {};
  /** Whoever waits until a peer has said what it has. */
  readonly #syncing = new Map<string, Waiting[]>();
  /** Kinds of news that were told of a peer's present connection. */
  readonly #told = new Map<string, Set<string>>();
  #nextNumber = 1;
  #sent = 0;
  #unknown = 0;

  constructor(ctx: ActorContext, start: PeersStart, around: Around) {
    this.#ctx = ctx;
    this.#start = start;
    [this.#bus, this.#dht, this.#discovery, this.#listener] = around;
  }

  handlers(): Peers {
    return {
      connected: (connection) => this.#connected(connection),
      refused: (refusal) => this.#wasRefused(refusal),
      dialFailed: (failure) => this.#dialFailed(failure),
      synced: (_peer, number) => this.#synced(number),
      ended: (_peer, number, code, message) => this.#ended(number, code, message),
      whenSynced: (peer) => this.#whenSynced(peer),
      frameRefused: (peer, by, code, message) => this.#frameRefused(peer, by, code, message),
      policyDiffers: (peer, realm, here, there) => {
        if (!this.#isNews(peer, `policy ${realm} ${there}`)) return;
        this.#tell({ event: "policy-differs", peer, realm, here, there });
      },
      handOver: () => this.#handOver(),
      list: () => [...this.#peers.values()].map(infoOf),
      counts: () => this.#counts(),
      flush: () => this.#flush(),
    };
  }

  async #connected(connection: PeerConnection): Promise<void> {
    const { peer, incarnation, writer, secrets } = connection;
    const { network, maxFrameBytes, application } = this.#start;
    const number = this.#nextNumber++;
    const own = { placement: "here", restart: "temporary" } as const;
    const label = (part: string) => ({ label: `${part} ${shortNodeId(peer)}` });
    const waiting = { overflow: "wait" } as const;
    const outlet = await this.#ctx.spawn(outletActor, {
      ...{ ...own, ...label("outlet"), args: [{ secrets, maxFrameBytes }, writer] },
      mailbox: { bound: STAGE_BOUND, ...waiting },
    });
    const start = { peer, connectionNumber: number, network, maxFrameBytes, secrets, application };
    const self = this.#ctx.self as Ref<Peers>;
    const session = await this.#ctx.spawn(sessionActor, {
      ...{ ...own, ...label("session") },
      args: [start, connection.connection, outlet, this.#bus, self, this.#dht],
    });
    outlet.tell.attach(session);
    const inlet = await this.#ctx.spawn(inletActor, {
      ...{ ...own, ...label("inlet") },
      args: [{ peer, incarnation, secrets, application }, session, this.#bus],
      mailbox: { bound: CHUNK_BOUND, ...waiting },
    });
    const link = { peer, session, outlet };
    this.#peers.set(number, { number, connection, link, inlet, synced: false });
    try {
      session.tell.begin(await this.#bus.ask.peerJoined(link));
    } catch (error) {
      // The realms are too busy to say what they have: the peer may dial again.
      const text = `this node cannot say what it has: ${(error as Error).message}`;
      connection.connection.tell.close("failed", text);
    }
    // The connection says itself why it ends; this is for one that could not.
    this.#ctx.monitor(connection.connection, ({ reason }) => {
      self.tell.ended(peer, number, "failed", reason.message);
    });
    // Who fails among these cannot say what it has missed: the connection ends with it.
    for (const part of [session, inlet, outlet]) {
      this.#ctx.monitor(part, ({ reason }) => {
        if (reason.kind !== "error") return;
        connection.connection.tell.close("failed", `a part of it failed: ${reason.message}`);
      });
    }
    const { dialled, remote, observed } = connection;
    this.#dht.tell.peerUp({
      ...{ peer, connectionNumber: number, link: session, dialled, remote, observed },
    });
    connection.connection.tell.attach(session, inlet);
    const { host, port } = remote;
    this.#tell({ event: "peer-up", peer, remote: formatHostPort({ host, port }), dialled });
  }

  #synced(number: number): void {
    const peer = this.#peers.get(number);
    if (!peer) return;
    peer.synced = true;
    const { peer: id } = peer.link;
    this.#tell({ event: "peer-synced", peer: id });
    for (const { reply } of this.#syncing.get(id) ?? []) reply.ok();
    this.#syncing.delete(id);
    this.#discovery.tell.grown();
  }

  #whenSynced(id: string): Promise<void> {
    const connected = [...this.#peers.values()].filter(({ link }) => link.peer === id);
    if (connected.some(({ synced }) => synced)) return Promise.resolve();
    if (connected.length === 0) {
      this.#ctx.refuse(new NotConnectedError(`there is no connection to node ${id}`, { peer: id }));
      return Promise.resolve();
    }
    // Those who have given up are dropped: a silent peer may stay for long.
    const waiting = (this.#syncing.get(id) ?? []).filter(({ signal }) => !signal?.aborted);
    const signal = this.#ctx.message?.signal;
    this.#syncing.set(id, [...waiting, { reply: this.#ctx.deferReply(), signal }]);
    return Promise.resolve();
  }

  #frameRefused(peer: string, by: "here" | "peer", code: string, message: string): void {
    if (by === "here") this.#refusedFrames[code] = (this.#refusedFrames[code] ?? 0) + 1;
    if (!this.#isNews(peer, `${by} ${code}`)) return;
    this.#tell({ event: "frame-refused", by, peer, code, message });
  }

  /** Whether something is told of a peer's connection for the first time: peers may repeat it. */
  #isNews(peer: string, what: string): boolean {
    if (![...this.#peers.values()].some(({ link }) => link.peer === peer)) return false;
    let told = this.#told.get(peer);
    if (!told) this.#told.set(peer, told = new Set());
    if (told.has(what) || told.size >= MAX_NEWS) return false;
    told.add(what);
    return true;
  }

  async #ended(number: number, code: string, message: string): Promise<void> {
    const ended = this.#peers.get(number);
    if (!ended) return;
    this.#peers.delete(number);
    const { peer, session, outlet } = ended.link;
    if (![...this.#peers.values()].some(({ link }) => link.peer === peer)) {
      this.#told.delete(peer);
      const gone = new NotConnectedError(`the connection to node ${peer} is lost`, { peer });
      for (const { reply } of this.#syncing.get(peer) ?? []) reply.fail(gone);
      this.#syncing.delete(peer);
    }
    this.#bus.tell.peerLeft(ended.link);
    this.#dht.tell.peerDown(peer, number, code === "goodbye");
    this.#discovery.tell.lost();
    const { sent, acknowledged } = await session.ask.counts().catch(() => NO_COUNTS);
    // A peer that says that it has more than it was sent must not make the count negative.
    const unknown = Math.max(0, sent - acknowledged);
    this.#sent += sent;
    this.#unknown += unknown;
    // Not waited for: the inlet may wait for a slow subscriber.
    for (const child of [ended.inlet, session, outlet]) void this.#ctx.stopChild(child);
    this.#tell({ event: "peer-down", peer, code, message, unknown });
  }

  #wasRefused({ by, code, message, remote }: ConnectionRefusal): void {
    this.#refused[code] = (this.#refused[code] ?? 0) + 1;
    const from = formatHostPort(remote);
    this.#tell({ event: "refused", by, code, message, remote: from });
  }

  #dialFailed(failure: DialFailure): void {
    this.#tell({ event: "dial-failed", ...failure });
  }

  async #counts(): Promise<PeerCounts> {
    let sent = this.#sent;
    for (const { link } of this.#peers.values()) {
      sent += (await link.session.ask.counts().catch(() => NO_COUNTS)).sent;
    }
    const refused = { ...this.#refused };
    return { sent, unknown: this.#unknown, refused, refusedFrames: { ...this.#refusedFrames } };
  }

  #flush(): Promise<void> {
    const reply = this.#ctx.deferReply();
    const options = { deadlineMs: Math.max(1, this.#ctx.message?.remainingMs ?? 1) };
    Promise.all(
      [...this.#peers.values()].map(async ({ link: { outlet, session } }) => {
        const sent = await outlet.with(options).ask.flushed();
        await session.with(options).ask.acknowledged(sent);
      }),
    ).then(() => reply.ok(), reply.fail);
    return Promise.resolve();
  }

  /** What peers have sent so far is handed on, and they have been told so. */
  async #handOver(): Promise<void> {
    const options = { deadlineMs: Math.max(1, this.#ctx.message?.remainingMs ?? 1) };
    const reply = this.#ctx.deferReply();
    await Promise.allSettled([...this.#peers.values()].map(async ({ link, connection, inlet }) => {
      await inlet.with(options).ask.handedOn();
      await link.session.with(options).ask.counts();
      await connection.connection.with(options).ask.stats();
    }));
    reply.ok();
  }

  #tell(event: NodeEvent): void {
    this.#listener.tell.event(event);
  }
}

function infoOf({ connection, synced }: Peer): PeerInfo {
  const { peer, remote, dialled, incarnation } = connection;
  return { peer, remote: formatHostPort(remote), dialled, synced, incarnation };
}

/** What is known of a session that cannot say. */
const NO_COUNTS = { sent: 0, acknowledged: 0 };

/** Different news that are told of one connection. */
const MAX_NEWS = 64;
