import {
  type ActorContext,
  type ActorDefinition,
  ActorError,
  defineActor,
  type Ref,
} from "../actors/mod.ts";
import type { HostPort } from "../transport/mod.ts";
import {
  MAX_WORKING,
  REACH_ME_AGAIN_MS,
  REACH_ME_ATTEMPTS,
  REACH_ME_TIMEOUT_MS,
  REQUEST_TIMEOUT_MS,
} from "./constants.ts";
import type { Contact } from "./contact.ts";
import {
  type Answer,
  codeOf,
  type DhtInside,
  type Exchange,
  type ExchangeCounts,
  later,
  type Responder,
  type RoutingTable,
} from "./dht_inside.ts";
import type { DhtDialler, DhtPeer } from "./dht_protocol.ts";
import { type DiallingRules, isPlace, mayDial } from "./dialling_rules.ts";
import { Dials } from "./dials.ts";
import { InFlight } from "./in_flight.ts";
import {
  decodeMessage,
  type DhtMessage,
  encodeReply,
  encodeRequest,
  MessageError,
  type Reply,
  REPLY_TO,
  type Request,
} from "./messages.ts";
import { Timers } from "./timers.ts";

/** What the exchange is started with. */
export type ExchangeStart = DiallingRules & {
  readonly self: string;
  readonly mode: "server" | "client";
};

/**
 * All that this node and its peers say to each other for the DHT. It knows the connections, joins
 * answers to questions, bounds both directions, and counts what it refuses. Whoever shows that it
 * is there, at an address that is known to be its own, is told to the routing table.
 */
const exchange: ActorDefinition<
  [ExchangeStart, Ref<RoutingTable>, Ref<Responder>, Ref<DhtDialler>, Ref<DhtInside>],
  Exchange
> = defineActor(
  import.meta,
  (
    ctx,
    start: ExchangeStart,
    table: Ref<RoutingTable>,
    responder: Ref<Responder>,
    dialler: Ref<DhtDialler>,
    face: Ref<DhtInside>,
  ) => new ExchangeState(ctx, start, table, responder, dialler, face).handlers(),
);
export default exchange;

interface Peer {
  readonly up: DhtPeer;
  /** Where it is known to be reachable: dialled there, or probed. */
  address: HostPort | null;
  /** Requests of the peer's that are being worked on. */
  working: number;
}

/** What survives a restart. */
type Kept = readonly { readonly up: DhtPeer; readonly address: HostPort | null }[];

interface Flight {
  readonly request: Request;
  readonly timeoutMs: number;
  readonly settled: PromiseWithResolvers<Answer>;
  timer?: Disposable;
}

class ExchangeState {
  readonly #ctx: ActorContext;
  readonly #start: ExchangeStart;
  readonly #table: Ref<RoutingTable>;
  readonly #responder: Ref<Responder>;
  readonly #face: Ref<DhtInside>;
  readonly #timers: Timers;
  readonly #dials: Dials;
  readonly #peers = new Map<string, Peer>();
  readonly #flights = new InFlight<Flight>(crypto.getRandomValues(new Uint32Array(1))[0] ?? 0);
  readonly #rejected: Record<string, number> = {};
  #requestsSent = 0;
  #requestsReceived = 0;
  #timeouts = 0;

