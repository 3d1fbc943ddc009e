import {
  type ActorContext,
  type ActorDefinition,
  ActorError,
  type AnyRef,
  type BusSubscription,
  type DeferredReply,
  defineActor,
  type Handlers,
  type Ref,
  refKey,
  type RefOptions,
} from "../actors/mod.ts";
import { parsePattern, parseTopic, PatternTable } from "../names/mod.ts";
import { Audiences } from "./audiences.ts";
import {
  ANNOUNCE_DEADLINE_MS,
  DEFAULT_SUBSCRIPTION_BOUND,
  MAX_TOPICS,
  MEETING_MS,
} from "./constants.ts";
import { noSuchProcedure, NoSuchProcedureError, notExposed } from "./errors.ts";
import type {
  Announced,
  Announcements,
  Discovery,
  Invocation,
  PeerLink,
  Procedure,
  PublishedTopic,
  Realm,
  Session,
  Subscriber,
  Topic,
} from "./mesh_protocol.ts";
import { onBehalf } from "./on_behalf.ts";
import { passOn } from "./pass_on.ts";
import procedureActor from "./procedure_actor.ts";
import { publisherNames, serverName, subscriberNames } from "./provider_names.ts";
import subscriberActor from "./subscriber_actor.ts";
import topicActor from "./topic_actor.ts";
import { whenGone } from "./when_gone.ts";

/** What a realm is started with. */
export type RealmStart = {
  /** What this node calls it: the first segment of its names. */
  readonly alias: string;
  /** 32 bytes. */
  readonly id: Uint8Array;
  readonly nodeId: string;
  readonly incarnation: number;
  readonly maxFrameBytes: number;
  readonly application: string | null;
  /** Peers that are there already, and what they have said of this realm. */
  readonly peers: readonly PeerLink[];
  readonly announced: readonly Announced[];
};

/**
 * A realm: supervises its topics, subscribers and procedures, and knows which of them and of the
 * peers' belong together. It only looks things up, so it never waits for a peer or a slow
 * subscriber.
 */
const realm: ActorDefinition<[RealmStart, Ref<Discovery>], Realm> = defineActor(
  import.meta,
  (ctx, start: RealmStart, discovery: Ref<Discovery>) =>
    new RealmState(ctx, start, discovery).handlers(),
);
export default realm;

interface LocalSubscription {
  readonly key: string;
  readonly pattern: string;
  readonly target: AnyRef;
  readonly actor: Ref<Subscriber>;
}

interface Served {
  readonly target: Ref<Handlers>;
  readonly handler: string;
  readonly actor: Ref<Procedure>;
}

class RealmState {
  readonly #ctx: ActorContext;
  readonly #start: RealmStart;
  readonly #self: Ref<Realm>;
  readonly #discovery: Ref<Discovery>;
  readonly #key: string;
  readonly #topics = new Map<string, Ref<Topic>>();
  readonly #audiences = new Audiences();
  /** Topics that this node publishes on: they hold the numbering, and so are never given up. */
  readonly #published = new Set<string>();
  /** Roots of these for which subscribers elsewhere were looked for, or are being. */
  readonly #met = new Set<string>();
  readonly #meeting = new Map<string, Promise<void>>();
  readonly #subscriptions = new Map<string, LocalSubscription>();
  readonly #local = new PatternTable<LocalSubscription>();
  readonly #procedures = new Map<string, Served>();
  readonly #exposed = new Map<string, Ref<Handlers>>();
  readonly #peers = new Map<string, PeerLink>();
  readonly #remote = new PatternTable<string>();
  readonly #remotePatterns = new Map<string, Set<string>>();
  /** Peers that serve a procedure, in the order in which they said so. */
  readonly #providers = new Map<string, Set<string>>();

  constructor(ctx: ActorContext, start: RealmStart, discovery: Ref<Discovery>) {
    this.#ctx = ctx;
    this.#start = start;
    this.#self = ctx.self as Ref<Realm>;
    this.#discovery = discovery;
    this.#key = start.id.toHex();
    for (const link of start.peers) this.#peers.set(link.peer, link);
    for (const { link, patterns, procedures } of start.announced) {
      for (const pattern of patterns) this.#peerSubscribed(link, `${start.alias}/${pattern}`);
      for (const name of procedures) this.#peerRegistered(link, `${start.alias}/${name}`);
    }
  }

