import {
  type ActorDefinition,
  type ActorInfo,
  ActorSystem,
  type AnyRef,
  type CallOptions,
  type CrashReport,
  type DeadLetterSummary,
  defineActor,
  type ExitReason,
  type HandlersOf,
  type Ref,
  type SpawnOptions,
  type Subscribing,
} from "../actors/mod.ts";
import { parsePattern, parseTopic } from "../names/mod.ts";
import { createIdentity, loadOrCreateIdentity, type NodeId, parseNodeId } from "../security/mod.ts";
import {
  DEFAULT_MAX_FRAME_BYTES,
  diallerActor,
  type Endpoint,
  endpointActor,
  type EndpointCounters,
  formatNodeAddress,
  isLoopback,
  parseActorAddress,
  parseListen,
  parseNodeAddress,
} from "../transport/mod.ts";
import busActor from "./bus_actor.ts";
import { checkNetwork, ConfigError, type NodeConfig, readConfig } from "./config.ts";
import { FRAME_OVERHEAD_BYTES, SETTLE_DEADLINE_MS, STAGE_BOUND } from "./constants.ts";
import { farRef } from "./far_ref.ts";
import { nextIncarnation } from "./incarnation_file.ts";
import type {
  EventListener,
  MeshBus,
  NodeEvent,
  PeerCounts,
  PeerInfo,
  Peers,
} from "./mesh_protocol.ts";
import peersActor from "./peers_actor.ts";
import publisherActor from "./publisher_actor.ts";
import { Subscription } from "./subscription.ts";

/** How to start a node. What is given here counts before what the configuration file says. */
export interface NodeOptions extends NodeConfig {
  /** Path of a configuration file (YAML). */
  readonly config?: string;
  /** Gets every crash report; they are written to stderr unless named. */
  readonly onCrash?: (report: CrashReport) => void;
  /** Gets what happens on the node, as it happens. */
  readonly onEvent?: (event: NodeEvent) => void;
}

/** Options of {@link MaculaNode.spawn}. */
export type NodeSpawnOptions<A extends unknown[]> = SpawnOptions<A> & {
  /** Makes the actor reachable from other nodes, as `macula://<node>/<realm>/<name>`. */
  readonly expose?: string;
};

/** Counts of a node since it started. */
export interface NodeStats {
  readonly transport: EndpointCounters;
  readonly peers: PeerCounts;
  readonly deadLetters: DeadLetterSummary;
}

