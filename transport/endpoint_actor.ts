import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import {
  type ActorContext,
  type ActorDefinition,
  ActorError,
  type DeferredReply,
  defineActor,
  type Ref,
} from "../actors/mod.ts";
import {
  CERTIFICATE_MAX_LIFETIME_MS,
  type Identity,
  issueCertificate,
  type NodeId,
  offerPair,
  openIdentity,
  parseNodeId,
  systemRandom,
} from "../security/mod.ts";
import { isLoopback } from "./address.ts";
import { arbitrate } from "./arbitration.ts";
import connectionActor from "./connection_actor.ts";
import { openDatagramSocket } from "./open_datagram_socket.ts";
import { probe } from "./probe.ts";
import { quicHandles } from "./handles.ts";
import { type HelloIdentity, PROTOCOL_VERSIONS } from "./hello.ts";
import type { QuicConnection } from "./quic_connection.ts";
import { QuicEndpoint } from "./quic_endpoint.ts";
import { REFUSAL_CODES } from "./refusal.ts";
import type {
  Claim,
  ConnectionListener,
  ConnectionRefusal,
  Endpoint,
  EndpointConfig,
  PeerConnection,
} from "./transport_protocol.ts";
import { HELLO_DEADLINE_MS } from "./wire_constants.ts";

/**
 * The endpoint of a node: owns the UDP socket, starts an actor for every connection, and sees to it
 * that there is one connection per peer, whoever dialled.
 */
const endpoint: ActorDefinition<[EndpointConfig], Endpoint> = defineActor(
  import.meta,
  async (ctx, config: EndpointConfig) => {
    const state = new EndpointState(ctx, config, await openIdentity(config.identity));
    return state.handlers();
  },
);
export default endpoint;

/** The connection to a peer that stays, or is on its way. */
interface Peer {
  readonly connectionId: number;
  readonly dialled: boolean;
  incarnation: number | undefined;
  up: PeerConnection | undefined;
}

class EndpointState {
  readonly #ctx: ActorContext;
  readonly #config: EndpointConfig;
  readonly #identity: Identity;
  readonly #self: Ref<Endpoint>;
  readonly #hello: HelloIdentity;
  readonly #quic: QuicEndpoint;
  /** Every QUIC connection that has not ended, to close those whose actor fails. */
  readonly #open = new Map<number, QuicConnection>();
  readonly #peers = new Map<NodeId, Peer>();
  readonly #waiting = new Map<NodeId, DeferredReply[]>();
  readonly #refused: Record<string, number> = {};
  #listener: Ref<ConnectionListener> | undefined;

