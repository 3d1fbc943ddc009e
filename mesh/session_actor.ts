import {
  type ActorContext,
  type ActorDefinition,
  type DeferredReply,
  defineActor,
  type Ref,
} from "../actors/mod.ts";
import type { Dht } from "../dht/mod.ts";
import { parsePattern, parseTopic } from "../names/mod.ts";
import { type PairSecrets, SealedLane } from "../security/mod.ts";
import { type Connection, FrameError, framesOf, prefixed } from "../transport/mod.ts";
import { Admission, RefusedFrame } from "./admission.ts";
import { AnnouncementLimit } from "./announcement_limit.ts";
import {
  CONTROL_LANE,
  MAX_ANNOUNCEMENTS,
  MAX_FAILURE_BYTES,
  MAX_PEER_REALMS,
} from "./constants.ts";
import { DisconnectedError } from "./errors.ts";
import { type Header, headerCodec, meshCodec, type MeshFrame } from "./frames.ts";
import { layers } from "./layers.ts";
import type {
  Announcements,
  FrameRefusal,
  MeshBus,
  Outlet,
  PeerLink,
  Peers,
  Session,
} from "./mesh_protocol.ts";
import { peersFault } from "./peers_fault.ts";
import { Policies } from "./policies.ts";
import { RealmIds } from "./realm_id.ts";
import { SealedSender } from "./sealed_sender.ts";
import { SessionCalls } from "./session_calls.ts";
import { SessionMonitors } from "./session_monitors.ts";
import { wireName } from "./wire_name.ts";

/** What a session is started with. */
export type SessionStart = {
  readonly peer: string;
  /** Number of the connection at this node: tells a late word of a former one. */
  readonly connectionNumber: number;
  readonly network: string;
  readonly maxFrameBytes: number;
  readonly secrets: PairSecrets;
  readonly application: string | null;
};

/** The actors that a session works with. */
type Around = readonly [
  connection: Ref<Connection>,
  outlet: Ref<Outlet>,
  bus: Ref<MeshBus>,
  peers: Ref<Peers>,
  dht: Ref<Dht>,
];

/**
 * One peer's control stream: announces what this node subscribes to and serves, learns the same of
 * the peer, and carries calls and monitors in both directions, many at a time, each under the suite
 * that its policy names, and what the two nodes' DHTs have to say to each other.
 */
const session: ActorDefinition<[SessionStart, ...Around], Session> = defineActor(
  import.meta,
  async (ctx, start: SessionStart, ...around: Around) => {
    const lane = new SealedLane(await layers(), start.secrets, CONTROL_LANE);
    return new SessionState(ctx, start, lane, around).handlers();
  },
);
export default session;

type Kind = MeshFrame["kind"];
type Fields<K extends Kind> = Omit<Extract<MeshFrame, { kind: K }>, "kind">;

class SessionState {
  readonly #ctx: ActorContext;
  readonly #start: SessionStart;
  readonly #connection: Ref<Connection>;
  readonly #bus: Ref<MeshBus>;
  readonly #peers: Ref<Peers>;
  readonly #dht: Ref<Dht>;
  readonly #link: PeerLink;
  readonly #policies: Policies;
  readonly #ids: RealmIds;
  readonly #sender: SealedSender;
  readonly #calls: SessionCalls;
  readonly #monitors: SessionMonitors;
  readonly #theirs = new AnnouncementLimit();
  readonly #announced = new Map<number, DeferredReply>();
  /** Codes of refusals that the peer has been told of without having asked. */
  readonly #told = new Set<string>();
  #flushes: { readonly upTo: number; readonly reply: DeferredReply }[] = [];
  #written = 0;
  #acknowledged = 0;
  #nextId = 1;
  #isSynced = false;
  #lost: DisconnectedError | undefined;

