import { REF } from "../values/mod.ts";
import type { AnyRef, Ref } from "./ref.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type DeadLetterSummary, sumDeadLetters } from "./dead_letters.ts";
import type { ActorDefinition, HandlersOf } from "./definition.ts";
import { ActorError, EndedError } from "./errors.ts";
import type { ExitReason } from "./exit_reason.ts";
import { Fleet } from "./fleet/fleet.ts";
import { checkShards, shardNames } from "./fleet/shard_names.ts";
import { resolveWatchdog, type WatchdogOptions } from "./fleet/watchdog_options.ts";
import type { GroupEvent } from "./groups/group_view.ts";
import { Kernel } from "./kernel.ts";
import { serviceOf, TERMS } from "./own_slots.ts";
import { guarded, printAnswering, printCrash, printStuck } from "./printed_reports.ts";
import type { ActorInfo, CrashReport, ShardStuck, SystemStatus } from "./reports.ts";
import type { SupervisionOptions } from "./supervision/policy.ts";
import { type Service, startMainServices, startOwn, startService } from "./service.ts";
import { SHARD_MARK } from "./shard_protocol.ts";
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
  /** How shards are watched; as it says there unless named, and not at all if `false`. */
  readonly watchdog?: WatchdogOptions | false;
  /**
   * Told once of a shard that does not answer, and of who is running in it; written to stderr unless
   * named. New actors go elsewhere, or wait, until it answers. It cannot be ended: a Worker that spins
   * goes on spinning, whatever its parent does (Deno 2.9).
   */
  readonly onStuck?: (stuck: ShardStuck) => void;
  /** Told of a shard that answers again; written to stderr unless named. */
  readonly onAnswering?: (stuck: ShardStuck) => void;
  /** Restarts that the root allows. */
  readonly supervise?: SupervisionOptions;
}

/**
 * The actors of one process: the main isolate's kernel, one Worker for each further shard, and a
 * root supervisor above everything that is spawned from outside of an actor.
 */
export class ActorSystem implements AsyncDisposable {
  readonly #kernel: Kernel;
  readonly #fleet: Fleet;
  readonly #groups = new Map<string, Slot>();
  /** Settles, with the reason, if the root supervisor gives up: nothing runs any more then. */
  readonly failed: Promise<ExitReason>;
  /** Puts terms. Whoever is given this ref can; actors read terms with `ctx.term`. */
  readonly terms: Ref<Terms>;
  readonly #failed = Promise.withResolvers<ExitReason>();
  #root: Slot | undefined;
  #stopped: Promise<void> | undefined;

  private constructor(kernel: Kernel, fleet: Fleet) {
    this.#kernel = kernel;
    this.#fleet = fleet;
    this.failed = this.#failed.promise;
    this.terms = kernel.ref<Terms>(TERMS);
  }

  /**
   * Starts the shards.
   *
   * @throws {ActorError} `inside-shard` when called by code that a shard has loaded
   * @throws {RangeError} for a number, a name or a time that is out of bounds; it says which
   */
  static async start(options: SystemOptions = {}): Promise<ActorSystem> {
    if ((globalThis as { [SHARD_MARK]?: number })[SHARD_MARK] !== undefined) {
      throw new ActorError(
        "inside-shard",
        "an actor's module starts a node when it is loaded: move the actor to a file of its own",
      );
    }
    const { userShards = 1, ownShards = [], onCrash = printCrash } = options;
    const { watchdog = {}, onStuck = printStuck, onAnswering = printAnswering } = options;
    checkShards(ownShards, userShards);
    const watched = watchdog === false ? undefined : resolveWatchdog(watchdog);
    const kernel = new Kernel(0, newRun(), options.clock ?? systemClock);
    const fleet = new Fleet(kernel, {
      watchdog: watched,
      onStuck: guarded("onStuck", onStuck, printStuck),
      onAnswering: guarded("onAnswering", onAnswering, printAnswering),
    });
    const system = new ActorSystem(kernel, fleet);
    await startService(kernel);
    await startMainServices(kernel, guarded("onCrash", onCrash, printCrash));
    system.#root = await startOwn(kernel, undefined, "", (ctx) => {
      if (options.supervise) ctx.supervise(options.supervise);
      return {};
    });
    kernel.monitor(system.#root.address, system.#failed.resolve);
    try {
      await fleet.start(shardNames(ownShards, userShards));
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
    if (this.#groups.has(name)) throw new RangeError(`there is a group "${name}" already`);
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
    await this.#fleet.attachBus(parts);
  }

  /**
   * Gives every shard its way to the store, an actor of the main isolate that serves `KeptStore`.
   * Names are freed there too, over the same links: so the last save of an actor that was killed
   * comes before whatever the next one of its name loads and saves.
   */
  async attachStore(store: AnyRef): Promise<void> {
    await this.#fleet.attachStore(store);
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
    if (!this.#kernel.isOurs(ref[REF])) return;
    for (const slot of [this.#root as Slot, ...this.#groups.values()]) {
      await slot.supervision.stop(ref[REF]);
    }
  }

  /** Every actor of every shard; those of a shard that does not answer as they last were. */
  async actors(): Promise<readonly ActorInfo[]> {
    return await this.#fleet.actors();
  }

  /** The shards, the main one first, and the memory of their process. */
  async shards(): Promise<SystemStatus> {
    const shards = await this.#fleet.statuses();
    return { shards, rssBytes: Deno.memoryUsage().rss };
  }

  /**
   * What an actor keeps (`ctx.keep`), for debugging: taken between two of its messages, as OTP's
   * `sys:get_state` does.
   *
   * @throws {EndedError} (rejects) when it is not running
   * @throws {ActorError} (rejects) `no-state` when it keeps nothing
   * @throws {DeadlineError} (rejects) when it does not come to it within 5 s
   */
  async state(ref: AnyRef): Promise<unknown> {
    const { shard, slot } = ref[REF];
    return await this.#kernel.ref<Service>(serviceOf(shard)).ask.state(slot);
  }

  /** Dead letters of all shards. */
  async deadLetters(): Promise<DeadLetterSummary> {
    return sumDeadLetters(await this.#fleet.deadLetters());
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
    await this.#fleet.stop();
    this.#kernel.close();
    await this.#kernel.boxes.closed();
  }
}

/** A number that no other start of a system has: one of 2³⁰, which V8 keeps without a box. */
function newRun(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]! >>> 2;
}