  constructor(ctx: ActorContext, config: EndpointConfig, identity: Identity) {
    this.#ctx = ctx;
    this.#config = config;
    this.#identity = identity;
    this.#self = ctx.self as Ref<Endpoint>;
    this.#hello = {
      nodeId: identity.nodeId,
      network: config.network,
      versions: PROTOCOL_VERSIONS,
      incarnation: config.incarnation,
    };
    this.#quic = QuicEndpoint.open({
      socket: openDatagramSocket(config.listen),
      credentials: this.#issue(),
      random: systemRandom,
      accept: (connection) => {
        quicHandles.put(connection.id, connection);
        this.#open.set(connection.id, connection);
        this.#self.tell.accepted(connection.id);
      },
    });
    ctx.onStop(() => this.#quic.close());
    ctx.onEnd(() => void this.#quic.close());
    ctx.after(CERTIFICATE_MAX_LIFETIME_MS / 2, "renewCertificate");
  }

  handlers(): Endpoint {
    return {
      info: () => ({ nodeId: this.#identity.nodeId, listen: { ...this.#quic.address } }),
      counters: () => {
        const { datagramsIn, datagramsOut, dropped } = this.#quic.counters;
        const { connections } = this.#quic;
        return {
          ...{ datagramsIn, datagramsOut, connections },
          dropped: { ...dropped },
          refused: { ...this.#refused },
        };
      },
      watch: (listener) => {
        this.#listener = listener;
        for (const { up } of this.#peers.values()) if (up) listener.tell.connected(up);
      },
      dial: (peer, host, port) => this.#dial(parseNodeId(peer), host, port),
      accepted: (id) => this.#start(id, null),
      probe: (peer, host, port) => this.#probe(parseNodeId(peer), host, port),
      claim: (claim) => this.#claim(claim),
      offer: (peer, dialled) =>
        offerPair(this.#identity, { self: this.#identity.nodeId, peer, dialled }),
      up: (id, peer) => this.#up(id, peer),
      failed: (id, refusal, wasUp) => this.#failed(id, refusal, wasUp),
      renewCertificate: () => {
        this.#quic.replaceCredentials(this.#issue());
        this.#ctx.after(CERTIFICATE_MAX_LIFETIME_MS / 2, "renewCertificate");
      },
      waitedEnough: (peer) => this.#giveUp(peer as NodeId),
    };
  }

  #issue(): { certificatePem: string; privateKeyPem: string } {
    return issueCertificate(this.#identity, { now: Date.now() });
  }

  #dial(peer: NodeId, host: string, port: number): PeerConnection {
    const reply = this.#ctx.deferReply();
    const known = this.#peers.get(peer);
    if (known?.up) {
      reply.ok(known.up);
    } else if (peer === this.#identity.nodeId) {
      reply.fail(new ActorError("self", `${peer} is this node itself`));
    } else {
      const waiting = this.#waiting.get(peer);
      if (waiting) waiting.push(reply);
      else this.#waiting.set(peer, [reply]);
      if (!known) {
        resolve(host).then(
          (address) => this.#connect(peer, address, port),
          (error) => this.#settle(peer, error),
        );
      }
    }
    // The reply is deferred: what is returned here goes nowhere.
    return undefined as unknown as PeerConnection;
  }

  #connect(peer: NodeId, host: string, port: number): void {
    if (this.#peers.has(peer)) return;
    if (isLoopback(this.#quic.address.host) && !isLoopback(host)) {
      const text = `this node listens on ${this.#quic.address.host} and cannot reach ${host}: ` +
        `listen on an address of the network, or on 0.0.0.0`;
      return this.#settle(peer, new ActorError("unreachable", text));
    }
    try {
      const connection = this.#quic.dial({ host, port });
      quicHandles.put(connection.id, connection);
      this.#open.set(connection.id, connection);
      this.#peers.set(peer, {
        ...{ connectionId: connection.id, dialled: true },
        ...{ incarnation: undefined, up: undefined },
      });
      void this.#start(connection.id, peer);
    } catch (error) {
      this.#settle(peer, error as Error);
    }
  }

  #probe(peer: NodeId, host: string, port: number): void {
    const reply = this.#ctx.deferReply();
    if (peer === this.#identity.nodeId) {
      return reply.fail(new ActorError("self", `${peer} is this node itself`));
    }
    probe(peer, { host, port }, this.#issue()).then(reply.ok, reply.fail);
  }

  /** Starts the actor of a connection; its end, however it comes, closes the connection. */
  async #start(connectionId: number, expected: NodeId | null): Promise<void> {
    const { allow, maxFrameBytes } = this.#config;
    try {
      const actor = await this.#ctx.spawn(connectionActor, {
        args: [{ connectionId, expected, self: this.#hello, allow, maxFrameBytes }, this.#self],
        placement: "here",
        restart: "temporary",
        label: "connection",
      });
      this.#ctx.monitor(actor, ({ reason }) => this.#gone(connectionId, reason.message));
    } catch (error) {
      this.#gone(connectionId, (error as Error).message);
    }
  }

  /** Whether a verified connection may be the one to its peer; the other of two is closed. */
  #claim({ connectionId, peer, incarnation, dialled }: Claim): boolean {
    const present = this.#peers.get(peer);
    const mine = { connectionId, dialled, incarnation, up: undefined };
    if (present && present.connectionId !== connectionId && !this.#isUnproven(present)) {
      const choice = arbitrate(this.#identity.nodeId, peer, present, mine);
      if (choice === "keep") return false;
      this.#closeQuic(present.connectionId, "duplicate", "a newer connection replaces this one");
    }
    if (present && present.connectionId !== connectionId && this.#isUnproven(present)) {
      this.#closeQuic(present.connectionId, "duplicate", "the peer has dialled this node itself");
    }
    this.#peers.set(peer, mine);
    return true;
  }

  /**
   * Whether a dial has not got through to anybody yet: then it gives way to a peer that has proved
   * its id, or whoever makes this node dial a wrong address would lock that peer out. No hello has
   * left on it, so the other end cannot have chosen it.
   */
  #isUnproven({ dialled, up, connectionId }: Peer): boolean {
    return dialled && !up && this.#open.get(connectionId)?.established === false;
  }

  #up(connectionId: number, up: PeerConnection): void {
    const peer = this.#peers.get(up.peer);
    if (peer?.connectionId !== connectionId) return;
    peer.up = up;
    this.#settle(up.peer, up);
    this.#listener?.tell.connected(up);
  }

  #failed(connectionId: number, refusal: ConnectionRefusal, wasUp: boolean): void {
    if (refusal.by === "here" && refusal.code !== "goodbye") {
      this.#refused[refusal.code] = (this.#refused[refusal.code] ?? 0) + 1;
    }
    if (!wasUp && !isKnock(refusal)) this.#listener?.tell.refused(refusal);
    const entry = [...this.#peers].find(([, peer]) => peer.connectionId === connectionId);
    if (entry && !wasUp) {
      const [peer] = entry;
      if (refusal.code === "duplicate") {
        // The peer keeps the connection that it dialled itself: that one is on its way here.
        this.#peers.delete(peer);
        this.#ctx.after(HELLO_DEADLINE_MS, "waitedEnough", peer);
      } else {
        const { code, message, by } = refusal;
        this.#settle(peer, new ActorError(code, message, { by }));
      }
    }
    this.#gone(connectionId, refusal.message);
  }

  /** A connection has ended. */
  #gone(connectionId: number, message: string): void {
    this.#closeQuic(connectionId, "failed", message);
    for (const [peer, { connectionId: id }] of this.#peers) {
      if (id !== connectionId) continue;
      this.#peers.delete(peer);
      if (this.#waiting.has(peer)) this.#settle(peer, new ActorError("failed", message));
    }
  }

  #closeQuic(connectionId: number, code: keyof typeof REFUSAL_CODES, message: string): void {
    quicHandles.drop(connectionId);
    this.#open.get(connectionId)?.close(REFUSAL_CODES[code], message);
    this.#open.delete(connectionId);
  }

  #giveUp(peer: NodeId): void {
    if (this.#peers.has(peer)) return;
    this.#settle(
      peer,
      new ActorError("duplicate", `${peer} kept another connection, which did not come up`),
    );
  }

  /** Answers those who wait for a peer. */
  #settle(peer: NodeId, outcome: PeerConnection | Error): void {
    const waiting = this.#waiting.get(peer) ?? [];
    this.#waiting.delete(peer);
    for (const reply of waiting) {
      if (outcome instanceof Error) reply.fail(outcome);
      else reply.ok(outcome);
    }
  }
}

/**
 * Whether somebody only knocked: a probe, or one whose farewell was lost. It is counted, and no news
 * for people, as anybody can do so as often as he likes.
 */
function isKnock({ by, code }: ConnectionRefusal): boolean {
  return code === "probe" || (by === "here" && code === "unverified");
}

async function resolve(host: string): Promise<string> {
  if (isIP(host)) return host;
  try {
    return (await lookup(host, { family: 4 })).address;
  } catch (error) {
    throw new ActorError(
      "unreachable",
      `the name "${host}" does not resolve: ${(error as Error).message}`,
    );
  }
}
