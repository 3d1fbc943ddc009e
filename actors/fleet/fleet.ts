import type { BusParts } from "../bus.ts";
import type { DeadLetterSummary } from "../dead_letters.ts";
import { describe } from "../errors.ts";
import type { Kernel } from "../kernel.ts";
import { GROUPS, REGISTRY, SERVICE_SLOT, serviceOf } from "../own_slots.ts";
import type { AnyRef, Ref } from "../ref.ts";
import type { ActorInfo, ShardStatus, ShardStuck } from "../reports.ts";
import type { Service } from "../service.ts";
import type { PortTo } from "../shard_protocol.ts";
import { Transit, type Transits } from "../transit.ts";
import { turnsBegun } from "./heartbeat.ts";
import { Place } from "./place.ts";
import { Shard } from "./shard.ts";
import { type Finding, ShardWatch } from "./shard_watch.ts";
import { topologyOf } from "./topology.ts";
import { TurnRate } from "./turn_rate.ts";
import { Watchdog } from "./watchdog.ts";
import type { WatchdogOptions } from "./watchdog_options.ts";

/** How a fleet is watched, and whom it tells. */
export interface FleetOptions {
  /** `undefined` for shards that nobody watches. */
  readonly watchdog: Required<WatchdogOptions> | undefined;
  readonly onStuck: (stuck: ShardStuck) => void;
  readonly onAnswering: (stuck: ShardStuck) => void;
}

/**
 * The Workers of a system: it starts them and joins each to all others; starts those again that are
 * lost, under their names and with new numbers; watches whether they answer; and ends them.
 */
export class Fleet {
  readonly #kernel: Kernel;
  readonly #options: FleetOptions;
  readonly #places: Place[] = [];
  /** All Workers that were started and not lost, ready or not. */
  readonly #shards = new Set<Shard>();
  #watchdog: Watchdog | undefined;
  readonly #mainRate: TurnRate;
  #nextNumber = 1;
  #closing = false;
  #bus: BusParts | undefined;
  #store: AnyRef | undefined;

  constructor(kernel: Kernel, options: FleetOptions) {
    this.#kernel = kernel;
    this.#options = options;
    this.#mainRate = new TurnRate(kernel.now(), 0);
    this.#publish();
  }

  /** Starts shards, one after another. */
  async start(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const place = new Place(name, this.#kernel.clock);
      this.#places.push(place);
      await this.#begin(place);
    }
  }