/** Where a node listens unless it is told otherwise: a free port of loopback. */
const DEFAULT_LISTEN = "127.0.0.1:0";

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
  /** Settles, with the reason, if the node fails as a whole; it has then stopped. */
  readonly failed: Promise<ExitReason>;
  readonly #system: ActorSystem;
  readonly #endpoint: Ref<Endpoint>;
  readonly #bus: Ref<MeshBus>;
  readonly #peers: Ref<Peers>;
  readonly #events: Events;
  readonly #bootstrap: readonly NodeId[];
  #stopped: Promise<void> | undefined;

  private constructor(parts: Parts) {
    this.id = parts.id;
    this.address = parts.address;
    this.#system = parts.system;
    this.#endpoint = parts.endpoint;
    this.#bus = parts.bus;
    this.#peers = parts.peers;
    this.#events = parts.events;
    this.#bootstrap = parts.bootstrap;
    this.failed = parts.system.failed.then(async (reason) => {
      await this.stop();
      return reason;
    });
  }

  /**
   * Starts a node. It works alone until its bootstrap nodes answer, and keeps dialling them.
   *
   * @throws {ConfigError} when the configuration file or an option is wrong
   * @throws {IdentityError} when the identity in the data folder cannot be used
   * @throws {SpawnError} when it cannot listen, for one
   * @throws {ActorError} `inside-shard` when called by a module that a shard has loaded
   */
  static async start(options: NodeOptions = {}): Promise<MaculaNode> {
    const settings = await settle(options);
    // Here rather than in the endpoint's shard: a folder that cannot be used is the caller's error.
    const data = settings.data ?? null;
    if (data !== null) await loadOrCreateIdentity(data);
    const incarnation = await nextIncarnation(settings.data, Date.now());
    const events = new Events(options.onEvent);
    const system = await ActorSystem.start({
      userShards: settings.shards,
      ...(options.onCrash && { onCrash: options.onCrash }),
    });
    try {
      return new MaculaNode(await startParts(system, events, settings, data, incarnation));
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
    return farRef<HandlersOf<D>>(this.#bus, parseActorAddress(address));
  }

  /** The actor of this node that was spawned under a name. */
  lookup<D>(name: string): Promise<Ref<HandlersOf<D>> | undefined> {
    return this.#system.lookup<D>(name);
  }

  /** Stops an actor that was spawned with {@link MaculaNode.spawn}, and waits for its end. */
  stopActor(ref: AnyRef): Promise<void> {
    return this.#system.stopActor(ref);
  }

  /** Calls `listener` once when the ref's incarnation ends. */
  monitor(ref: AnyRef, listener: (reason: ExitReason) => void): Disposable {
    return this.#system.monitor(ref, listener);
  }

  /**
   * Publishes a payload on a topic.
   *
   * @returns settles when there is room for the next one
   * @throws {ValueError} when the payload is outside the domain of values
   */
  publish(topic: string, payload: unknown): Promise<void> {
    return this.#system.bus.publish(topic, payload);
  }

  /**
   * Subscribes to the topics that match a pattern, on this node and its peers.
   *
   * @throws {SyntaxError} when the pattern is none
   */
  subscribe(pattern: string, options: Subscribing = {}): Subscription {
    parsePattern(pattern);
    return new Subscription(this.#system, "subscriptions", pattern, options);
  }

  /**
   * Serves a procedure with a function, which may work on several calls at once.
   *
   * @returns disposed, it is no longer served
   */
  async serve(
    procedure: string,
    handler: (...args: never[]) => unknown,
  ): Promise<AsyncDisposable> {
    parseTopic(procedure);
    const definition = defineActor(import.meta, (ctx) => ({
      call(...args: never[]): void {
        const reply = ctx.deferReply();
        Promise.resolve().then(() => handler(...args)).then(reply.ok, reply.fail);
      },
    }));
    const label = `serves ${procedure}`;
    const here = { placement: "here", restart: "temporary" } as const;
    const ref = await this.#system.spawn(definition, { ...here, label }, "subscriptions");
    await this.#system.bus.serve(procedure, ref, "call");
    return {
      [Symbol.asyncDispose]: async () => {
        await this.#system.bus.unserve(procedure, ref);
        await this.#system.stopActor(ref);
      },
    };
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
   * Settles when every bootstrap node is connected and has said what it has, and so has every peer
   * that they know and that can be reached.
   */
  async joined(): Promise<void> {
    await Promise.all(this.#bootstrap.map((peer) => this.#events.synced(peer)));
    await this.#peers.with({ deadlineMs: SETTLE_DEADLINE_MS }).ask.settled();
  }

  /**
   * Connects to a node for as long as this one runs, and waits until it has said what it has.
   *
   * @param address `macula://<id>@<host>:<port>`
   */
  async connect(address: string): Promise<void> {
    const { nodeId } = parseNodeAddress(address);
    await startDialler(this.#system, this.#endpoint, address, this.#peers);
    await this.#events.synced(nodeId);
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

  /** Counts of connections, publications and dead letters. */
  async stats(): Promise<NodeStats> {
    const [transport, peers, deadLetters] = await Promise.all([
      this.#endpoint.ask.counters(),
      this.#peers.ask.counts(),
      this.#system.deadLetters(),
    ]);
    return { transport, peers, deadLetters };
  }

  /** Stops the node: its actors, the youngest first, then its connections. */
  stop(): Promise<void> {
    return this.#stopped ??= this.#system.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

interface Parts {
  readonly id: NodeId;
  readonly address: string;
  readonly system: ActorSystem;
  readonly endpoint: Ref<Endpoint>;
  readonly bus: Ref<MeshBus>;
  readonly peers: Ref<Peers>;
  readonly events: Events;
  readonly bootstrap: readonly NodeId[];
}

interface Settings {
  readonly data: string | undefined;
  readonly listen: { readonly host: string; readonly port: number };
  readonly bootstrap: readonly string[];
  readonly network: string;
  readonly allow: readonly string[] | null;
  readonly open: boolean;
  readonly maxFrameBytes: number;
  readonly shards: number;
}

/** Merges options over the configuration file over the defaults, and checks what they say. */
async function settle(options: NodeOptions): Promise<Settings> {
  const file = options.config === undefined ? {} : await readConfig(options.config);
  const pick = <K extends keyof NodeConfig>(key: K) => options[key] ?? file[key];
  const check = <T>(name: string, read: () => T): T => {
    try {
      return read();
    } catch (error) {
      throw new ConfigError(name, (error as Error).message);
    }
  };
  const listen = check("listen", () => parseListen(pick("listen") ?? DEFAULT_LISTEN));
  if (!isLoopback(listen.host) && !pick("open")) {
    throw new ConfigError(
      "listen",
      `${listen.host} is not a loopback address, and realms have no grants yet: whoever reaches ` +
        `the port may publish, subscribe and call; say "open: true" (--open) if that is meant`,
    );
  }
  const bootstrap = pick("bootstrap") ?? [];
  for (const address of bootstrap) check("bootstrap", () => parseNodeAddress(address));
  const allow = pick("allow") ?? null;
  for (const id of allow ?? []) check("allow", () => parseNodeId(id));
  return {
    ...{ listen, bootstrap, allow, data: pick("data"), open: pick("open") ?? false },
    network: check("network", () => checkNetwork(pick("network") ?? "macula")),
    maxFrameBytes: pick("maxFrameBytes") ?? DEFAULT_MAX_FRAME_BYTES,
    shards: pick("shards") ?? 1,
  };
}

async function startParts(
  system: ActorSystem,
  events: Events,
  settings: Settings,
  data: string | null,
  incarnation: number,
): Promise<Parts> {
  const { listen, network, allow, maxFrameBytes } = settings;
  await system.group("transport");
  // What the bus and the realms know is in their memory: a node without it must not go on.
  await system.group("mesh", { intensity: 0 });
  await system.group("subscriptions");
  await system.group("agents");
  const keys = data === null ? ephemeralKeys() : null;
  const endpoint = await system.spawn(endpointActor, {
    args: [{ data, keys, listen, network, incarnation, allow, maxFrameBytes }],
    ...{ name: "endpoint", placement: "here", restart: "permanent" },
  }, "transport");
  const { nodeId, listen: bound } = await endpoint.ask.info();
  const bus = await system.spawn(busActor, {
    args: [{ nodeId, incarnation, maxFrameBytes }],
    ...{ name: "bus", placement: "here" },
  }, "mesh");
  const publisher = await system.spawn(publisherActor, {
    args: [bus],
    ...{ placement: "here", label: "publisher" },
    mailbox: { bound: STAGE_BOUND, overflow: "wait" },
  }, "mesh");
  const maxPayloadBytes = maxFrameBytes - FRAME_OVERHEAD_BYTES;
  await system.attachBus({ bus, publisher, maxPayloadBytes });
  const listener = await system.spawn(
    events.definition,
    { placement: "here", label: "events" },
    "mesh",
  );
  const peers = await system.spawn(peersActor, {
    args: [{ nodeId, maxFrameBytes, open: settings.open }, endpoint, bus, listener],
    ...{ name: "peers", placement: "here" },
  }, "mesh");
  await endpoint.ask.watch(peers);
  const bootstrap: NodeId[] = [];
  for (const address of settings.bootstrap) {
    bootstrap.push(parseNodeAddress(address).nodeId);
    await startDialler(system, endpoint, address, peers);
  }
  const address = formatNodeAddress({ nodeId, ...bound });
  return { id: nodeId, address, system, endpoint, bus, peers, events, bootstrap };
}

async function startDialler(
  system: ActorSystem,
  endpoint: Ref<Endpoint>,
  address: string,
  peers: Ref<Peers>,
): Promise<void> {
  await system.spawn(diallerActor, {
    args: [endpoint, address, peers],
    ...{ label: "dialler", placement: "here", restart: "permanent" },
  }, "transport");
}

function ephemeralKeys(): { readonly node: string; readonly inception: Uint8Array } {
  const identity = createIdentity();
  return { node: identity.exportKeys().node, inception: identity.inception };
}

/** Takes the node's events to its user, and remembers which peers are synced. */
class Events {
  readonly definition: ActorDefinition<[], EventListener>;
  readonly #synced = new Set<string>();
  readonly #waiting = new Map<string, PromiseWithResolvers<void>>();

  constructor(onEvent: ((event: NodeEvent) => void) | undefined) {
    this.definition = defineActor(import.meta, () => ({
      event: (event: NodeEvent) => {
        this.#note(event);
        onEvent?.(event);
      },
    }));
  }

  /** Settles when the peer is connected and has said what it has. */
  synced(peer: NodeId): Promise<void> {
    if (this.#synced.has(peer)) return Promise.resolve();
    let waiting = this.#waiting.get(peer);
    if (!waiting) this.#waiting.set(peer, waiting = Promise.withResolvers<void>());
    return waiting.promise;
  }

  #note(event: NodeEvent): void {
    if (event.event === "peer-down") this.#synced.delete(event.peer);
    if (event.event !== "peer-synced") return;
    this.#synced.add(event.peer);
    this.#waiting.get(event.peer)?.resolve();
    this.#waiting.delete(event.peer);
  }
}
