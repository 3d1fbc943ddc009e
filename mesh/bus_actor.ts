import {
  type ActorContext,
  type ActorDefinition,
  defineActor,
  type Ref,
  sameRef,
} from "../actors/mod.ts";
import { parsePattern, parseTopic, realmOf } from "../names/mod.ts";
import { MAX_REALMS } from "./constants.ts";
import { noSuchProcedure, NotConnectedError, notExposed } from "./errors.ts";
import type { Announcements, Invocation, MeshBus, PeerLink, Realm } from "./mesh_protocol.ts";
import { onBehalf } from "./on_behalf.ts";
import realmActor from "./realm_actor.ts";

/** What the bus is started with. */
export type BusStart = {
  readonly nodeId: string;
  readonly incarnation: number;
  readonly maxFrameBytes: number;
};

/**
 * The bus: what `subscribe`, `serve` and `call` of every shard reach. Supervises the realms and finds
 * the one that a name belongs to. Publications go past it (see `publisher_actor.ts`).
 */
const bus: ActorDefinition<[BusStart], MeshBus> = defineActor(
  import.meta,
  (ctx, start: BusStart) => new BusState(ctx, start).handlers(),
);
export default bus;

class BusState {
  readonly #ctx: ActorContext;
  readonly #start: BusStart;
  readonly #realms = new Map<string, Ref<Realm>>();
  readonly #peers = new Map<string, PeerLink>();

  constructor(ctx: ActorContext, start: BusStart) {
    this.#ctx = ctx;
    this.#start = start;
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
      call: (procedure, args) => this.#call(procedure, args, false),
      callLocal: (procedure, args) => this.#call(procedure, args, true),
      realm: (name) => this.#realm(name),
      knownRealm: (name) => this.#realms.get(name) ?? null,
      peerJoined: (link) => this.#peerJoined(link),
      peerLeft: (link) => this.#peerLeft(link),
      expose: (realm, name, target) =>
        this.#pass((ref) => ref.ask.expose(name, target), () => realm),
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
      const realm = await this.#realm(realmName());
      if (realm) ask(realm.with(options)).then(reply.ok, reply.fail);
    } catch (error) {
      reply.fail(error);
    }
    return undefined as R;
  }

  /** A call makes no realm: where there is none, nobody serves anything. */
  #call(name: string, args: Uint8Array, localOnly: boolean): Promise<Uint8Array> {
    const reply = this.#ctx.deferReply();
    try {
      const realm = this.#realms.get(realmOf(parseTopic(name, "procedure")));
      if (!realm) throw noSuchProcedure(name, localOnly, this.#peers.size);
      realm.with(onBehalf(this.#ctx)).ask.call(name, args, localOnly).then(reply.ok, reply.fail);
    } catch (error) {
      reply.fail(error);
    }
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

  async #realm(name: string): Promise<Ref<Realm> | undefined> {
    const known = this.#realms.get(name);
    if (known) return known;
    if (this.#realms.size >= MAX_REALMS) {
      this.#ctx.refuse(new RangeError(`this node has ${MAX_REALMS} realms, its limit`));
      return undefined;
    }
    const { nodeId, incarnation, maxFrameBytes } = this.#start;
    const realm = await this.#ctx.spawn(realmActor, {
      args: [{ name, nodeId, incarnation, maxFrameBytes, peers: [...this.#peers.values()] }],
      placement: "here",
      label: name,
    });
    this.#realms.set(name, realm);
    return realm;
  }

  async #peerJoined(link: PeerLink): Promise<Announcements> {
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
    const present = this.#peers.get(link.peer);
    if (present && sameRef(present.session, link.session)) this.#peers.delete(link.peer);
    for (const realm of this.#realms.values()) realm.tell.peerLeft(link);
  }

  #invoke(nodeId: string, invocation: Invocation): Promise<Uint8Array | null> {
    if (nodeId === this.#start.nodeId) return this.#invokeLocal(invocation);
    const link = this.#peers.get(nodeId);
    if (!link) {
      this.#ctx.refuse(
        new NotConnectedError(`there is no connection to node ${nodeId}: connect to it first`, {
          peer: nodeId,
        }),
      );
      return Promise.resolve(null);
    }
    const reply = this.#ctx.deferReply();
    if (invocation.mode === "tell") {
      link.session.tell.invoke(invocation);
      reply.ok(null);
    } else {
      link.session.with(onBehalf(this.#ctx)).ask.invoke(invocation).then(reply.ok, reply.fail);
    }
    return Promise.resolve(null);
  }
}

/** What a realm says that could not. */
const NONE: Announcements = { patterns: [], procedures: [] };
