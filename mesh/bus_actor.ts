import {
  type ActorContext,
  type ActorDefinition,
  type AnyRef,
  defineActor,
  type Ref,
  type RefOptions,
  sameRef,
} from "../actors/mod.ts";
import { parsePattern, parseTopic, PatternError, realmOf } from "../names/mod.ts";
import { AnnouncementBook } from "./announcement_book.ts";
import { MAX_REALMS } from "./constants.ts";
import { noSuchProcedure, NotConnectedError, notExposed, notJoined } from "./errors.ts";
import type {
  Announcements,
  Discovery,
  ExposedName,
  Invocation,
  JoinedRealm,
  MeshBus,
  PeerLink,
  Realm,
  Session,
} from "./mesh_protocol.ts";
import { onBehalf } from "./on_behalf.ts";
import realmActor from "./realm_actor.ts";
import { RealmIds } from "./realm_id.ts";

/** What the bus is started with. */
export type BusStart = {
  readonly nodeId: string;
  readonly network: string;
  readonly incarnation: number;
  readonly maxFrameBytes: number;
  /** The only realms that the node takes part in; `null` for all that are spoken of. */
  readonly realms: readonly string[] | null;
  /** On behalf of which application the node acts; `null` for none. */
  readonly application: string | null;
};

/**
 * The bus: what `subscribe`, `serve` and `call` of every shard reach. Supervises the realms, joins
 * one when it is first spoken of here, and finds the one that a name belongs to. Publications go
 * past it (see `publisher_actor.ts`).
 */
const bus: ActorDefinition<[BusStart, Ref<Discovery>], MeshBus> = defineActor(
  import.meta,
  (ctx, start: BusStart, discovery: Ref<Discovery>) =>
    new BusState(ctx, start, discovery).handlers(),
);
export default bus;

class BusState {
  readonly #ctx: ActorContext;
  readonly #start: BusStart;
  readonly #discovery: Ref<Discovery>;
  readonly #ids: RealmIds;
  /** Realms that this node has joined, by alias, and by key. */
  readonly #realms = new Map<string, Ref<Realm>>();
  readonly #byKey = new Map<string, JoinedRealm>();
  readonly #peers = new Map<string, PeerLink>();
  readonly #announced = new AnnouncementBook();

  constructor(ctx: ActorContext, start: BusStart, discovery: Ref<Discovery>) {
    this.#ctx = ctx;
    this.#start = start;
    this.#discovery = discovery;
    this.#ids = new RealmIds(start.network);
    // What a realm knows is in its memory: a node whose realm has forgotten it must not go on.
    ctx.supervise({ intensity: 0 });
  }