  /** Gives every shard, and those that come, its way to topics and procedures. */
  async attachBus(parts: BusParts): Promise<void> {
    this.#bus = parts;
    await Promise.all(this.#services().map((service) => service.ask.attachBus(parts)));
  }

  /** The same, to the store. */
  async attachStore(store: AnyRef): Promise<void> {
    this.#store = store;
    await Promise.all(this.#services().map((service) => service.ask.attachStore(store)));
  }

  /** Every actor of every shard; of one that does not answer, as they were when it last did. */
  async actors(): Promise<ActorInfo[]> {
    const own = await this.#service(0).ask.info();
    const others = await Promise.all(this.#alive().map((shard) => this.#actorsOf(shard)));
    return [...own.actors, ...others.flat()];
  }

  /** Dead letters of each shard; of one that does not answer, those that it last told of. */
  async deadLetters(): Promise<DeadLetterSummary[]> {
    const own = await this.#service(0).ask.info();
    const shards = this.#alive();
    await Promise.all(shards.map((shard) => this.#refresh(shard)));
    return [own, ...shards.flatMap(({ info }) => info ?? [])].map((info) => info.deadLetters);
  }

  /** The shards, the main one first, as they are now. */
  async statuses(): Promise<ShardStatus[]> {
    const now = this.#kernel.now();
    const turns = turnsBegun(this.#kernel.scheduler.heartbeat.read());
    const main: ShardStatus = {
      ...{ name: "main", shard: 0, state: "running", restarts: 0, turns, stuck: null },
      turnsPerSecond: this.#mainRate.perSecond(now, turns),
      vitals: this.#kernel.vitals(),
    };
    return [main, ...await Promise.all(this.#places.map((place) => this.#statusOf(place)))];
  }

  /** Ends the Workers; what is being started again is ended when it has. */
  async stop(): Promise<void> {
    this.#closing = true;
    this.#watchdog?.close();
    await Promise.all(this.#places.map(({ replacing }) => replacing));
    await Promise.all([...this.#shards].map((shard) => shard.close()));
    this.#shards.clear();
  }

  // ---- starting and losing -------------------------------------------------------------------

  /**
   * Starts a shard for a place that has none.
   *
   * @throws {Error} (rejects) when it is lost before it is ready
   */
  async #begin(place: Place): Promise<void> {
    const shard = place.shard = this.#launch(place.name);
    try {
      await shard.ready;
      const lost = shard.lost.then((message) => Promise.reject(new Error(message)));
      await Promise.race([lost, this.#attach(shard)]);
    } catch (error) {
      this.#forget(shard);
      throw error;
    }
    const { watchdog } = this.#options;
    if (watchdog && !this.#closing) {
      const { everyMs, stuckAfterMs } = watchdog;
      this.#watchdog ??= new Watchdog(this.#kernel.clock, everyMs, (now) => this.#look(now));
      const reading = shard.heartbeat.read();
      shard.watch = new ShardWatch(everyMs, stuckAfterMs, this.#kernel.now(), reading);
    }
    place.up = true;
    this.#publish();
    void shard.lost.then((message) => this.#lost(place, shard, message));
  }

  /** Gives a shard that is new what the others were given before. */
  async #attach({ number }: Shard): Promise<void> {
    const service = this.#service(number);
    if (this.#bus) await service.ask.attachBus(this.#bus);
    if (this.#store) await service.ask.attachStore(this.#store);
  }

  /** Starts a Worker, and joins it to all others. */
  #launch(name: string): Shard {
    const kernel = this.#kernel;
    const shard = new Shard(this.#nextNumber++, name, kernel.clock);
    const { number, heartbeat: { buffer: heartbeat }, books: { buffer: books }, lifeLine } = shard;
    const ports: PortTo[] = [];
    const join = (peer: number): [MessagePort, theirs: Transits, ours: Transits] => {
      const { port1, port2 } = new MessageChannel();
      const [there, back] = [new Transit(), new Transit()];
      ports.push({ peer, port: port1, out: there.buffer, in: back.buffer });
      return [port2, { out: back, in: there }, { out: there, in: back }];
    };
    const [port, main] = join(0);
    kernel.connect(number, port, main);
    for (const other of this.#shards) {
      const [port, theirs, ours] = join(other.number);
      other.transits.set(number, theirs);
      shard.transits.set(other.number, ours);
      const [out, back] = [theirs.out.buffer, theirs.in.buffer];
      other.command({ type: "connect", peer: number, port, out, in: back }, [port]);
    }
    shard.command({
      ...{ type: "init", shard: number, run: kernel.run, ports, heartbeat, books, lifeLine },
      topology: topologyOf(this.#places),
      terms: kernel.terms.records(),
      beatMs: this.#options.watchdog?.everyMs ?? null,
    }, ports.map(({ port }) => port));
    this.#shards.add(shard);
    return shard;
  }

  /** A shard's Worker is gone: whatever waits for it is told, and another one takes its place. */
  #lost(place: Place, shard: Shard, message: string): void {
    if (this.#closing) return;
    place.up = false;
    const again = place.mayRestart();
    const words = again ? "it is started again" : `it was ${place.bound}, and stays away`;
    const error = new Error(`${place.name}: ${message}; ${words}`);
    this.#kernel.crashed(undefined, "(shard lost)", error);
    this.#publish();
    this.#forget(shard);
    if (again) place.replacing = this.#replace(place);
  }

  async #replace(place: Place): Promise<void> {
    try {
      await this.#begin(place);
    } catch (error) {
      if (place.shard) this.#lost(place, place.shard, `it did not start: ${describe(error)}`);
    }
  }

  /** Ends what is left of a shard, here and in all others. */
  #forget(shard: Shard): void {
    if (!this.#shards.delete(shard)) return;
    shard.terminate();
    const { number } = shard;
    for (const to of [REGISTRY, GROUPS]) {
      this.#kernel.post.tell(to, "shardLost", [number], undefined, {});
    }
    this.#kernel.shardLost(number);
    this.#kernel.deadLetters.inherit(shard.books);
    const living = new Set([...this.#shards].map(({ number }) => number));
    for (const [peer, transits] of shard.transits) {
      // A shard that lives counts what was on its way itself, when it hears of the loss.
      if (living.has(peer)) continue;
      this.#kernel.deadLetters.addLost(transits.out.cut() + transits.in.cut());
    }
    for (const other of this.#shards) other.command({ type: "lost", shard: number });
  }

  #publish(): void {
    const topology = topologyOf(this.#places);
    this.#kernel.spawner.setTopology(topology);
    for (const shard of this.#shards) shard.command({ type: "topology", topology });
  }

  // ---- watching ------------------------------------------------------------------------------

  #look(now: number): void {
    this.#mainRate.look(now, turnsBegun(this.#kernel.scheduler.heartbeat.read()));
    for (const shard of this.#alive()) {
      const reading = shard.heartbeat.read();
      shard.rate.look(now, turnsBegun(reading));
      const finding = shard.watch?.tick(now, reading);
      if (!finding) continue;
      shard.found(finding);
      this.#publish();
      const { onStuck, onAnswering } = this.#options;
      const tell = finding.type === "stuck" ? onStuck : onAnswering;
      tell(this.#stuckOf(shard, finding));
    }
  }

  #stuckOf({ number: shard, name, info }: Shard, { slot, inTurn, forMs }: Finding): ShardStuck {
    const path = slot === SERVICE_SLOT ? "service" : this.#kernel.childPath({ shard, slot }) ??
      info?.actors.find((actor) => actor.slot === slot)?.path ?? null;
    return { shard, name, slot, path, inTurn, forMs: Math.round(forMs) };
  }

  // ---- asking --------------------------------------------------------------------------------

  #alive(): Shard[] {
    return this.#places.flatMap(({ alive }) => alive ?? []);
  }

  #service(shard: number): Ref<Service> {
    return this.#kernel.ref<Service>(serviceOf(shard));
  }

  #services(): Ref<Service>[] {
    return [0, ...[...this.#shards].map(({ number }) => number)].map((n) => this.#service(n));
  }

  /** Has a shard tell of its actors and dead letters, if it answers. */
  async #refresh(shard: Shard): Promise<void> {
    if (shard.stuck) return;
    try {
      shard.info = await this.#service(shard.number).with({ signal: shard.silence }).ask.info();
    } catch {
      // It is stuck, lost, or closed with the system: what it told last is all there is.
    }
  }

  async #actorsOf(shard: Shard): Promise<readonly ActorInfo[]> {
    await this.#refresh(shard);
    const { stuck, info } = shard;
    const actors = info?.actors ?? [];
    if (!stuck?.inTurn) return actors;
    return actors.map((it) => it.slot === stuck.slot ? { ...it, state: "stuck" } : it);
  }

  async #statusOf(place: Place): Promise<ShardStatus> {
    const { name, shard } = place;
    if (shard && place.up && !shard.stuck) {
      const service = this.#service(shard.number).with({ signal: shard.silence });
      // As above.
      shard.vitals = await service.ask.vitals().catch(() => shard.vitals);
    }
    const turns = shard?.turns ?? 0;
    const stuck = shard?.stuck && place.up ? this.#stuckOf(shard, shard.stuck) : null;
    return {
      ...{ name, shard: shard?.number ?? 0, state: place.state, restarts: place.restarts, turns },
      ...{ vitals: shard?.vitals ?? null, stuck },
      turnsPerSecond: place.up ? shard?.rate.perSecond(this.#kernel.now(), turns) ?? 0 : 0,
    };
  }
}
