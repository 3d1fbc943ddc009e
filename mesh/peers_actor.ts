import { isIP } from "node:net";
import {
  type ActorContext,
  type ActorDefinition,
  type DeferredReply,
  defineActor,
  type Ref,
} from "../actors/mod.ts";
import {
  type ConnectionRefusal,
  type DialFailure,
  type Endpoint,
  isLoopback,
  type PeerConnection,
} from "../transport/mod.ts";
import { Allowance } from "./allowance.ts";
import {
  CHUNK_BOUND,
  MAX_INTRODUCTIONS,
  MAX_INTRODUCTIONS_A_MINUTE,
  MAX_PENDING_INTRODUCTIONS,
  STAGE_BOUND,
} from "./constants.ts";
import inletActor from "./inlet_actor.ts";
import type {
  EventListener,
  Inlet,
  Introduction,
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
  readonly nodeId: string;
  readonly maxFrameBytes: number;
  /** The only peers that are dialled when they are introduced; `null` for all. */
  readonly allow: readonly string[] | null;
  /** Whether peers beyond loopback are dialled when they are introduced. */
  readonly open: boolean;
};

/**
 * Knows the connected peers: starts a session, an inlet and an outlet for each, and tells the node
 * what comes and goes.
 */
const peers: ActorDefinition<
  [PeersStart, Ref<Endpoint>, Ref<MeshBus>, Ref<EventListener>],
  Peers
> = defineActor(
  import.meta,
  (
    ctx,
    start: PeersStart,
    endpoint: Ref<Endpoint>,
    bus: Ref<MeshBus>,
    listener: Ref<EventListener>,
  ) => new PeersState(ctx, start, endpoint, bus, listener).handlers(),
);
export default peers;

interface Peer {
  readonly number: number;
  readonly connection: PeerConnection;
  readonly link: PeerLink;
  readonly inlet: Ref<Inlet>;
  synced: boolean;
  /** Peers that it has introduced. */
  introductions: number;
}

class PeersState {
  readonly #ctx: ActorContext;
  readonly #start: PeersStart;
  readonly #endpoint: Ref<Endpoint>;
  readonly #bus: Ref<MeshBus>;
  readonly #listener: Ref<EventListener>;
  readonly #peers = new Map<number, Peer>();
  readonly #refused: Record<string, number> = {};
  /** Introduced peers that are on their way: dialled, and not synced yet. */
  readonly #dialling = new Set<string>();
  readonly #introductions = new Allowance(MAX_INTRODUCTIONS_A_MINUTE, 60_000);
  #settling: DeferredReply[] = [];
  #nextNumber = 1;
  #sent = 0;
  #unknown = 0;

  constructor(
    ctx: ActorContext,
    start: PeersStart,
    endpoint: Ref<Endpoint>,
    bus: Ref<MeshBus>,
    listener: Ref<EventListener>,
  ) {
    this.#ctx = ctx;
    this.#start = start;
    this.#endpoint = endpoint;
    this.#bus = bus;
    this.#listener = listener;
  }