  handlers(): MeshBus {
    return {
      subscribe: (subscription) =>
        this.#pass(
          (realm) => realm.ask.subscribe(subscription),
          () => realmOf(parsePattern(subscription.pattern)),
        ),
      unsubscribe: (pattern, target) =>
        this.#pass(
          (realm) => realm.ask.unsubscribe(pattern, target),
          () => realmOf(parsePattern(pattern)),
        ),
      serve: (procedure, target, handler) =>
        this.#pass(
          (realm) => realm.ask.serve(procedure, target, handler),
          () => realmOf(parseTopic(procedure)),
        ),
      unserve: (procedure, target) =>
        this.#pass(
          (realm) => realm.ask.unserve(procedure, target),
          () => realmOf(parseTopic(procedure)),
        ),
      call: (procedure, args) =>
        this.#pass(
          (realm) => realm.ask.call(procedure, args, false),
          () => realmOf(parseTopic(procedure, "procedure")),
        ),
      callLocal: (procedure, args) => this.#callLocal(procedure, args),
      realm: (alias) => this.#realm(alias),
      joinedRealm: (key) => this.#byKey.get(key) ?? null,
      joinedRealms: () => [...this.#realms.keys()],
      peerJoined: (link) => this.#peerJoined(link),
      peerLeft: (link) => this.#peerLeft(link),
      peerSubscribed: (link, key, rest) => this.#announcedBy(link, key, "patterns", rest),
      peerUnsubscribed: (link, key, rest) => {
        if (!this.#isCurrent(link)) return Promise.resolve();
        this.#announced.delete(link.peer, key, "patterns", rest);
        const joined = this.#byKey.get(key);
        if (!joined) return Promise.resolve();
        const reply = this.#ctx.deferReply();
        const name = `${joined.alias}/${rest}`;
        joined.realm.ask.peerUnsubscribed(link, name).then(reply.ok, reply.fail);
        return Promise.resolve();
      },
      peerRegistered: (link, key, rest) => this.#announcedBy(link, key, "procedures", rest),
      peerUnregistered: (link, key, rest) => {
        if (!this.#isCurrent(link)) return;
        this.#announced.delete(link.peer, key, "procedures", rest);
        const joined = this.#byKey.get(key);
        joined?.realm.tell.peerUnregistered(link, `${joined.alias}/${rest}`);
      },
      expose: (realm, name, target) =>
        this.#pass((ref) => ref.ask.expose(name, target), () => realm),
      exposed: (name) => this.#exposed(name),
      monitor: (nodeId, name, watcher, key) =>
        this.#inSession(nodeId, async (session) => {
          await session.ask.monitor(name, watcher, key);
          return session;
        }),
      demonitor: (nodeId, key) => this.#peers.get(nodeId)?.session.tell.demonitor(key),
      invoke: (nodeId, invocation) => this.#invoke(nodeId, invocation),
      invokeLocal: (invocation) => this.#invokeLocal(invocation),
    };
  }

  /**
   * Passes an ask on to the realm that it belongs to and replies with what that says, without
   * waiting for it: one slow procedure must not hold up the others.
   */
  async #pass<R>(ask: (realm: Ref<Realm>) => Promise<R>, realmName: () => string): Promise<R> {
    const options = onBehalf(this.#ctx);
    const reply = this.#ctx.deferReply();
    try {
      const alias = realmName();
      const problem = this.#joinProblem(alias);
      if (problem) throw problem;
      const realm = await this.#join(alias);
      ask(realm.with(options)).then(reply.ok, reply.fail);
    } catch (error) {
      reply.fail(error);
    }
    return undefined as R;
  }

  /** A peer's call joins no realm: where there is none, this node serves nothing. */
  #callLocal(name: string, args: Uint8Array): Promise<Uint8Array> {
    const reply = this.#ctx.deferReply();
    const realm = this.#realms.get(realmOf(parseTopic(name, "procedure")));
    if (!realm) reply.fail(noSuchProcedure(name, true, this.#peers.size));
    else realm.with(onBehalf(this.#ctx)).ask.call(name, args, true).then(reply.ok, reply.fail);
    return Promise.resolve(new Uint8Array());
  }

  #invokeLocal(invocation: Invocation): Promise<Uint8Array | null> {
    const realm = this.#realms.get(invocation.realm);
    if (!realm) {
      this.#ctx.refuse(notExposed(invocation.realm, invocation.name));
      return Promise.resolve(null);
    }
    const reply = this.#ctx.deferReply();
    realm.with(onBehalf(this.#ctx)).ask.invoke(invocation).then(reply.ok, reply.fail);
    return Promise.resolve(null);
  }

  /** Whoever looks joins no realm: where there is none, nothing is exposed. */
  #exposed({ realm: alias, name }: ExposedName): Promise<AnyRef | null> {
    const realm = this.#realms.get(alias);
    if (!realm) return Promise.resolve(null);
    const reply = this.#ctx.deferReply();
    realm.with(onBehalf(this.#ctx)).ask.exposed(name).then(reply.ok, reply.fail);
    return Promise.resolve(null);
  }

  async #realm(alias: string): Promise<Ref<Realm> | undefined> {
    const problem = this.#joinProblem(alias);
    if (!problem) return await this.#join(alias);
    this.#ctx.refuse(problem);
    return undefined;
  }

  #joinProblem(alias: string): Error | undefined {
    if (this.#realms.has(alias)) return undefined;
    const { realms } = this.#start;
    if (realms && !realms.includes(alias)) return notJoined(alias, realms);
    if (this.#realms.size < MAX_REALMS) return undefined;
    return new RangeError(`this node has ${MAX_REALMS} realms, its limit`);
  }

  async #join(alias: string): Promise<Ref<Realm>> {
    const known = this.#realms.get(alias);
    if (known) return known;
    const { nodeId, incarnation, maxFrameBytes, application } = this.#start;
    const id = this.#ids.of(alias);
    const key = id.toHex();
    const realm = await this.#ctx.spawn(realmActor, {
      args: [{
        ...{ alias, id, nodeId, incarnation, maxFrameBytes, application },
        peers: [...this.#peers.values()],
        announced: this.#announced.of(key).map(({ link, patterns, procedures }) => ({
          link,
          patterns: patterns.filter((rest) => fits(alias, "patterns", rest)),
          procedures: procedures.filter((rest) => fits(alias, "procedures", rest)),
        })),
      }, this.#discovery],
      placement: "here",
      label: alias,
    });
    this.#realms.set(alias, realm);
    this.#byKey.set(key, { alias, realm });
    return realm;
  }

  // ---- peers -------------------------------------------------------------------------------

  async #peerJoined(link: PeerLink): Promise<Announcements> {
    this.#announced.forget(link.peer);
    this.#peers.set(link.peer, link);
    const patterns: string[] = [];
    const procedures: string[] = [];
    for (const realm of this.#realms.values()) {
      const its = await realm.ask.peerJoined(link).catch(() => NONE);
      patterns.push(...its.patterns);
      procedures.push(...its.procedures);
    }
    return { patterns, procedures };
  }

  #peerLeft(link: PeerLink): void {
    if (this.#isCurrent(link)) {
      this.#peers.delete(link.peer);
      this.#announced.forget(link.peer);
    }
    for (const realm of this.#realms.values()) realm.tell.peerLeft(link);
  }

  /** Replies when the realm knows, too, if there is one. */
  #announcedBy(
    link: PeerLink,
    key: string,
    kind: "patterns" | "procedures",
    rest: string,
  ): Promise<void> {
    if (!this.#isCurrent(link)) return Promise.resolve();
    this.#announced.add(link, key, kind, rest);
    const joined = this.#byKey.get(key);
    if (!joined || !fits(joined.alias, kind, rest)) return Promise.resolve();
    const { alias, realm } = joined;
    const name = `${alias}/${rest}`;
    const reply = this.#ctx.deferReply();
    const told = kind === "patterns"
      ? realm.ask.peerSubscribed(link, name)
      : realm.ask.peerRegistered(link, name);
    told.then(reply.ok, reply.fail);
    return Promise.resolve();
  }

  #isCurrent(link: PeerLink): boolean {
    const present = this.#peers.get(link.peer);
    return present !== undefined && sameRef(present.session, link.session);
  }

  #invoke(nodeId: string, invocation: Invocation): Promise<Uint8Array | null> {
    if (nodeId === this.#start.nodeId) return this.#invokeLocal(invocation);
    return this.#inSession(nodeId, async (session) => {
      if (invocation.mode !== "tell") return await session.ask.invoke(invocation);
      session.tell.invoke(invocation);
      return null;
    });
  }

  /** Replies with what is done in the session of a node, once there is one; does not wait for it. */
  #inSession<R>(nodeId: string, act: (session: Ref<Session>) => Promise<R>): Promise<R> {
    const options = onBehalf(this.#ctx);
    const reply = this.#ctx.deferReply();
    const withOptions = ({ session }: PeerLink) => act(session.with(options));
    const link = this.#peers.get(nodeId);
    const done = link ? withOptions(link) : this.#reach(nodeId, options).then(withOptions);
    done.then(reply.ok, reply.fail);
    return Promise.resolve(undefined as R);
  }

  async #reach(nodeId: string, options: RefOptions): Promise<PeerLink> {
    try {
      await this.#discovery.with(options).ask.reach(nodeId);
      const found = this.#peers.get(nodeId);
      if (found) return found;
      throw new RangeError("it was connected, and is no longer");
    } catch (error) {
      throw new NotConnectedError(
        `there is no connection to node ${nodeId}, and none can be made: ` +
          `${(error as Error).message}`,
        { peer: nodeId },
      );
    }
  }
}

/**
 * Whether what a peer announces is a name with this node's alias before it, too: with a longer one it
 * may be too long. Then nothing here can be of that name.
 */
function fits(alias: string, kind: "patterns" | "procedures", rest: string): boolean {
  try {
    if (kind === "patterns") parsePattern(`${alias}/${rest}`);
    else parseTopic(`${alias}/${rest}`, "procedure");
    return true;
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return false;
  }
}

/** What a realm says that could not. */
const NONE: Announcements = { patterns: [], procedures: [] };
