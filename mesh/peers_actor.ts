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
import { CHUNK_BOUND, MAX_INTRODUCTIONS, STAGE_BOUND } from "./constants.ts";
import inletActor from "./inlet_actor.ts";
import type {
  EventListener,
  Inlet,
  Introduction,
  MeshBus,
  NodeEvent,
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
      connected: (connection) => this.#connected(connection) as unknown as void,
      refused: (refusal) => this.#wasRefused(refusal),
      dialFailed: (failure) => this.#dialFailed(failure),
      synced: (_peer, number) => this.#synced(number),
      ended: (_peer, number, code, message) => this.#ended(number, code, message),
      introduced: (number, introduction) => this.#introduced(number, introduction),
      handOver: () => this.#handOver(),
      settled: () => this.#whenSettled(),
      list: () => [...this.#peers.values()].map(infoOf),
      counts: () => this.#counts() as never,
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
    this.#ctx.monitor(connection.connection, ({ reason }) => {
      // The connection says itself why it ends; this is for one that could not.
      void this.#ended(number, "failed", reason.message);
    });
    this.#ctx.monitor(session, ({ reason }) => {
      // A session that fails cannot say what it has missed: its connection ends with it.
      if (reason.kind === "error") {
        connection.connection.tell.close("failed", `session failed: ${reason.message}`);
      }
    });
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
    if (!isIP(host) || port < 1 || port > 65_535) return;
    // Whoever could make this node dial anywhere could make it knock at strangers' doors.
    if (!this.#start.open && !isLoopback(host)) return;
    if (this.#start.allow && !this.#start.allow.includes(peer)) return;
    const known = [...this.#peers.values()].some(({ link }) => link.peer === peer);
    if (known || peer === this.#start.nodeId || this.#dialling.has(peer)) return;
    this.#dialling.add(peer);
    this.#endpoint.ask.dial(peer, host, port).catch(() => {
      // It was told of as refused, or did not answer: it is not tried again.
      this.#dialling.delete(peer);
      this.#maybeSettled();
    });
  }

  #whenSettled(): Promise<void> {
    this.#settling.push(this.#ctx.deferReply());
    this.#maybeSettled();
    return Promise.resolve();
  }

  #maybeSettled(): void {
    const waiting = this.#dialling.size > 0 || [...this.#peers.values()].some((p) => !p.synced);
    if (waiting) return;
    for (const reply of this.#settling.splice(0)) reply.ok();
  }

  async #ended(number: number, code: string, message: string): Promise<void> {
    const ended = this.#peers.get(number);
    if (!ended) return;
    this.#peers.delete(number);
    const { peer, session, outlet } = ended.link;
    this.#dialling.delete(peer);
    await this.#bus.ask.peerLeft(ended.link);
    const sent = await outlet.ask.sent();
    // A peer that says that it has more than it was sent must not make the count negative.
    const unknown = Math.max(0, sent - await session.ask.acknowledgements());
    this.#sent += sent;
    this.#unknown += unknown;
    for (const child of [ended.inlet, session, outlet]) await this.#ctx.stopChild(child);
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

  async #counts(): Promise<unknown> {
    let sent = this.#sent;
    for (const { link } of this.#peers.values()) sent += await link.outlet.ask.sent();
    return { sent, unknown: this.#unknown, refused: { ...this.#refused } };
  }

  #flush(): Promise<void> {
    const reply = this.#ctx.deferReply();
    const options = { deadlineMs: Math.max(1, this.#ctx.message?.remainingMs ?? 1) };
    Promise.all(
      [...this.#peers.values()].map(async ({ link: { outlet, session } }) => {
        const sent = await outlet.with(options).ask.sent();
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
      await link.session.with(options).ask.acknowledgements();
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
