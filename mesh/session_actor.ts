import {
  type ActorContext,
  type ActorDefinition,
  type DeferredReply,
  defineActor,
  fromWire,
  MAX_DEADLINE_MS,
  type Ref,
  toWire,
} from "../actors/mod.ts";
import { parsePattern, parseTopic, realmOf } from "../names/mod.ts";
import { parseNodeId } from "../security/mod.ts";
import { type Connection, FrameError, framesOf, prefixed } from "../transport/mod.ts";
import { decodeValue, encodeValue } from "../values/mod.ts";
import {
  MAX_ANNOUNCEMENTS,
  MAX_FAILURE_BYTES,
  MAX_HANDLER_LENGTH,
  MAX_PEER_CALLS,
  MAX_PEER_REALMS,
} from "./constants.ts";
import { DisconnectedError } from "./errors.ts";
import { INVOKE_MODES, type InvokeMode, meshCodec, type MeshFrame } from "./frames.ts";
import { peersFault } from "./peers_fault.ts";
import type {
  Announcements,
  Introduction,
  Invocation,
  MeshBus,
  Outlet,
  PeerLink,
  Peers,
  Realm,
  Session,
} from "./mesh_protocol.ts";

/** What a session is started with. */
export type SessionStart = {
  readonly peer: string;
  /** Number of the connection at this node: tells a late word of a former one. */
  readonly connectionNumber: number;
  readonly maxFrameBytes: number;
};

/**
 * One peer's control stream: announces what this node subscribes to and serves, learns the same of
 * the peer, and carries calls in both directions, many at a time.
 */
const session: ActorDefinition<
  [SessionStart, Ref<Connection>, Ref<Outlet>, Ref<MeshBus>, Ref<Peers>],
  Session
