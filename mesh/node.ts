import {
  type ActorDefinition,
  type ActorInfo,
  ActorSystem,
  type AnyRef,
  type CallOptions,
  type ExitReason,
  type HandlersOf,
  type Ref,
  type Subscribing,
  type SystemStatus,
} from "../actors/mod.ts";
import { parsePattern, parseTopic, realmOf } from "../names/mod.ts";
import {
  loadOrCreateIdentity,
  loadPolicies,
  type NodeId,
  POLICY_TERM,
  type PolicyResolver,
  type PolicySnapshot,
  readPolicyFiles,
  type Resolution,
} from "../security/mod.ts";
import {
  type Endpoint,
  formatHostPort,
  formatNodeAddress,
  isLoopback,
  parseActorAddress,
  parseListen,
  parseNodeAddress,
} from "../transport/mod.ts";
import { FLUSH_MS, HAND_OVER_MS, JOIN_DEADLINE_MS, WITHDRAW_MS } from "./constants.ts";
import { notJoined, unsatisfied } from "./errors.ts";
import { FarRef } from "./far_ref.ts";
import { nextIncarnation } from "./incarnation_file.ts";
import type { Discovery, MeshBus, PeerInfo, Peers } from "./mesh_protocol.ts";
import { NodeDht } from "./node_dht.ts";
import { NodeEvents } from "./node_events.ts";
import type { NodeOptions, NodeSpawnOptions, NodeStats } from "./node_options.ts";
import { type Parts, startDialler, startParts } from "./node_parts.ts";
import { type Settings, settle, warnOpen } from "./node_settings.ts";
import type { NodeStatus } from "./node_status.ts";
import { Policies } from "./policies.ts";
import { publisherNames, serverName, subscriberNames } from "./provider_names.ts";
import { RealmIds } from "./realm_id.ts";
import { serveFunction } from "./served_function.ts";
import { Subscription } from "./subscription.ts";

/**
 * A node of the mesh: its actors, its connections, and the realms that it takes part in.
 *
 * @example
 * ```ts
 * import { MaculaNode } from "@macula/mesh";
 *
 * await using node = await MaculaNode.start();
 * await using readings = node.subscribe("iot/sensor/*");
 * await readings.ready;
 * await node.publish("iot/sensor/hall", { celsius: 19.5 });
 * for await (const { topic, payload } of readings) {
 *   console.log(topic, payload);
 *   break;
 * }
 * ```
 */
export class MaculaNode implements AsyncDisposable {
  /** The node's id. */
  readonly id: NodeId;
  /** Where it can be dialled: `macula://<id>@<host>:<port>`. */
  readonly address: string;
  /** Records and look-ups. */
  readonly dht: NodeDht;
  /** Settles, with the reason, if the node fails as a whole; it has then stopped. */
  readonly failed: Promise<ExitReason>;
  readonly #system: ActorSystem;
  readonly #endpoint: Ref<Endpoint>;
  readonly #bus: Ref<MeshBus>;
  readonly #peers: Ref<Peers>;
  readonly #discovery: Ref<Discovery>;
  readonly #resolver: Ref<PolicyResolver>;
  readonly #policies: Policies;
  readonly #parts: Parts;
  readonly #settings: Settings;
  readonly #incarnation: number;
  readonly #startedMs = performance.now();
  readonly #ids: RealmIds;
  readonly #events: NodeEvents;
  readonly #diallers = new Set<string>();
  #stopped: Promise<void> | undefined;