  constructor(ctx: ActorContext, start: SessionStart, lane: SealedLane, around: Around) {
    const [connection, outlet, bus, peers, dht] = around;
    this.#ctx = ctx;
    this.#start = start;
    this.#connection = connection;
    this.#bus = bus;
    this.#peers = peers;
    this.#dht = dht;
    this.#ids = new RealmIds(start.network);
    this.#link = { peer: start.peer, session: ctx.self as Ref<Session>, outlet };
    const { peer, maxFrameBytes, application } = start;
    const policies = this.#policies = Policies.of(ctx, application);
    const differs = (realm: string, there: Uint8Array) => this.#policyDiffers(realm, there);
    const admission = new Admission(ctx, bus, lane, application, differs);
    const sender = this.#sender = new SealedSender({
      ...{ maxFrameBytes, lane, policies, ids: this.#ids },
      send: (frame) => connection.tell.write(frame),
    });
    this.#calls = new SessionCalls({ ctx, peer, sender, admission, bus });
    const demonitor = (id: number) => this.#write("demonitor", { id });
    this.#monitors = new SessionMonitors({ ctx, peer, sender, admission, demonitor });
  }

  handlers(): Session {
    return {
      begin: (announcements) => this.#begin(announcements),
      announceSubscription: (pattern) =>
        this.#announce((id) => {
          const { realm, rest } = wireName(this.#ids, pattern);
          this.#write("subscribe", { id, realm, pattern: rest });
        }),
      withdrawSubscription: (pattern) => {
        const { realm, rest } = wireName(this.#ids, pattern);
        this.#write("unsubscribe", { realm, pattern: rest });
      },
      announceProcedure: (procedure) =>
        this.#announce((id) => {
          const { realm, rest } = wireName(this.#ids, procedure);
          this.#write("register", { id, realm, procedure: rest });
        }),
      withdrawProcedure: (procedure) => {
        const { realm, rest } = wireName(this.#ids, procedure);
        this.#write("unregister", { realm, procedure: rest });
      },
      call: (procedure, args) => this.#calls.call(procedure, args),
      invoke: (invocation) => this.#calls.invoke(invocation),
      monitor: (name, watcher, key) => this.#monitors.monitor(name, watcher, key),
      demonitor: (key) => this.#monitors.demonitor(key),
      acknowledged: (upTo) => this.#whenAcknowledged(upTo),
      written: (count) => {
        this.#written = count;
      },
      counts: () => ({ sent: this.#written, acknowledged: this.#acknowledged }),
      received: (count) => this.#write("acknowledge", { count }),
      frameRefused: (refusal) => this.#refused(refusal),
      policyDiffers: (realm, there) => this.#policyDiffers(realm, there),
      dhtMessage: (message) => this.#write("dht", { message }),
      refuse: (code, message) => this.#connection.tell.close(code, message),
      frames: (chunk) => this.#frames(chunk),
      disconnected: (code, message) => this.#disconnected(code, message),
    };
  }

  // ---- to the peer -------------------------------------------------------------------------

  #begin({ patterns, procedures }: Announcements): void {
    for (const name of patterns) {
      const { realm, rest } = wireName(this.#ids, name);
      this.#write("subscribe", { id: this.#nextId++, realm, pattern: rest });
    }
    for (const name of procedures) {
      const { realm, rest } = wireName(this.#ids, name);
      this.#write("register", { id: this.#nextId++, realm, procedure: rest });
    }
    this.#write("synced", {});
  }

  /** Says something that the peer confirms. */
  #announce(write: (id: number) => void): Promise<void> {
    const reply = this.#ctx.deferReply();
    if (this.#lost) reply.fail(this.#lost);
    else {
      const id = this.#nextId++;
      this.#announced.set(id, reply);
      write(id);
    }
    return Promise.resolve();
  }

  #write<K extends Kind>(kind: K, fields: Fields<K>): void {
    if (this.#lost) return;
    const frame = meshCodec.encode(kind, fields as never);
    this.#connection.tell.write(prefixed(frame, this.#start.maxFrameBytes));
  }

  // ---- from the peer -----------------------------------------------------------------------

  async #frames(chunk: Uint8Array): Promise<void> {
    try {
      for (const bytes of framesOf(chunk)) {
        const frame = meshCodec.decode(bytes);
        if (frame) await this.#take(frame);
      }
    } catch (error) {
      const fault = peersFault(error);
      if (!fault) throw error;
      this.#connection.tell.close(fault.code, fault.message);
      this.#ctx.refuse(error);
    }
  }

  async #take(frame: MeshFrame): Promise<void> {
    switch (frame.kind) {
      case "subscribe": {
        const { id, pattern } = frame;
        const key = keyOf(frame.realm);
        parsePattern(`-/${pattern}`);
        if (!this.#admit(key, "s", pattern)) return;
        await this.#bus.ask.peerSubscribed(this.#link, key, pattern);
        return this.#write("confirmed", { id });
      }
      case "unsubscribe": {
        const key = keyOf(frame.realm);
        if (!this.#theirs.withdraw(key, "s", frame.pattern)) return;
        // Waited for, as subscribing is: a peer that does both all the time is slowed down by it.
        return await this.#bus.ask.peerUnsubscribed(this.#link, key, frame.pattern);
      }
      case "register": {
        const { id, procedure } = frame;
        const key = keyOf(frame.realm);
        parseTopic(`-/${procedure}`, "procedure");
        if (!this.#admit(key, "p", procedure)) return;
        await this.#bus.ask.peerRegistered(this.#link, key, procedure);
        return this.#write("confirmed", { id });
      }
      case "unregister": {
        const key = keyOf(frame.realm);
        if (!this.#theirs.withdraw(key, "p", frame.procedure)) return;
        return this.#bus.tell.peerUnregistered(this.#link, key, frame.procedure);
      }
      case "demonitor":
        return this.#monitors.unset(frame.id);
      case "confirmed":
        return this.#confirmed(frame.id);
      case "synced":
        return this.#synced();
      case "acknowledge":
        return this.#acknowledge(frame.count);
      case "dht": {
        const { peer, connectionNumber } = this.#start;
        return this.#dht.tell.message(peer, connectionNumber, frame.message);
      }
      case "refusal":
        return this.#wasRefused(frame);
      case "sealed":
        return await this.#unseal(frame.header, frame.body);
    }
  }

  async #unseal(bytes: Uint8Array, body: Uint8Array): Promise<void> {
    const header = headerCodec.decode(bytes);
    if (!header) return;
    try {
      await this.#takeSealed(header, bytes, body);
    } catch (error) {
      if (!(error instanceof RefusedFrame)) throw error;
      const id = REQUESTS.has(header.kind) && "id" in header ? header.id : 0;
      this.#refused({ id, code: error.code, message: error.message });
    }
  }

  async #takeSealed(header: Header, bytes: Uint8Array, body: Uint8Array): Promise<void> {
    switch (header.kind) {
      case "monitor":
        return await this.#monitors.set({ header, bytes, body });
      case "down":
        return this.#monitors.down({ header, bytes, body });
      case "publication":
        throw new FrameError("bad-frame", "a publication on the control stream");
      default:
        return await this.#calls.take(header, bytes, body);
    }
  }

  // ---- refusals ----------------------------------------------------------------------------

  /** A frame of the peer's is not taken: counted, and told to whoever sent it. */
  #refused({ id, code, message }: FrameRefusal): void {
    this.#peers.tell.frameRefused(this.#start.peer, "here", code, message);
    // Nobody waits for an answer to the others: one word of each kind is enough.
    if (id === 0 && this.#told.has(code)) return;
    if (id === 0) this.#told.add(code);
    this.#write("refusal", { id, code, message: message.slice(0, MAX_FAILURE_BYTES) });
  }

  /** The peer has refused a frame of this node's. */
  #wasRefused({ id, code, message }: Fields<"refusal">): void {
    const words = message.slice(0, MAX_FAILURE_BYTES).toWellFormed();
    const short = code.slice(0, 64);
    this.#calls.refused(id, short, words);
    this.#monitors.refused(id, short, words);
    this.#peers.tell.frameRefused(this.#start.peer, "peer", short, words);
  }

  #policyDiffers(realm: string, there: Uint8Array): void {
    const here = this.#policies.hash(realm).toHex();
    this.#peers.tell.policyDiffers(this.#start.peer, realm, here, there.toHex().slice(0, 64));
  }

  /** One peer may announce so much, in so many realms; what is over is not confirmed, and counted. */
  #admit(key: string, kind: "s" | "p", what: string): boolean {
    if (this.#theirs.admit(key, kind, what)) return true;
    this.#ctx.refuse(
      new RangeError(
        `a peer may announce ${MAX_ANNOUNCEMENTS} patterns and procedures, in ` +
          `${MAX_PEER_REALMS} realms`,
      ),
    );
    return false;
  }

  // ---- the state of the connection ---------------------------------------------------------

  #synced(): void {
    if (this.#isSynced) return;
    this.#isSynced = true;
    this.#peers.tell.synced(this.#start.peer, this.#start.connectionNumber);
  }

  #whenAcknowledged(upTo: number): Promise<void> {
    const reply = this.#ctx.deferReply();
    if (this.#acknowledged >= upTo) reply.ok();
    else if (this.#lost) reply.fail(this.#lost);
    else this.#flushes.push({ upTo, reply });
    return Promise.resolve();
  }

  #acknowledge(count: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, count);
    const done = this.#flushes.filter(({ upTo }) => upTo <= count);
    this.#flushes = this.#flushes.filter(({ upTo }) => upTo > count);
    for (const { reply } of done) reply.ok();
  }

  #confirmed(id: number): void {
    this.#announced.get(id)?.ok();
    this.#announced.delete(id);
  }

  #disconnected(code: string, message: string): void {
    const { peer, connectionNumber } = this.#start;
    this.#lost = new DisconnectedError(
      `the connection to ${peer} is lost (${code}): ${message}; whether it acted is not known`,
      { peer, code },
    );
    this.#sender.close();
    this.#calls.lost(this.#lost);
    this.#monitors.lost(this.#lost);
    for (const reply of this.#announced.values()) reply.fail(this.#lost);
    this.#announced.clear();
    for (const { reply } of this.#flushes.splice(0)) reply.fail(this.#lost);
    this.#peers.tell.ended(peer, connectionNumber, code, message);
  }
}

/** Headers that are answered, and so have a number that a refusal names. */
const REQUESTS: ReadonlySet<Header["kind"]> = new Set(["call", "invoke", "monitor"]);

/** Bytes of a realm's id. */
const REALM_ID_BYTES = 32;

/** A realm's key: its id in hex. */
function keyOf(realm: Uint8Array): string {
  if (realm.byteLength === REALM_ID_BYTES) return realm.toHex();
  throw new FrameError("bad-frame", `a realm's id has ${realm.byteLength} bytes, not 32`);
}