> = defineActor(
  import.meta,
  (
    ctx,
    start: SessionStart,
    connection: Ref<Connection>,
    outlet: Ref<Outlet>,
    bus: Ref<MeshBus>,
    peers: Ref<Peers>,
  ) => new SessionState(ctx, start, connection, outlet, bus, peers).handlers(),
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
  readonly #link: PeerLink;
  /** Realms that the peer has announced something in. */
  readonly #realms = new Map<string, Ref<Realm>>();
  /** What the peer has announced: `s` and a pattern, or `p` and a procedure. */
  readonly #theirs = new Set<string>();
  /** Calls that the peer has not answered, oldest first. */
  readonly #calls = new Map<number, { readonly reply: DeferredReply; readonly expires: number }>();
  readonly #announced = new Map<number, DeferredReply>();
  #flushes: { readonly upTo: number; readonly reply: DeferredReply }[] = [];
  #written = 0;
  #acknowledged = 0;
  #nextId = 1;
  #isSynced = false;
  #working = 0;
  #lost: DisconnectedError | undefined;

  constructor(
    ctx: ActorContext,
    start: SessionStart,
    connection: Ref<Connection>,
    outlet: Ref<Outlet>,
    bus: Ref<MeshBus>,
    peers: Ref<Peers>,
  ) {
    this.#ctx = ctx;
    this.#start = start;
    this.#connection = connection;
    this.#bus = bus;
    this.#peers = peers;
    this.#link = { peer: start.peer, session: ctx.self as Ref<Session>, outlet };
  }

  handlers(): Session {
    return {
      begin: (announcements, introductions) => this.#begin(announcements, introductions),
      announceSubscription: (pattern) =>
        this.#announce((id) => this.#write("subscribe", { id, pattern })),
      withdrawSubscription: (pattern) => this.#write("unsubscribe", { pattern }),
      announceProcedure: (procedure) =>
        this.#announce((id) => this.#write("register", { id, procedure })),
      withdrawProcedure: (procedure) => this.#write("unregister", { procedure }),
      call: (procedure, args) => this.#call(procedure, args),
      invoke: (invocation) => this.#invoke(invocation),
      acknowledged: (upTo) => this.#whenAcknowledged(upTo),
      written: (count) => {
        this.#written = count;
      },
      counts: () => ({ sent: this.#written, acknowledged: this.#acknowledged }),
      received: (count) => this.#write("acknowledge", { count }),
      refuse: (code, message) => this.#connection.tell.close(code, message),
      frames: (chunk) => this.#frames(chunk),
      disconnected: (code, message) => this.#disconnected(code, message),
    };
  }

  // ---- to the peer -------------------------------------------------------------------------

  #begin({ patterns, procedures }: Announcements, introductions: readonly Introduction[]): void {
    for (const pattern of patterns) this.#write("subscribe", { id: this.#nextId++, pattern });
    for (const procedure of procedures) {
      this.#write("register", { id: this.#nextId++, procedure });
    }
    for (const introduction of introductions) this.#write("introduce", introduction);
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

  #call(procedure: string, args: Uint8Array): Promise<Uint8Array> {
    this.#request((id, remainingMs) => this.#write("call", { id, procedure, args, remainingMs }));
    return DEFERRED;
  }

  #invoke({ realm, name, handler, args, mode }: Invocation): Promise<Uint8Array | null> {
    const write = (id: number, remainingMs: number) =>
      this.#write("invoke", {
        ...{ id, realm, name, handler, args, remainingMs, mode: INVOKE_MODES[mode] },
      });
    if (mode === "tell") write(0, 0);
    else this.#request(write);
    return DEFERRED;
  }

  #request(write: (id: number, remainingMs: number) => void): void {
    const reply = this.#ctx.deferReply();
    if (this.#lost) return reply.fail(this.#lost);
    const id = this.#nextId++;
    const remaining = this.#ctx.message?.remainingMs ?? 0;
    const remainingMs = Math.max(0, Math.floor(Math.min(remaining, Number.MAX_SAFE_INTEGER)));
    try {
      write(id, remainingMs);
    } catch (error) {
      // Arguments too large for a frame: the caller's error.
      return reply.fail(error);
    }
    this.#forgetExpired();
    this.#calls.set(id, { reply, expires: performance.now() + remainingMs });
  }

  /** The askers have given up by their own deadlines; this only frees what the peer never answered. */
  #forgetExpired(): void {
    const now = performance.now();
    for (const [id, { expires }] of this.#calls) {
      if (expires > now) return;
      this.#calls.delete(id);
    }
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
        const realm = await this.#admit(`s ${pattern}`, realmOf(parsePattern(pattern)));
        if (!realm) return;
        await realm.ask.peerSubscribed(this.#link, pattern);
        return this.#write("confirmed", { id });
      }
      case "unsubscribe": {
        const realm = this.#realms.get(realmOf(parsePattern(frame.pattern)));
        this.#theirs.delete(`s ${frame.pattern}`);
        return realm?.tell.peerUnsubscribed(this.#link, frame.pattern);
      }
      case "register": {
        const { id, procedure } = frame;
        const realm = await this.#admit(`p ${procedure}`, realmOf(parseTopic(procedure)));
        if (!realm) return;
        await realm.ask.peerRegistered(this.#link, procedure);
        return this.#write("confirmed", { id });
      }
      case "unregister": {
        const realm = this.#realms.get(realmOf(parseTopic(frame.procedure)));
        this.#theirs.delete(`p ${frame.procedure}`);
        return realm?.tell.peerUnregistered(this.#link, frame.procedure);
      }
      case "confirmed":
        return this.#confirmed(frame.id);
      case "synced":
        return this.#synced();
      case "introduce": {
        const { peer, host, port } = frame;
        parseNodeId(peer);
        return this.#peers.tell.introduced(this.#start.connectionNumber, { peer, host, port });
      }
      case "acknowledge":
        return this.#acknowledge(frame.count);
      case "call": {
        const { procedure, args } = frame;
        parseTopic(procedure);
        const asked = this.#on(frame.remainingMs)?.ask.callLocal(procedure, args);
        return this.#answer(frame.id, asked);
      }
      case "invoke":
        return this.#invoked(frame);
      case "result":
        return this.#called(frame.id)?.ok(frame.value);
      case "failure": {
        const { code, message } = frame;
        const data = decodeValue(frame.data, "data");
        return this.#called(frame.id)?.fail(
          fromWire({ code, message, data: isRecord(data) ? data : {} }),
        );
      }
      case "publication":
        throw new FrameError("bad-frame", "a publication on the control stream");
    }
  }

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

  #invoked(frame: Extract<MeshFrame, { kind: "invoke" }>): void {
    const { id, realm, name, handler, args, remainingMs } = frame;
    const mode = MODE_NAMES.get(frame.mode);
    checkInvocation(realm, name, handler);
    if (!mode) throw new FrameError("bad-frame", `an invoke frame has mode ${frame.mode}`);
    const bus = this.#on(mode === "tell" ? Infinity : remainingMs);
    const asked = bus?.ask.invokeLocal({ realm, name, handler, args, mode });
    if (mode !== "tell") return this.#answer(id, asked);
    this.#working++;
    asked?.catch(() => {/* nobody waits for a tell; it is a dead letter where it failed */})
      .finally(() => this.#working--);
  }

  /** The bus, on the peer's behalf; `undefined` when the peer has too much going already. */
  #on(remainingMs: number): Ref<MeshBus> | undefined {
    if (this.#working >= MAX_PEER_CALLS) return undefined;
    const caller = this.#start.peer;
    if (remainingMs === Infinity) return this.#bus.with({ caller });
    return this.#bus.with({
      caller,
      deadlineMs: Math.min(Math.max(1, remainingMs), MAX_DEADLINE_MS),
    });
  }

  #answer(id: number, asked: Promise<Uint8Array | null> | undefined): void {
    if (!asked) {
      const message = `this node works on ${MAX_PEER_CALLS} calls of this peer already`;
      return this.#fail(id, new RangeError(message));
    }
    this.#working++;
    asked.finally(() => this.#working--).then(
      (value) => this.#write("result", { id, value: value ?? NO_VALUE }),
    ).catch((error) => this.#fail(id, error));
  }

  /** Says why a call failed, in as many bytes as a frame takes: the words may be the caller's own. */
  #fail(id: number, error: unknown): void {
    const { code, message, data } = toWire(error);
    let facts = NO_FACTS;
    try {
      const encoded = encodeValue(data, "data");
      if (encoded.byteLength <= MAX_FAILURE_BYTES) facts = encoded;
    } catch { /* facts that are no value stay at home */ }
    const words = message.slice(0, MAX_FAILURE_BYTES).toWellFormed();
    this.#write("failure", { id, code: code.slice(0, 64), message: words, data: facts });
  }

  #disconnected(code: string, message: string): void {
    const { peer, connectionNumber } = this.#start;
    this.#lost = new DisconnectedError(
      `the connection to ${peer} is lost (${code}): ${message}; whether it acted is not known`,
      { peer, code },
    );
    for (const { reply } of this.#calls.values()) reply.fail(this.#lost);
    for (const reply of this.#announced.values()) reply.fail(this.#lost);
    this.#calls.clear();
    this.#announced.clear();
    for (const { reply } of this.#flushes.splice(0)) reply.fail(this.#lost);
    this.#peers.tell.ended(peer, connectionNumber, code, message);
  }

  #called(id: number): DeferredReply | undefined {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    return call?.reply;
  }

  #confirmed(id: number): void {
    this.#announced.get(id)?.ok();
    this.#announced.delete(id);
  }

  /**
   * The realm of something that the peer announces. One peer may announce so much, in so many
   * realms; what is over is not confirmed, and counted.
   */
  async #admit(announcement: string, name: string): Promise<Ref<Realm> | undefined> {
    const known = this.#realms.get(name);
    const full = this.#theirs.size >= MAX_ANNOUNCEMENTS && !this.#theirs.has(announcement);
    if (full || (!known && this.#realms.size >= MAX_PEER_REALMS)) {
      this.#ctx.refuse(
        new RangeError(
          `a peer may announce ${MAX_ANNOUNCEMENTS} patterns and procedures, in ` +
            `${MAX_PEER_REALMS} realms`,
        ),
      );
      return undefined;
    }
    const realm = known ?? await this.#bus.ask.realm(name);
    if (!realm) return undefined;
    this.#realms.set(name, realm);
    this.#theirs.add(announcement);
    return realm;
  }
}

const DEFERRED = undefined as unknown as Promise<never>;
const NO_FACTS = encodeValue({}, "data");
const NO_VALUE = encodeValue(undefined, "result");
const MODE_NAMES = new Map(
  Object.entries(INVOKE_MODES).map(([name, mode]) => [mode as number, name as InvokeMode]),
);

function isRecord(value: unknown): value is Record<string, never> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a peer invokes must look like a name: it stands in errors, and in the tree. */
function checkInvocation(realm: string, name: string, handler: string): void {
  parseTopic(`${realm}/${name}`, "procedure");
  if (realm.includes("/")) throw new FrameError("bad-frame", "a realm's name has one segment");
  if (handler.length > MAX_HANDLER_LENGTH) {
    throw new FrameError(
      "bad-frame",
      `a handler's name has ${MAX_HANDLER_LENGTH} characters at most`,
    );
  }
}