  handlers(): Peers {
    return {
      connected: (connection) => this.#connected(connection),
      refused: (refusal) => this.#wasRefused(refusal),
      dialFailed: (failure) => this.#dialFailed(failure),
      synced: (_peer, number) => this.#synced(number),
      ended: (_peer, number, code, message) => this.#ended(number, code, message),
      introduced: (number, introduction) => this.#introduced(number, introduction),
      handOver: () => this.#handOver(),
      settled: () => this.#whenSettled(),
      list: () => [...this.#peers.values()].map(infoOf),
      counts: () => this.#counts(),
      flush: () => this.#flush(),
    };
  }

  async #connected(connection: PeerConnection): Promise<void> {
    const { peer, incarnation, writer } = connection;
    const number = this.#nextNumber++;
    const own = { placement: "here", restart: "temporary" } as const;
    const waiting = { overflow: "wait" } as const;
    const outlet = await this.#ctx.spawn(outletActor, {
      ...{ ...own, args: [writer], mailbox: { bound: STAGE_BOUND, ...waiting } },
    });
    const { maxFrameBytes } = this.#start;
    const start = { peer, connectionNumber: number, maxFrameBytes };
    const session = await this.#ctx.spawn(sessionActor, {
      ...own,
      args: [start, connection.connection, outlet, this.#bus, this.#ctx.self as Ref<Peers>],
    });
    outlet.tell.attach(session);
    const inlet = await this.#ctx.spawn(inletActor, {
      ...{ ...own, args: [{ peer, incarnation }, session, this.#bus] },
      mailbox: { bound: CHUNK_BOUND, ...waiting },
    });
    const link = { peer, session, outlet };
    this.#peers.set(number, {
      number,
      connection,
      link,
      inlet,
      synced: false,
      introductions: 0,
    });
    const others = [...this.#peers.values()]
      .filter((other) => other.link.peer !== peer)
      .map(({ link, connection: { remote } }) => ({ peer: link.peer, ...remote }));
    session.tell.begin(await this.#bus.ask.peerJoined(link), others);
    // The connection says itself why it ends; this is for one that could not.
    this.#ctx.monitor(connection.connection, ({ reason }) => {
      (this.#ctx.self as Ref<Peers>).tell.ended(peer, number, "failed", reason.message);
    });
    // Who fails among these cannot say what it has missed: the connection ends with it.
    for (const part of [session, inlet, outlet]) {
      this.#ctx.monitor(part, ({ reason }) => {
        if (reason.kind !== "error") return;
        connection.connection.tell.close("failed", `a part of it failed: ${reason.message}`);
      });
    }
    connection.connection.tell.attach(session, inlet);
    const { host, port } = connection.remote;
    const { dialled } = connection;
    this.#tell({ event: "peer-up", peer, remote: remoteText(host, port), dialled });
  }

  #synced(number: number): void {
    const peer = this.#peers.get(number);
    if (!peer) return;
    peer.synced = true;
    this.#dialling.delete(peer.link.peer);
    this.#tell({ event: "peer-synced", peer: peer.link.peer });
    this.#maybeSettled();
  }

  /**
   * Dials a peer that another one tells of, once: so nodes that meet at a third one find each other.
   * The id that was told must be the one that answers.
   */
  #introduced(number: number, { peer, host, port }: Introduction): void {
    const introducer = this.#peers.get(number);
    if (!introducer || ++introducer.introductions > MAX_INTRODUCTIONS) return;
    // Whoever could make this node dial anywhere could make it knock at strangers' doors.
    if (!this.#mayDial(introducer.connection.remote.host, host, port)) return;
    if (this.#start.allow && !this.#start.allow.includes(peer)) return;
    const known = [...this.#peers.values()].some(({ link }) => link.peer === peer);
    if (known || peer === this.#start.nodeId || this.#dialling.has(peer)) return;
    if (this.#dialling.size >= MAX_PENDING_INTRODUCTIONS || !this.#introductions.allow(now())) {
      return;
    }
    this.#dialling.add(peer);
    this.#endpoint.ask.dial(peer, host, port).catch(() => {
      // It was told of as refused, or did not answer: it is not tried again.
      this.#dialling.delete(peer);
      this.#maybeSettled();
    });
  }

  #mayDial(introducedBy: string, host: string, port: number): boolean {
    if (!isIP(host) || port < 1 || port > 65_535 || isNoPlace(host)) return false;
    if (isLoopback(host)) return isLoopback(introducedBy);
    return this.#start.open;
  }

  #whenSettled(): Promise<void> {
    this.#settling.push(this.#ctx.deferReply());
    this.#maybeSettled();
    return Promise.resolve();
  }

  #maybeSettled(): void {
    // Only those that this node dialled: a stranger that says nothing must not hold it up.
    const silent = [...this.#peers.values()].some((p) => p.connection.dialled && !p.synced);
    if (silent || this.#dialling.size > 0) return;
    for (const reply of this.#settling.splice(0)) reply.ok();
  }

  async #ended(number: number, code: string, message: string): Promise<void> {
    const ended = this.#peers.get(number);
    if (!ended) return;
    this.#peers.delete(number);
    const { peer, session, outlet } = ended.link;
    this.#dialling.delete(peer);
    this.#bus.tell.peerLeft(ended.link);
    const { sent, acknowledged } = await session.ask.counts().catch(() => NO_COUNTS);
    // A peer that says that it has more than it was sent must not make the count negative.
    const unknown = Math.max(0, sent - acknowledged);
    this.#sent += sent;
    this.#unknown += unknown;
    // Not waited for: the inlet may wait for a slow subscriber.
    for (const child of [ended.inlet, session, outlet]) void this.#ctx.stopChild(child);
    this.#tell({ event: "peer-down", peer, code, message, unknown });
    this.#maybeSettled();
  }

  #wasRefused({ by, code, message, remote }: ConnectionRefusal): void {
    this.#refused[code] = (this.#refused[code] ?? 0) + 1;
    const from = remoteText(remote.host, remote.port);
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
    return { sent, unknown: this.#unknown, refused: { ...this.#refused } };
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
  return { peer, remote: remoteText(remote.host, remote.port), dialled, synced, incarnation };
}

function remoteText(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What is known of a session that cannot say. */
const NO_COUNTS = { sent: 0, acknowledged: 0 };

const now = () => performance.now();

/** Unspecified, multicast and broadcast addresses: no node is there. */
function isNoPlace(host: string): boolean {
  if (host.includes(":")) {
    const plain = host.toLowerCase();
    return plain === "::" || plain.startsWith("ff") || plain.startsWith("::ffff:");
  }
  const first = Number(host.split(".", 1)[0]);
  return first === 0 || first >= 224;
}
