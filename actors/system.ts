import { REF } from "../values/mod.ts";
import type { AnyRef, Ref } from "./ref.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type DeadLetterSummary, sumDeadLetters } from "./dead_letters.ts";
import type { ActorDefinition, HandlersOf } from "./definition.ts";
import { ActorError, EndedError } from "./errors.ts";
import type { ExitReason } from "./exit_reason.ts";
import type { GroupEvent } from "./groups/group_view.ts";
import { Kernel } from "./kernel.ts";
import { GROUPS, REGISTRY, serviceOf, TERMS } from "./own_slots.ts";
import type { ActorInfo, CrashReport, ShardInfo, Topology } from "./reports.ts";
import type { SupervisionOptions } from "./supervision/policy.ts";
import { type Service, startMainServices, startOwn, startService } from "./service.ts";
import { SHARD_MARK, type ShardCommand, type ShardReport } from "./shard_protocol.ts";
import type { Slot } from "./slot.ts";
import type { SpawnOptions } from "./spawn_options.ts";
import type { Terms } from "./terms.ts";
import type { BusParts } from "./bus.ts";
import type { BusClient } from "./bus_client.ts";

/** How to start an {@link ActorSystem}. */
export interface SystemOptions {
  /** Shards for users' actors: 0 or more; 1 unless named. */
  readonly userShards?: number;
  /** Further shards, by name, for actors that ask for them with `spawn`'s `shard`. */
  readonly ownShards?: readonly string[];
  /** Time for the main isolate's kernel; the machine's unless named. */
  readonly clock?: Clock;
  /** Gets every crash report; they are written to stderr unless named. */
  readonly onCrash?: (report: CrashReport) => void;
  /** Restarts that the root allows. */
  readonly supervise?: SupervisionOptions;
}

interface Shard {
  readonly number: number;
  readonly name: string;
  readonly worker: Worker;
}

/**
 * The actors of one process: the main isolate's kernel, one Worker for each further shard, and a
 * root supervisor above everything that is spawned from outside of an actor.
 */
export class ActorSystem implements AsyncDisposable {
  readonly #kernel: Kernel;
  readonly #shards: Shard[] = [];
  readonly #groups = new Map<string, Slot>();
  /** Settles, with the reason, if the root supervisor gives up: nothing runs any more then. */
  readonly failed: Promise<ExitReason>;
  /** Puts terms. Whoever is given this ref can; actors read terms with `ctx.term`. */
  readonly terms: Ref<Terms>;
  readonly #failed = Promise.withResolvers<ExitReason>();
  #root: Slot | undefined;
  #topology: Topology = { users: [], names: { main: 0 } };
  #stopped: Promise<void> | undefined;
  #nextShard = 1;