  private constructor(
    system: ActorSystem,
    events: NodeEvents,
    parts: Parts,
    settings: Settings,
    incarnation: number,
  ) {
    this.id = parts.id;
    this.address = parts.address;
    this.#system = system;
    this.#endpoint = parts.endpoint;
    this.#bus = parts.bus;
    this.#peers = parts.peers;
    this.#discovery = parts.discovery;
    this.#resolver = parts.policies;
    this.#events = events;
    this.#parts = parts;
    this.#settings = settings;
    this.#incarnation = incarnation;
    this.#ids = new RealmIds(settings.network);
    this.dht = new NodeDht(parts.dht, parts.id, this.#ids);
    this.#policies = Policies.of(system, settings.application);
    this.failed = system.failed.then(async (reason) => {
      await this.stop();
      return reason;
    });
  }

  /**
   * Starts a node. It works alone until its bootstrap nodes answer, and keeps dialling them.
   *
   * @throws {ConfigError} when the configuration file or an option is wrong
   * @throws {PolicyError} when a policy file is wrong
   * @throws {IdentityError} when the identity in the data folder cannot be used
   * @throws {SpawnError} when it cannot listen, for one
   * @throws {ActorError} `inside-shard` when called by a module that a shard has loaded
   */
  static async start(options: NodeOptions = {}): Promise<MaculaNode> {
    const settings = await settle(options);
    if (!isLoopback(settings.listen.host) && !options.onEvent) warnOpen(settings.listen.host);
    // Here rather than in the endpoint's shard: a folder that cannot be used is the caller's error.
    if (settings.data !== undefined) await loadOrCreateIdentity(settings.data);
    // The same: an error in a policy file is the caller's, with its file and line.
    if (settings.policies.length > 0) loadPolicies(await readPolicyFiles(settings.policies), 1);
    const incarnation = await nextIncarnation(settings.data, Date.now());
    const events = new NodeEvents(options.onEvent);
    const system = await ActorSystem.start({
      userShards: settings.shards,
      // A part of the node that fails for good takes the node with it, which `failed` tells.
      supervise: { intensity: 0 },
      ...(options.onCrash && { onCrash: options.onCrash }),
    });
    try {
      const parts = await startParts(system, events, settings, incarnation);
      return new MaculaNode(system, events, parts, settings, incarnation);
    } catch (error) {
      await system.stop();
      throw error;
    }
  }

  /** Starts an actor; `expose` makes it reachable from other nodes. */
  async spawn<A extends unknown[], H>(
    definition: ActorDefinition<A, H>,
    options: NodeSpawnOptions<A>,
  ): Promise<Ref<H>> {
    const { expose, name } = options;
    if (expose !== undefined && name === undefined) {
      throw new TypeError(`an exposed actor needs a name: spawn it with { name: "…", expose }`);
    }
    const ref = await this.#system.spawn(definition, options, "agents");
    if (expose === undefined || name === undefined) return ref;
    try {
      await this.#bus.ask.expose(expose, name, ref);
    } catch (error) {
      await this.#system.stopActor(ref);
      throw error;
    }
    return ref;
  }

  /**
   * A ref to an actor that a node exposes.
   *
   * @param address `macula://<node>/<realm>/<name>`
   * @throws {SyntaxError} when the address is none
   */
  actor<D>(address: string): Ref<HandlersOf<D>> {
    const parsed = parseActorAddress(address);
    parseTopic(`${parsed.realm}/${parsed.name}`, "procedure");
    return FarRef.to<HandlersOf<D>>(this.#bus, parsed, this.#parts.maxPayloadBytes);
  }

  /** The actor of this node that was spawned under a name. */
  lookup<D>(name: string): Promise<Ref<HandlersOf<D>> | undefined> {
    return this.#system.lookup<D>(name);
  }

  /** A ref to whoever holds a name when a message is sent through it; valid across respawns. */
  named<D>(name: string): Ref<HandlersOf<D>> {
    return this.#system.named<D>(name);
  }

  /** The members of a process group, in the order in which they joined (`ctx.join`). */
  members<D>(group: string): Promise<Ref<HandlersOf<D>>[]> {
    return this.#system.members<D>(group);
  }

  /** What an actor of this node keeps (`ctx.keep`), taken between two messages: for debugging. */
  state(ref: AnyRef): Promise<unknown> {
    return this.#system.state(ref);
  }

  /** Stops an actor that was spawned with {@link MaculaNode.spawn}, and waits for its end. */
  stopActor(ref: AnyRef): Promise<void> {
    return this.#system.stopActor(ref);
  }

  /**
   * Calls `listener` once when the ref's incarnation ends, or at once if its slot has ended. Of an
   * actor of another node, that is `no-such-actor` too when it is not exposed, and `disconnected`
   * when the node cannot be reached, refuses it, or is no longer connected.
   *
   * @returns disposed, `listener` is not called any more
   */
  monitor(ref: AnyRef, listener: (reason: ExitReason) => void): Disposable {
    const address = FarRef.addressOf(ref);
    if (address) return this.#parts.monitors.monitor(address, listener);
    return this.#system.monitor(ref, listener);
  }

  /**
   * Publishes a payload on a topic.
   *
   * @returns settles when there is room for the next one
   * @throws {ValueError} when the payload is outside the domain of values
   * @throws {NotJoinedError} when the realm is none of this node's
   * @throws {RefusedByPolicyError} when the topic's policy cannot be kept
   */
  publish(topic: string, payload: unknown): Promise<void> {
    const { realms } = this.#settings;
    const resolution = this.#policies.resolve(topic);
    const { realm } = resolution;
    if (realms && !realms.includes(realm)) throw notJoined(realm, realms);
    if (!resolution.satisfied) throw unsatisfied(resolution);
    return this.#system.bus.publish(topic, payload);
  }

  /**
   * Subscribes to the topics that match a pattern, on this node and its peers.
   *
   * @throws {SyntaxError} when the pattern is none
   */
  subscribe(pattern: string, options: Subscribing = {}): Subscription {
    const parsed = parsePattern(pattern);
    const met = () =>
      this.#discovery.ask.meet(subscriberNames(this.#ids.of(realmOf(parsed)).toHex(), parsed));
    return new Subscription(this.#system, "subscriptions", pattern, options, met);
  }

  /**
   * Serves a procedure with a function, which may work on several calls at once. Settles when the
   * connected peers know.
   *
   * @returns disposed, it is no longer served
   */
  async serve(
    procedure: string,
    handler: (...args: never[]) => unknown,
  ): Promise<AsyncDisposable> {
    parseTopic(procedure);
    return await serveFunction(this.#system, "subscriptions", procedure, handler);
  }

  /**
   * Calls a procedure, wherever it is served.
   *
   * @param args its arguments: a list, or one value that is no list
   * @throws {NoSuchProcedureError} when nobody is known to serve it
   * @throws {DeadlineError} when no reply came in time
   * @throws {DisconnectedError} when the connection to its server was lost meanwhile
   */
  call(procedure: string, args: unknown = [], options: CallOptions = {}): Promise<unknown> {
    return this.#system.bus.call(procedure, Array.isArray(args) ? args : [args], options);
  }

  /**
   * Settles when every bootstrap node is connected and has said what it has, this node has found its
   * place in the DHT, and those who take part there in what it does are connected, as far as they
   * can be reached.
   */
  async joined(): Promise<void> {
    await Promise.all(this.#parts.bootstrap.map((peer) => this.#events.synced(peer)));
    const options = { deadlineMs: JOIN_DEADLINE_MS };
    await this.#parts.dht.with(options).ask.joined();
    await this.#discovery.with(options).ask.meetAll();
  }

  /**
   * Looks in the DHT for those who take part in a topic, or serve a procedure, and connects to them.
   * A node does so by itself when it subscribes and publishes, and before a call; this is for
   * whoever wants to wait for it.
   *
   * @param kind whether `name` is a topic or a pattern over topics, or a procedure
   * @returns how many are connected, after 3 s at most
   */
  async discover(kind: "topic" | "procedure", name: string): Promise<number> {
    const pattern = parsePattern(name);
    const key = this.#ids.of(realmOf(pattern)).toHex();
    const names = kind === "procedure"
      ? [serverName(key, parseTopic(name, "procedure"))]
      : pattern.literal
      ? publisherNames(key, pattern)
      : subscriberNames(key, pattern);
    return await this.#discovery.ask.meet(names);
  }

  /**
   * What holds for a topic or a procedure on this node, and where each field came from. It takes no
   * message, and below a microsecond when it was asked for before.
   *
   * @param options.application on behalf of which; the node's own unless named
   * @throws {PatternError} when the name is none
   */
  policy(name: string, options: { readonly application?: string } = {}): Resolution {
    return this.#policies.resolve(name, options.application);
  }

  /**
   * Reads the policy files again.
   *
   * @returns the new version of the policies
   * @throws {PolicyError} when one is wrong; then what was there stays
   */
  async reloadPolicies(): Promise<number> {
    return await this.#resolver.ask.reload();
  }

  /**
   * Connects to a node for as long as this one runs, and waits until it has said what it has.
   *
   * @param address `macula://<id>@<host>:<port>`
   * @throws {ActorError} with the code of the refusal, when one of the two refuses the other; the
   * address is dialled again all the same, as the cause may be mended
   */
  async connect(address: string): Promise<void> {
    const { nodeId } = parseNodeAddress(address);
    // Waited for from before the dial, so that its failure cannot be missed.
    const synced = this.#events.synced(nodeId);
    synced.catch(() => {/* it is thrown below, unless the dialler does not even start */});
    if (!this.#diallers.has(address)) {
      this.#diallers.add(address);
      await startDialler(this.#system, this.#endpoint, address, this.#peers);
    }
    await synced;
  }

  /** Settles when every peer has acknowledged what was published so far. */
  async flush(options: CallOptions = {}): Promise<void> {
    await this.#system.bus.flush(options);
    await this.#peers.with(options).ask.flush();
  }

  /** The connected peers. */
  peers(): Promise<readonly PeerInfo[]> {
    return this.#peers.ask.list();
  }

  /** Every actor of the node. */
  actors(): Promise<readonly ActorInfo[]> {
    return this.#system.actors();
  }

  /** The shards of the node, and the memory of its process. */
  shards(): Promise<SystemStatus> {
    return this.#system.shards();
  }

  /** What this node is, and how it does. */
  async status(): Promise<NodeStatus> {
    const [stats, dht, peers, names] = await Promise.all([
      this.stats(),
      this.dht.stats(),
      this.peers(),
      this.#bus.ask.joinedRealms(),
    ]);
    const { transport, deadLetters, peers: { sent, unknown, refusedFrames } } = stats;
    const { version, files } = this.#system.term<PolicySnapshot>(POLICY_TERM)!;
    const addresses = dht.addresses.map((place) =>
      formatNodeAddress({ nodeId: this.id, ...parseListen(place) })
    );
    return {
      ...{ nodeId: this.id, incarnation: this.#incarnation, network: this.#settings.network },
      uptimeMs: Math.round(performance.now() - this.#startedMs),
      ...{ listen: formatHostPort(this.#parts.listen), addresses },
      realms: names.map((name) => ({
        name,
        id: this.#ids.of(name).toHex(),
        policyHash: this.#policies.hash(name).toHex(),
      })),
      ...{ peers: peers.length, policies: { version, files }, dht, transport },
      ...{ publications: { sent, unknown }, refusedFrames, deadLetters },
    };
  }

  /** Counts of connections, publications and dead letters. */
  async stats(): Promise<NodeStats> {
    const [transport, peers, deadLetters] = await Promise.all([
      this.#endpoint.ask.counters(),
      this.#peers.ask.counts(),
      this.#system.deadLetters(),
    ]);
    return { transport, peers, deadLetters };
  }

  /**
   * Stops the node: what was published is sent, if peers take it within a second; its actors end, the
   * youngest first, then its connections.
   */
  stop(): Promise<void> {
    return this.#stopped ??= this.#stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    this.#events.close();
    // Others would dial this node in vain until its records expire.
    const withdrawn = this.#parts.dht.with({ deadlineMs: WITHDRAW_MS }).ask.withdrawAll()
      .catch(() => {/* they expire by themselves */});
    try {
      await this.flush({ deadlineMs: FLUSH_MS });
    } catch {
      // A peer is slow: what it does not acknowledge is counted when its connection goes.
    }
    try {
      await this.#peers.with({ deadlineMs: HAND_OVER_MS }).ask.handOver();
    } catch {
      // A subscriber is slow, or the peers have ended: what is left is counted as unknown over there.
    }
    await withdrawn;
    await this.#system.stop();
  }
}