  handlers(): Realm {
    return {
      topic: (name) => this.#publishedTopic(name),
      heardTopic: (name) => this.#heard(name),
      subscribe: (subscription) => this.#subscribe(subscription),
      unsubscribe: (pattern, target) => this.#removeSubscription(subscriptionKey(pattern, target)),
      serve: (procedure, target, handler) => this.#serve(procedure, target, handler),
      unserve: (procedure, target) => this.#unserve(procedure, target),
      call: (procedure, args, localOnly) => this.#call(procedure, args, localOnly),
      expose: (name, target) => this.#expose(name, target as Ref<Handlers>),
      exposed: (name) => this.#exposed.get(name) ?? null,
      invoke: (invocation) => this.#invoke(invocation),
      peerJoined: (link) => this.#peerJoined(link),
      peerLeft: (link) => this.#peerLeft(link),
      peerSubscribed: (link, pattern) => this.#peerSubscribed(link, pattern),
      peerUnsubscribed: (link, pattern) => this.#peerUnsubscribed(link, pattern),
      peerRegistered: (link, procedure) => this.#peerRegistered(link, procedure),
      peerUnregistered: (link, procedure) => this.#peerUnregistered(link.peer, procedure),
      targetEnded: (key) => this.#removeSubscription(key),
      serverEnded: (kind, name, target) => this.#serverEnded(kind, name, target),
    };
  }

  // ---- topics and subscriptions ------------------------------------------------------------

  /**
   * A topic that this node publishes on. Under a root that is new, its publications wait until those
   * who subscribe to it elsewhere have been met, as far as they come in time: whoever was subscribed
   * before is to have them.
   */
  async #publishedTopic(name: string): Promise<PublishedTopic | undefined> {
    const names = publisherNames(this.#key, parseTopic(name));
    const isNew = !this.#published.has(name);
    this.#published.add(name);
    const topic = await this.#topic(name);
    if (!topic) return undefined;
    if (isNew) this.#discovery.tell.join(names);
    const root = names.join();
    if (this.#met.has(root)) return { topic, gated: false };
    topic.tell.gate();
    this.#meet(root, names).then(() => topic.tell.open());
    return { topic, gated: true };
  }

  /** Meets those who subscribe under a root, once for all topics under it. */
  #meet(root: string, names: readonly string[]): Promise<void> {
    const present = this.#meeting.get(root);
    if (present) return present;
    const meeting = this.#discovery.with({ deadlineMs: 2 * MEETING_MS }).ask.meet(names)
      .catch(() => {/* they come later, or not at all: publications do not wait for ever */})
      .then(() => {
        this.#met.add(root);
        this.#meeting.delete(root);
      });
    this.#meeting.set(root, meeting);
    return meeting;
  }