  private constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.failed = this.#failed.promise;
    this.terms = kernel.ref<Terms>(TERMS);
  }

  /**
   * Starts the shards.
   *
   * @throws {ActorError} `inside-shard` when called by code that a shard has loaded
   */
  static async start(options: SystemOptions = {}): Promise<ActorSystem> {
    if ((globalThis as { [SHARD_MARK]?: number })[SHARD_MARK] !== undefined) {
      throw new ActorError(
        "inside-shard",
        "an actor's module starts a node when it is loaded: move the actor to a file of its own",
      );
    }
    const userShards = options.userShards ?? 1;
    if (!Number.isSafeInteger(userShards) || userShards < 0 || userShards > 256) {
      throw new RangeError(`userShards is ${userShards}: give a whole number from 0 to 256`);
    }
    const ownShards = options.ownShards ?? [];
    checkShardNames(ownShards);
    const kernel = new Kernel(0, newRun(), options.clock ?? systemClock);
    const system = new ActorSystem(kernel);
    kernel.spawner.setTopology(system.#topology);
    await startService(kernel);
    await startMainServices(kernel, guarded(options.onCrash ?? printCrash));
    system.#root = await startOwn(kernel, undefined, "", (ctx) => {
      if (options.supervise) ctx.supervise(options.supervise);
      return {};
    });
    kernel.monitor(system.#root.address, system.#failed.resolve);
    const names = [
      ...ownShards,
      ...Array.from({ length: userShards }, (_, i) => `user-${i + 1}`),
    ];
    try {
      for (const name of names) await system.#addShard(name);
    } catch (error) {
      await system.stop();
      throw error;
    }
    return system;
  }

  /**
   * Starts an actor under the root supervisor, or under a group made by {@link ActorSystem.group}.
   *
   * @throws {SpawnError} when it cannot be loaded or its factory throws
   * @throws {NameTakenError} when its name is another actor's
   * @throws {RangeError} for a placement, shard, name or group that does not exist
   * @throws {EndedError} when the system has stopped, or the supervisor has ended
   */
  async spawn<A extends unknown[], H>(
    definition: ActorDefinition<A, H>,
    options: SpawnOptions<A>,
    group?: string,
  ): Promise<Ref<H>> {
    const parent = group === undefined ? this.#root : this.#groups.get(group);
    if (!parent) throw new RangeError(`there is no group "${group}"`);
    if (this.#stopped) {
      throw new EndedError("the actor system has stopped: nothing can be started in it", {
        reason: "shutdown",
      });
    }
    return await this.#kernel.spawner.spawn(definition, options, parent);
  }

  /** Makes a supervisor under the root, in the main isolate, to spawn into. */
  async group(name: string, intensity: SupervisionOptions = {}): Promise<void> {
    const definition: ActorDefinition<[], object> = {
      url: import.meta.url,
      factory(ctx) {
        ctx.supervise(intensity);
        return {};
      },
    };
    const root = this.#root as Slot;
    const options = { placement: "here", label: name, restart: "permanent" } as const;
    const ref = await this.#kernel.spawner.spawn(definition, options, root);
    this.#groups.set(name, this.#kernel.slot(ref[REF].slot) as Slot);
  }

  /** Gives every shard its way to topics and procedures. */
  async attachBus(parts: BusParts): Promise<void> {
    await Promise.all(this.#services().map((service) => service.ask.attachBus(parts)));
  }

  /**
   * Gives every shard its way to the store, an actor of the main isolate that serves `KeptStore`.
   * Names are freed there too, over the same links: so the last save of an actor that was killed
   * comes before whatever the next one of its name loads and saves.
   */
  async attachStore(store: AnyRef): Promise<void> {
    await Promise.all(this.#services().map((service) => service.ask.attachStore(store)));
  }

  /** The main isolate's copy of a term; `undefined` where there is none. */
  term<T>(name: string): T | undefined {
    return this.#kernel.terms.get(name) as T | undefined;
  }

  /** The main isolate's way to the bus. */
  get bus(): BusClient {
    return this.#kernel.bus;
  }

  /** The actor registered under a name. */
  async lookup<D = unknown>(name: string): Promise<Ref<HandlersOf<D>> | undefined> {
    const address = await this.#kernel.spawner.lookup(name);
    return address && this.#kernel.ref<HandlersOf<D>>(address);
  }

  /** A ref to whoever holds a name when a message is sent through it. */
  named<D = unknown>(name: string): Ref<HandlersOf<D>> {
    return this.#kernel.named<HandlersOf<D>>(name);
  }

  /** The members of a process group, in the order in which they joined. */
  async members<D = unknown>(group: string): Promise<Ref<HandlersOf<D>>[]> {
    const members = await this.#kernel.groups.members(group);
    return members.map((ref) => this.#kernel.ref<HandlersOf<D>>(ref[REF]));
  }

  /** Calls `listener` with every change of a process group from now on. */
  watchGroup(group: string, listener: (event: GroupEvent<AnyRef>) => void): Disposable {
    return this.#kernel.groups.watch(group, listener);
  }

  /** Calls `listener` once when the ref's incarnation ends; at once if there is none. */
  monitor(ref: AnyRef, listener: (reason: ExitReason) => void): Disposable {
    return this.#kernel.monitor(ref[REF], listener);
  }

  /** Stops an actor that was spawned from outside, and waits for its end. */
  async stopActor(ref: AnyRef): Promise<void> {
    for (const slot of [this.#root as Slot, ...this.#groups.values()]) {
      await slot.supervision.stop(ref[REF]);
    }
  }

  /** Every actor of every shard. */
  async actors(): Promise<readonly ActorInfo[]> {
    return (await this.#infos()).flatMap((info) => info.actors);
  }

  /** Dead letters of all shards. */
  async deadLetters(): Promise<DeadLetterSummary> {
    return sumDeadLetters((await this.#infos()).map((info) => info.deadLetters));
  }

  /** Stops everything, the youngest first, and ends the Workers. */
  stop(): Promise<void> {
    return this.#stopped ??= this.#stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    await this.#root?.supervision.stopAll();
    await Promise.all(this.#shards.map((shard) => closeWorker(shard.worker)));
    this.#kernel.close();
    await this.#kernel.boxes.closed();
  }

  #services(): Ref<Service>[] {
    return [0, ...this.#shards.map((shard) => shard.number)].map((shard) =>
      this.#kernel.ref<Service>(serviceOf(shard))
    );
  }

  #infos(): Promise<ShardInfo[]> {
    return Promise.all(this.#services().map((service) => service.ask.info()));
  }

  async #addShard(name: string): Promise<void> {
    const number = this.#nextShard++;
    const worker = new Worker(new URL("./shard_worker.ts", import.meta.url), {
      type: "module",
      name: `macula ${name}`,
    });
    const ports: { peer: number; port: MessagePort }[] = [];
    const transfer: MessagePort[] = [];
    const join = (peer: number): MessagePort => {
      const channel = new MessageChannel();
      ports.push({ peer, port: channel.port1 });
      transfer.push(channel.port1);
      return channel.port2;
    };
    this.#kernel.connect(number, join(0));
    for (const other of this.#shards) {
      const port = join(other.number);
      command(other.worker, { type: "connect", peer: number, port }, [port]);
    }
    const names = { ...this.#topology.names, [name]: number };
    const users = name.startsWith("user-")
      ? [...this.#topology.users, number]
      : this.#topology.users;
    const topology = { users, names };
    const shard = { number, name, worker };
    worker.onerror = (event) => {
      event.preventDefault();
      this.#lost(shard, event.message);
    };
    const terms = this.#kernel.terms.records();
    command(
      worker,
      { type: "init", shard: number, run: this.#kernel.run, ports, topology, terms },
      transfer,
    );
    await reported(worker, "ready");
    this.#shards.push(shard);
    this.#setTopology(topology);
  }

  #setTopology(topology: Topology): void {
    this.#topology = topology;
    this.#kernel.spawner.setTopology(topology);
    for (const { worker } of this.#shards) command(worker, { type: "topology", topology });
  }

  #lost(shard: Shard, message: string): void {
    const at = this.#shards.indexOf(shard);
    if (at >= 0) this.#shards.splice(at, 1);
    shard.worker.terminate();
    const { users, names: { [shard.name]: _lost, ...names } } = this.#topology;
    this.#setTopology({ users: users.filter((number) => number !== shard.number), names });
    for (const to of [REGISTRY, GROUPS]) {
      this.#kernel.post.tell(to, "shardLost", [shard.number], undefined, {});
    }
    this.#kernel.crashed(undefined, "(shard lost)", new Error(`${shard.name}: ${message}`));
    this.#kernel.shardLost(shard.number);
    for (const other of this.#shards) command(other.worker, { type: "lost", shard: shard.number });
  }
}

/** A number that no other start of a system has: one of 2³⁰, which V8 keeps without a box. */
function newRun(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]! >>> 2;
}

function command(worker: Worker, message: ShardCommand, transfer: Transferable[] = []): void {
  worker.postMessage(message, transfer);
}

function reported(worker: Worker, type: ShardReport["type"]): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<ShardReport>) => {
      if (data.type === type) resolve();
    };
    worker.addEventListener("error", (event) => reject(new Error(event.message)), { once: true });
  });
}

async function closeWorker(worker: Worker): Promise<void> {
  const closed = reported(worker, "closed").catch(() => {/* it is gone, which is what we want */});
  command(worker, { type: "close" });
  let timer: ReturnType<typeof setTimeout> | undefined;
  // A shard that spins does not answer; it cannot be ended either (see docs/semantics.md).
  const late = new Promise<void>((resolve) => timer = setTimeout(resolve, 1_000));
  await Promise.race([closed, late]);
  clearTimeout(timer);
  worker.terminate();
}

/** @throws {RangeError} when one is not fit, taken or there twice */
function checkShardNames(names: readonly string[]): void {
  for (const [at, name] of names.entries()) {
    if (!/^[a-z][a-z0-9-]*$/.test(name) || name === "main" || name.startsWith("user-")) {
      throw new RangeError(
        `ownShards has "${name}": lower-case letters, digits and "-"; "main" and "user-…" are taken`,
      );
    }
    if (names.indexOf(name) !== at) throw new RangeError(`ownShards has "${name}" twice`);
  }
}

/** A taker of crash reports that does not fail the actor that calls it. */
function guarded(onCrash: (report: CrashReport) => void): (report: CrashReport) => void {
  return (report) => {
    try {
      onCrash(report);
    } catch (error) {
      printCrash(report);
      console.error("macula: onCrash threw:", error);
    }
  };
}

function printCrash(report: CrashReport): void {
  const where = `${report.actor || "root"} (shard ${report.shard}) in ${report.handler}`;
  console.error(`macula: ${where}: ${report.stack || report.error}`);
}