  constructor(
    ctx: ActorContext,
    start: ExchangeStart,
    table: Ref<RoutingTable>,
    responder: Ref<Responder>,
    dialler: Ref<DhtDialler>,
    face: Ref<DhtInside>,
  ) {
    this.#ctx = ctx;
    this.#start = start;
    this.#table = table;
    this.#responder = responder;
    this.#face = face;
    this.#timers = new Timers(ctx, "timeUp");
    this.#dials = new Dials(dialler, this.#timers, {
      isUp: (peer) => this.#peers.has(peer),
      failed: (peer) => this.#table.tell.failed(peer),
      now: () => performance.now(),
    });
    ctx.keep((): Kept => [...this.#peers.values()].map(({ up, address }) => ({ up, address })));
    for (const { up, address } of ctx.kept<Kept>() ?? []) this.#peerUp(up, address);
  }

  handlers(): Exchange {
    return {
      peerUp: (peer, address) => this.#peerUp(peer, address),
      peerDown: (peer, number) => this.#peerDown(peer, number),
      message: (peer, number, bytes) => this.#message(peer, number, bytes),
      request: (contact, request) => later(this.#ctx, () => this.#ask(contact, request)),
      connect: (contact) => later(this.#ctx, () => this.#connect(contact)),
      connected: (peer) => this.#peers.has(peer),
      rejected: (code) => this.#count(code),
      counts: () => this.#counts(),
      timeUp: (timer) => this.#timers.fire(timer),
    };
  }

  // ---- peers that come and go --------------------------------------------------------------

  #peerUp(up: DhtPeer, address: HostPort | null): void {
    const { peer } = up;
    this.#drop(peer);
    this.#peers.set(peer, { up, address, working: 0 });
    this.#dials.up(peer);
    const known = this.#start.mode === "server" ? this.#askBack(up) : Promise.resolve();
    if (address) void this.#introduce(up, known);
  }

  #peerDown(peer: string, number: number): void {
    if (this.#current(peer, number)) this.#drop(peer);
  }

  #drop(peer: string): void {
    if (!this.#peers.delete(peer)) return;
    const error = new ActorError("disconnected", `the connection to ${peer} is lost`);
    for (const flight of this.#flights.drop(peer, true)) this.#fail(flight, error);
  }

  /**
   * Sees whether a peer whose address is known answers: then it becomes a contact. It is told when
   * the peer knows this node too, as whoever joins wants to be found; but nobody waits for a peer
   * that dials in vain.
   */
  async #introduce({ peer, connectionNumber }: DhtPeer, known: Promise<void>): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    using _timer = this.#timers.after(REQUEST_TIMEOUT_MS, resolve);
    try {
      await this.#ask({ peer, addresses: [] }, { kind: "ping" });
      await Promise.race([known, late]);
    } catch {
      // Counted where it failed; it is no contact.
    }
    this.#face.tell.introduced(peer, connectionNumber);
  }

  /** Asks a peer to see whether this node can be dialled where the peer sees it. */
  async #askBack({ peer, connectionNumber, observed }: DhtPeer, attempt = 1): Promise<void> {
    // The peer's word, which may be anything.
    if (!isPlace(observed)) return;
    const { host, port } = observed;
    try {
      const request = { kind: "reachMe", host, port } as const;
      const { reply } = await this.#ask({ peer, addresses: [] }, request, REACH_ME_TIMEOUT_MS);
      if (reply.kind === "ok") return this.#face.tell.confirmed(peer, observed);
      if (reply.kind === "refused" && reply.code === "client") return;
    } catch {
      // Whoever does not answer confirms nothing; it may have been busy.
    }
    if (attempt === REACH_ME_ATTEMPTS) return;
    this.#timers.after(REACH_ME_AGAIN_MS, () => {
      const current = this.#current(peer, connectionNumber);
      if (current) void this.#askBack(current.up, attempt + 1);
    });
  }

  #current(peer: string, number: number): Peer | undefined {
    const current = this.#peers.get(peer);
    return current?.up.connectionNumber === number ? current : undefined;
  }

  // ---- this node's requests ----------------------------------------------------------------

  async #ask(
    contact: Contact,
    request: Request,
    timeoutMs: number = REQUEST_TIMEOUT_MS,
  ): Promise<Answer> {
    const { peer } = contact;
    if (!this.#peers.has(peer)) await this.#connect(contact);
    const settled = Promise.withResolvers<Answer>();
    const flight: Flight = { request, timeoutMs, settled };
    const id = this.#flights.add(peer, flight);
    if (id === undefined) throw new ActorError("busy", `too many requests to ${peer} wait`);
    if (id !== null) this.#send(peer, id, flight);
    return await settled.promise;
  }

  async #connect(contact: Contact): Promise<void> {
    const { peer } = contact;
    if (this.#peers.has(peer)) return;
    if (this.#start.allow && !this.#start.allow.includes(peer)) {
      throw new ActorError("unreachable", `${peer} is not among the ids that this node allows`);
    }
    await this.#dials.dial(contact);
  }

  #send(peer: string, id: number, flight: Flight): void {
    this.#requestsSent++;
    flight.timer = this.#timers.after(flight.timeoutMs, () => this.#overdue(peer, id));
    this.#peers.get(peer)?.up.link.tell.dhtMessage(encodeRequest(id, flight.request));
  }

  #sendNext(peer: string): void {
    const next = this.#flights.next(peer);
    if (next) this.#send(peer, next.id, next.request);
  }

  #overdue(peer: string, id: number): void {
    const flight = this.#flights.overdue(id);
    if (!flight) return;
    this.#timeouts++;
    this.#table.tell.failed(peer);
    const { request: { kind }, timeoutMs } = flight;
    this.#fail(flight, new ActorError("timeout", `no answer to ${kind} within ${timeoutMs} ms`));
    this.#sendNext(peer);
  }

  #fail(flight: Flight, error: ActorError): void {
    flight.timer?.[Symbol.dispose]();
    flight.settled.reject(error);
  }

  // ---- what peers say ----------------------------------------------------------------------

  #message(from: string, number: number, bytes: Uint8Array): void {
    const peer = this.#current(from, number);
    if (!peer) return this.#count("unasked");
    let message: DhtMessage | undefined;
    try {
      message = decodeMessage(bytes);
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      return this.#garbage(peer, error);
    }
    if (!message) return;
    if ("request" in message) this.#requested(peer, message.id, message.request);
    else this.#replied(peer, message.id, message.reply);
  }

  /** Bytes that are no message cannot be joined to a question: whatever was asked has failed. */
  #garbage({ up: { peer } }: Peer, { code, message }: MessageError): void {
    this.#count(code);
    const flights = this.#flights.drop(peer, false);
    for (const flight of flights) this.#fail(flight, new ActorError("bad-reply", message));
    if (flights.length > 0) this.#table.tell.failed(peer);
    for (const _ of flights) this.#sendNext(peer);
  }

  #replied(peer: Peer, id: number, reply: Reply): void {
    const { up } = peer;
    const flight = this.#flights.answered(up.peer, id);
    if (flight === undefined) return this.#count("unasked");
    if (flight === "late") return this.#count("late");
    this.#sendNext(up.peer);
    const { kind } = flight.request;
    if (reply.kind !== REPLY_TO[kind] && reply.kind !== "refused") {
      this.#count("bad-reply");
      this.#table.tell.failed(up.peer);
      return this.#fail(flight, new ActorError("bad-reply", `${kind} was answered ${reply.kind}`));
    }
    flight.timer?.[Symbol.dispose]();
    const answer = { reply: this.#allowed(reply, up.remote.host), host: up.remote.host };
    const isServer = reply.kind !== "refused" || reply.code !== "client";
    // The asker's next step may be a lookup, which starts from the table: it comes first.
    const told = isServer ? this.#seen(peer) : Promise.resolve();
    told.catch(() => {/* the table failed, and is restarted: this answer is good all the same */})
      .then(() => flight.settled.resolve(answer));
  }

  /** The reply with those contacts only that this node may dial, or is connected to. */
  #allowed(reply: Reply, host: string): Reply {
    if (!("contacts" in reply)) return reply;
    const { open, allow } = this.#start;
    const contacts = reply.contacts.flatMap(({ peer, addresses }) => {
      if (allow && !allow.includes(peer)) return [];
      const known = addresses.filter((address) => mayDial(host, address, open));
      return known.length > 0 || this.#peers.has(peer) ? [{ peer, addresses: known }] : [];
    });
    return { ...reply, contacts };
  }

  /** A peer has shown that it is there. */
  async #seen({ up: { peer }, address }: Peer): Promise<void> {
    if (!address) return;
    const { added, ping } = await this.#table.ask.seen({ peer, addresses: [address] });
    if (added) this.#face.tell.admitted();
    if (!ping) return;
    // Not waited for: it may be silent. Its answer, or its silence, is told to the table.
    this.#ask(ping, { kind: "ping" }).catch((error) => {
      const isTold = ["timeout", "unreachable", "bad-reply"].includes(codeOf(error));
      if (!isTold) this.#table.tell.failed(ping.peer);
    });
  }

  #requested(peer: Peer, id: number, request: Request): void {
    this.#requestsReceived++;
    if (peer.working >= MAX_WORKING) {
      const message = `this node works on ${MAX_WORKING} requests of yours already`;
      return this.#reply(peer, id, { kind: "refused", code: "busy", message });
    }
    peer.working++;
    const { up: { peer: from, remote: { host } }, address } = peer;
    this.#responder.with({ deadlineMs: REACH_ME_TIMEOUT_MS })
      .ask.answer({ peer: from, host, address }, request)
      .then(async (reply) => {
        if (request.kind === "reachMe" && reply.kind === "ok") {
          peer.address = { host, port: request.port };
          this.#face.tell.reachable(from, peer.up.connectionNumber, peer.address);
          await this.#seen(peer);
        }
        return reply;
      })
      .catch((): Reply => ({ kind: "refused", code: "failed", message: "this node failed at it" }))
      .then((reply) => {
        peer.working--;
        this.#reply(peer, id, reply);
      });
  }

  #reply(peer: Peer, id: number, reply: Reply): void {
    if (reply.kind === "refused") this.#count(reply.code);
    // For a connection that has gone meanwhile its link goes nowhere.
    peer.up.link.tell.dhtMessage(encodeReply(id, reply));
  }

  // ---- counts ------------------------------------------------------------------------------

  #count(code: string): void {
    this.#rejected[code] = (this.#rejected[code] ?? 0) + 1;
  }

  #counts(): ExchangeCounts {
    return {
      requestsSent: this.#requestsSent,
      requestsReceived: this.#requestsReceived,
      timeouts: this.#timeouts,
      rejected: { ...this.#rejected },
    };
  }
}