  async #topic(name: string): Promise<Ref<Topic> | undefined> {
    const known = this.#topics.get(name);
    if (known) return known;
    if (this.#topics.size >= MAX_TOPICS && !this.#giveUpOne()) {
      this.#published.delete(name);
      const text = `realm ${this.#start.alias} publishes on ${MAX_TOPICS} topics, its limit`;
      this.#ctx.refuse(new ActorError("too-many", text));
      return undefined;
    }
    const topic = parseTopic(name);
    const { alias, id, nodeId, incarnation, maxFrameBytes, application } = this.#start;
    const peers = this.#audiences.add(topic, this.#remote.match(topic)).flatMap((peer) => {
      const link = this.#peers.get(peer);
      return link ? [[peer, link.outlet] as const] : [];
    });
    const subscribers = this.#local.match(topic).map(({ key, actor }) => [key, actor] as const);
    const ref = await this.#ctx.spawn(topicActor, {
      args: [{
        ...{ name, realm: alias, realmId: id, publisher: nodeId, incarnation },
        ...{ maxFrameBytes, application, subscribers },
        peers,
      }],
      placement: "here",
      restart: "permanent",
      label: `topic ${name}`,
    });
    this.#topics.set(name, ref);
    return ref;
  }

  /** Makes room: ends the oldest topic that is only listened to. It is made again when needed. */
  #giveUpOne(): boolean {
    for (const [name, topic] of this.#topics) {
      if (this.#published.has(name)) continue;
      this.#topics.delete(name);
      this.#audiences.delete(name);
      void this.#ctx.stopChild(topic);
      return true;
    }
    return false;
  }

  async #heard(name: string): Promise<Ref<Topic> | undefined | null> {
    const known = this.#topics.get(name);
    if (known) return known;
    return this.#local.match(parseTopic(name)).length === 0 ? null : await this.#topic(name);
  }

  async #subscribe(subscription: BusSubscription): Promise<void> {
    const { pattern, handler, form } = subscription;
    const target = subscription.target as Ref<Handlers>;
    const key = subscriptionKey(pattern, target);
    if (this.#subscriptions.has(key)) return;
    const parsed = parsePattern(pattern);
    const reply = this.#ctx.deferReply();
    const actor = await this.#ctx.spawn(subscriberActor, {
      args: [{ key, target, handler, form }, this.#self],
      placement: "here",
      restart: "permanent",
      label: `subscriber ${pattern}`,
      mailbox: {
        bound: subscription.bound ?? DEFAULT_SUBSCRIPTION_BOUND,
        overflow: subscription.overflow ?? "drop-oldest",
      },
    });
    const first = ![...this.#subscriptions.values()].some((other) => other.pattern === pattern);
    const entry = { key, pattern, target, actor };
    this.#subscriptions.set(key, entry);
    this.#discovery.tell.join(subscriberNames(this.#key, parsed));
    this.#local.add(parsed, entry);
    for (const topic of this.#matching(pattern)) topic.tell.addSubscriber(key, actor);
    if (first) this.#announce((session) => session.ask.announceSubscription(pattern), reply);
    else reply.ok();
  }

  /**
   * Tells every peer, and replies when they have confirmed. The realm itself does not wait: a peer
   * that is doing the same would wait for it, and neither would move.
   */
  #announce(tell: (session: Ref<Session>) => Promise<void>, reply: DeferredReply): void {
    const options = { deadlineMs: ANNOUNCE_DEADLINE_MS };
    const told = [...this.#peers.values()].map(({ session }) => tell(session.with(options)));
    Promise.allSettled(told).then(() => reply.ok());
  }

  #removeSubscription(key: string): void {
    const entry = this.#subscriptions.get(key);
    if (!entry) return;
    const { pattern, actor } = entry;
    this.#subscriptions.delete(key);
    this.#discovery.tell.leave(subscriberNames(this.#key, parsePattern(pattern)));
    this.#local.delete(parsePattern(pattern), entry);
    for (const topic of this.#matching(pattern)) topic.tell.removeSubscriber(key);
    const last = ![...this.#subscriptions.values()].some((other) => other.pattern === pattern);
    if (last) {
      for (const { session } of this.#peers.values()) session.tell.withdrawSubscription(pattern);
    }
    // Not waited for: its target may be slow, and the realm must not be.
    void this.#ctx.stopChild(actor);
  }

  #matching(pattern: string): Ref<Topic>[] {
    return this.#refs(this.#audiences.matching(parsePattern(pattern)));
  }

  #refs(names: Iterable<string>): Ref<Topic>[] {
    return [...names].flatMap((name) => this.#topics.get(name) ?? []);
  }

  // ---- procedures and exposed actors -------------------------------------------------------

  async #serve(name: string, target: AnyRef, handler: string): Promise<void> {
    parseTopic(name);
    const present = this.#procedures.get(name);
    const server = target as Ref<Handlers>;
    if (present) {
      if (refKey(present.target) === refKey(target) && present.handler === handler) return;
      this.#ctx.refuse(new RangeError(`procedure ${name} is served by another actor of this node`));
      return;
    }
    const reply = this.#ctx.deferReply();
    const actor = await this.#ctx.spawn(procedureActor, {
      args: [{ name, target: server, handler }, this.#self],
      placement: "here",
      restart: "permanent",
      label: `procedure ${name}`,
    });
    this.#procedures.set(name, { target: server, handler, actor });
    this.#discovery.tell.join([serverName(this.#key, parseTopic(name))]);
    this.#announce((session) => session.ask.announceProcedure(name), reply);
  }

  #unserve(name: string, target: AnyRef): void {
    const served = this.#procedures.get(name);
    if (!served || refKey(served.target) !== refKey(target)) return;
    this.#procedures.delete(name);
    this.#discovery.tell.leave([serverName(this.#key, parseTopic(name))]);
    for (const { session } of this.#peers.values()) session.tell.withdrawProcedure(name);
    void this.#ctx.stopChild(served.actor);
  }

  #call(name: string, args: Uint8Array, localOnly: boolean): Promise<Uint8Array> {
    const served = this.#procedures.get(name);
    const reply = this.#ctx.deferReply();
    const options = onBehalf(this.#ctx);
    const provider = served || localOnly ? undefined : this.#provider(name);
    if (served) served.actor.with(options).ask.invoke(args).then(reply.ok, reply.fail);
    else if (provider) provider.with(options).ask.call(name, args).then(reply.ok, reply.fail);
    else if (localOnly) reply.fail(noSuchProcedure(name, true, this.#peers.size));
    else this.#callFound(name, args, options).then(reply.ok, reply.fail);
    return NOTHING;
  }

  /** Calls a server that the DHT knows of, once it is connected. */
  async #callFound(name: string, args: Uint8Array, options: RefOptions): Promise<Uint8Array> {
    try {
      await this.#discovery.with(options).ask.meetOne(serverName(this.#key, parseTopic(name)));
    } catch (error) {
      const text = `nobody who is connected serves ${name}, and the DHT could not be asked: ` +
        `${(error as Error).message}`;
      throw new NoSuchProcedureError(text, { procedure: name });
    }
    const provider = this.#provider(name);
    if (!provider) throw noSuchProcedure(name, false, this.#peers.size);
    return await provider.with(options).ask.call(name, args);
  }

  #provider(name: string): Ref<Session> | undefined {
    for (const peer of this.#providers.get(name) ?? []) {
      const link = this.#peers.get(peer);
      if (link) return link.session;
    }
    return undefined;
  }

  #expose(name: string, target: Ref<Handlers>): void {
    const present = this.#exposed.get(name);
    if (present && refKey(present) !== refKey(target)) {
      return this.#ctx.refuse(
        new RangeError(`realm ${this.#start.alias} has another exposed actor "${name}"`),
      );
    }
    if (present) return;
    this.#exposed.set(name, target);
    whenGone(this.#ctx, target, () => this.#self.tell.serverEnded("exposed", name, target));
  }

  #invoke({ name, handler, args, mode }: Invocation): Promise<Uint8Array | null> {
    const target = this.#exposed.get(name);
    if (target) return passOn(this.#ctx, target, handler, args, mode);
    this.#ctx.refuse(notExposed(this.#start.alias, name));
    return Promise.resolve(null);
  }

  #serverEnded(kind: "procedure" | "exposed", name: string, target: AnyRef): void {
    if (kind === "procedure") return this.#unserve(name, target);
    const exposed = this.#exposed.get(name);
    if (exposed && refKey(exposed) === refKey(target)) this.#exposed.delete(name);
  }

  // ---- peers -------------------------------------------------------------------------------

  #peerJoined(link: PeerLink): Announcements {
    // A peer that came back before its former connection was given up starts from nothing.
    const former = this.#peers.get(link.peer);
    if (former) this.#peerLeft(former);
    this.#peers.set(link.peer, link);
    return {
      patterns: [...new Set([...this.#subscriptions.values()].map(({ pattern }) => pattern))],
      procedures: [...this.#procedures.keys()],
    };
  }

  #peerLeft(link: PeerLink): void {
    const { peer } = link;
    if (!this.#isCurrent(link)) return;
    this.#peers.delete(peer);
    for (const pattern of this.#remotePatterns.get(peer) ?? []) {
      this.#remote.delete(parsePattern(pattern), peer);
    }
    this.#remotePatterns.delete(peer);
    for (const topic of this.#refs(this.#audiences.left(peer))) topic.tell.removePeer(peer);
    for (const procedure of [...this.#providers.keys()]) this.#peerUnregistered(peer, procedure);
  }

  #peerSubscribed(link: PeerLink, pattern: string): void {
    if (!this.#isCurrent(link)) return;
    let patterns = this.#remotePatterns.get(link.peer);
    if (!patterns) this.#remotePatterns.set(link.peer, patterns = new Set());
    if (patterns.has(pattern)) return;
    patterns.add(pattern);
    const parsed = parsePattern(pattern);
    this.#remote.add(parsed, link.peer);
    for (const topic of this.#refs(this.#audiences.subscribed(link.peer, parsed))) {
      topic.tell.addPeer(link.peer, link.outlet);
    }
  }

  #peerUnsubscribed(link: PeerLink, pattern: string): void {
    if (!this.#isCurrent(link) || !this.#remotePatterns.get(link.peer)?.delete(pattern)) return;
    const parsed = parsePattern(pattern);
    this.#remote.delete(parsed, link.peer);
    for (const topic of this.#refs(this.#audiences.unsubscribed(link.peer, parsed))) {
      topic.tell.removePeer(link.peer);
    }
  }

  #peerRegistered(link: PeerLink, procedure: string): void {
    if (!this.#isCurrent(link)) return;
    let peers = this.#providers.get(procedure);
    if (!peers) this.#providers.set(procedure, peers = new Set());
    peers.add(link.peer);
  }

  #peerUnregistered(peer: string, procedure: string): void {
    const peers = this.#providers.get(procedure);
    if (peers?.delete(peer) && peers.size === 0) this.#providers.delete(procedure);
  }

  /** Whether the link is the peer's present one: what a former connection says is late. */
  #isCurrent(link: PeerLink): boolean {
    const present = this.#peers.get(link.peer);
    return present !== undefined && refKey(present.session) === refKey(link.session);
  }
}

/** What a handler returns whose reply is deferred. */
const NOTHING = undefined as unknown as Promise<Uint8Array>;

function subscriptionKey(pattern: string, target: AnyRef): string {
  return `${refKey(target)} ${pattern}`;
}
