import { REF, type RefAddress } from "../values/mod.ts";
import { BoxSupport } from "./box_support.ts";
import { BusClient } from "./bus_client.ts";
import type { Clock } from "./clock.ts";
import { MAX_REPORT_LENGTH } from "./constants.ts";
import { DeadLetters, type DeadReason } from "./dead_letters.ts";
import type { Factory } from "./definition.ts";
import type { Heartbeat } from "./fleet/heartbeat.ts";
import { describe, SpawnError, type WireError } from "./errors.ts";
import { type ExitKind, type ExitReason, exitReason } from "./exit_reason.ts";
import { GroupClient } from "./groups/group_client.ts";
import type { Incarnation } from "./incarnation.ts";
import { KeptStoreClient } from "./kept_store.ts";
import { begin, kill, shardLost } from "./life.ts";
import { Link, type LinkReceiver } from "./link.ts";
import { LocalTarget } from "./local_target.ts";
import type { Message } from "./message.ts";
import { Monitors } from "./monitors.ts";
import { REPORTER, SERVICE_SLOT } from "./own_slots.ts";
import { Persistence } from "./persistence.ts";
import { Post } from "./post.ts";
import { makeRef, NO_OPTIONS, type Ref } from "./ref.ts";
import type { ActorInfo, CrashReport, ShardVitals } from "./reports.ts";
import { Ring } from "./ring.ts";
import { Scheduler } from "./scheduler.ts";
import { ShardBooks } from "./shard_books.ts";
import type { Signal } from "./signal.ts";
import { Slot } from "./slot.ts";
import type { SlotSpec } from "./slot_spec.ts";
import { grantStream } from "./slot_streams.ts";
import { nameProblem } from "./spawn_options.ts";
import { Spawner } from "./spawner.ts";
import { StackBudget } from "./stack_budget.ts";
import { TagTrail } from "./tag_trail.ts";
import { TermTable } from "./term_table.ts";
import type { Transits } from "./transit.ts";

/**
 * The kernel of one shard: its slots, its post, its signals, and the links to other shards. There
 * is one per isolate that takes part, the main one included (shard 0).
 */
export class Kernel implements LinkReceiver {
  readonly shard: number;
  /** The number of this start of the system; see `RefAddress`. */
  readonly run: number;
  readonly clock: Clock;
  readonly books: ShardBooks;
  readonly deadLetters: DeadLetters;
  readonly post: Post;
  readonly bus: BusClient;
  readonly keptStore: KeptStoreClient;
  readonly groups: GroupClient;
  readonly boxes: BoxSupport;
  readonly terms: TermTable = new TermTable();
  readonly scheduler: Scheduler;
  readonly spawner: Spawner;
  readonly #slots = new Map<number, Slot>();
  readonly #links = new Map<number, Link>();
  readonly #monitors = new Monitors((error) => this.crashed(undefined, "(monitor)", error));
  /** The last messages handled: crash reports tell them. */
  readonly tags: TagTrail = new TagTrail();
  readonly #stacks = new StackBudget();
  readonly #signals = new Ring<{ readonly slotId: number; readonly signal: Signal }>();
  #signalling = false;
  #nextSlot = SERVICE_SLOT;

  /**
   * @param heartbeat what the shard writes down for the watchdog
   * @param books what it counts, for who outlives it
   */
  constructor(
    shard: number,
    run: number,
    clock: Clock,
    heartbeat?: Heartbeat,
    books: ShardBooks = new ShardBooks(),
  ) {
    this.shard = shard;
    this.run = run;
    this.clock = clock;
    this.books = books;
    this.deadLetters = new DeadLetters(books);
    this.scheduler = new Scheduler(() => this.#endTurn(), heartbeat);
    this.post = new Post(this);
    this.spawner = new Spawner(this);
    this.bus = new BusClient(this);
    this.keptStore = new KeptStoreClient(this);
    this.groups = new GroupClient(this);
    this.boxes = new BoxSupport(this);
  }

  /** A ref to a slot; what is sent through it is sent by `owner`. */
  ref<H>(address: RefAddress, owner?: Incarnation): Ref<H> {
    return makeRef<H>(new LocalTarget(this, address, owner));
  }

  /**
   * A ref to whoever holds a name.
   *
   * @throws {RangeError} for what can be no name
   */
  named<H>(name: string, owner?: Incarnation): Ref<H> {
    const problem = nameProblem(name);
    if (problem) throw problem;
    return makeRef<H>(this.post.named(name, owner));
  }

  /** Milliseconds of this shard's clock. */
  now(): number {
    return this.clock.now();
  }

  // ---- signals and monitors ------------------------------------------------------------------

  /** Puts a signal into a slot's system lane. */
  signal(to: RefAddress, signal: Signal): void {
    if (!this.isOurs(to)) this.#signalUnknown(to, signal);
    else if (to.shard === this.shard) this.signalled(to.slot, signal);
    else {
      const link = this.#links.get(to.shard);
      if (link) link.signal(to.slot, signal);
      else this.#signalUnknown(to, signal);
    }
  }

  /**
   * A signal is for a slot of this shard. One that another one sets off waits until that has been
   * seen to: a chain of links, or a deep tree, would exhaust the stack.
   */
  signalled(slotId: number, signal: Signal): void {
    if (this.#signalling) return void this.#signals.push({ slotId, signal });
    this.#signalling = true;
    try {
      this.#obey(slotId, signal);
      for (let next; (next = this.#signals.shift()) !== undefined;) {
        this.#obey(next.slotId, next.signal);
      }
    } finally {
      this.#signalling = false;
    }
  }

  #obey(slotId: number, signal: Signal): void {
    const slot = this.#slots.get(slotId);
    if (slot) slot.signal(signal);
    else this.#signalUnknown({ run: this.run, shard: this.shard, slot: slotId }, signal);
  }

  /** Who waits for an answer of what does not exist gets it. */
  #signalUnknown(to: RefAddress, signal: Signal): void {
    const gone = exitReason("no-such-actor");
    if (signal.type === "monitor") this.notifyDown(signal.shard, signal.id, gone);
    else if (signal.type === "link") {
      this.signal(signal.from, { type: "exit", from: to, ...gone, linked: true });
    } else if (signal.type === "child-exit") {
      // Its supervisor is gone: nobody will decide, so it ends.
      this.signal({ shard: signal.shard, slot: signal.slot }, { type: "end" });
    }
  }

  /** Calls `listener` once, when the incarnation that is in the slot now has ended. */
  monitor(to: RefAddress, listener: (reason: ExitReason) => void): Disposable {
    const id = this.#monitors.add(to, listener);
    // Never from inside of this call: the listener may want what it returns.
    const at = (kind: ExitKind, message: string) =>
      queueMicrotask(() => this.down(id, kind, message));
    if (!this.isOurs(to) || (to.shard === this.shard && !this.localSlot(to))) {
      at("no-such-actor", "no-such-actor");
    } else if (to.shard !== this.shard && !this.#links.has(to.shard)) {
      at("shard-lost", `shard ${to.shard} is gone`);
    } else {
      this.signal(to, { type: "monitor", id, shard: this.shard });
    }
    return {
      [Symbol.dispose]: () => {
        if (!this.#monitors.delete(id)) return;
        this.signal(to, { type: "demonitor", id, shard: this.shard });
      },
    };
  }

  /** Tells a watcher that the incarnation has ended. */
  notifyDown(shard: number, id: number, reason: ExitReason): void {
    if (shard === this.shard) this.down(id, reason.kind, reason.message);
    else this.#links.get(shard)?.down(id, reason.kind, reason.message);
  }

  down(id: number, kind: ExitKind, message: string): void {
    this.#monitors.fire(id, { kind, message });
  }

  // ---- actors --------------------------------------------------------------------------------

  /** Makes a slot in this shard and starts its first incarnation, at once if its factory can. */
  start(
    spec: SlotSpec,
    factory: Factory<unknown[], unknown>,
    signal?: AbortSignal,
  ): RefAddress | Promise<RefAddress> {
    const slot = this.create(spec, factory);
    // Who wanted it waits no more, and nobody else would ever stop it.
    signal?.addEventListener("abort", () => kill(slot), { once: true });
    try {
      const started = begin(slot);
      if (!started) return slot.address;
      return started.then(() => slot.address, (error) => didNotStart(slot, error));
    } catch (error) {
      return didNotStart(slot, error);
    }
  }

  /** Makes a slot that has not begun; for the kernel's own actors, whose numbers are known. */
  create(spec: SlotSpec, factory: Factory<unknown[], unknown>): Slot {
    const slot = new Slot(this, this.#nextSlot++, spec, factory);
    this.#slots.set(slot.id, slot);
    if (spec.kind.persist && spec.name !== null) {
      slot.extra.persistence = new Persistence(spec.name, this.keptStore, (error) => {
        if (slot.state !== "ended") this.crashed(slot, "(save)", error);
      });
    }
    return slot;
  }

  /** A slot of this shard. */
  slot(id: number): Slot | undefined {
    return this.#slots.get(id);
  }

  /** Whether an address is of this run; slots of another one may have the same numbers. */
  isOurs({ run }: RefAddress): boolean {
    return run === undefined || run === this.run;
  }

  /** The slot of that address, if it is one of this shard. */
  localSlot(address: RefAddress): Slot | undefined {
    if (address.shard !== this.shard) return undefined;
    if (!this.isOurs(address)) return undefined;
    return this.#slots.get(address.slot);
  }

  /** Gives a slot its turn. */
  schedule(slot: Slot): void {
    this.scheduler.schedule(slot);
  }

  /** Makes sure that a turn comes, and with it its end. */
  arm(): void {
    this.scheduler.arm();
  }

  /** A slot has ended. */
  removed(slot: Slot): void {
    this.#slots.delete(slot.id);
    this.scheduler.busy.forget(slot.id);
    const { extras } = slot;
    if (!extras) return;
    if (extras.name !== undefined) this.spawner.releaseName(extras.name, extras.claim);
    if (extras.grouped) this.groups.gone({ [REF]: slot.address });
  }

  /** Reports that an incarnation failed, or that something in this shard did. */
  crashed(slot: Slot | undefined, handler: string, error: unknown): void {
    const report: CrashReport = {
      actor: slot?.path ?? `shard ${this.shard}`,
      shard: this.shard,
      handler: handler.toWellFormed(),
      error: describe(error).slice(0, MAX_REPORT_LENGTH),
      stack: this.#stacks.take(this.clock.now()) ? stackOf(error).slice(0, MAX_REPORT_LENGTH) : "",
      last: slot ? this.tags.last(slot.id) : [],
    };
    this.post.tell(REPORTER, "report", [report], undefined, NO_OPTIONS);
  }

  /** What runs in this shard. */
  tree(): ActorInfo[] {
    return [...this.#slots.values()].map((slot) => slot.info());
  }

  /** What this shard has, uses and does. */
  vitals(): ShardVitals {
    const { heapUsed, heapTotal } = Deno.memoryUsage();
    return {
      actors: this.#slots.size,
      busyMs: this.scheduler.busy.totalMs,
      heapUsedBytes: heapUsed,
      heapTotalBytes: heapTotal,
    };
  }

  /** The path of what lives in another shard, if it is supervised by an actor of this one. */
  childPath({ shard, slot }: RefAddress): string | undefined {
    for (const { children } of this.#slots.values()) {
      for (const { address, path } of children?.children() ?? []) {
        if (address?.shard === shard && address.slot === slot) return path;
      }
    }
    return undefined;
  }

  // ---- messages ------------------------------------------------------------------------------

  deliver(slot: number, message: Message): void {
    this.post.deliver(slot, message);
  }

  bury(to: RefAddress, message: Message, reason: DeadReason, error?: () => Error): void {
    this.post.bury(to, message, reason, error);
  }

  replied(correlation: number, value: unknown): void {
    this.post.replied(correlation, value);
  }

  failed(correlation: number, error: WireError): void {
    this.post.failed(correlation, error);
  }

  cancelled(slot: number, replyShard: number, correlation: number): void {
    this.#slots.get(slot)?.cancel(replyShard, correlation);
  }

  itemArrived(correlation: number, value: unknown): void {
    this.post.itemArrived(correlation, value);
  }

  streamEndArrived(correlation: number): void {
    this.post.streamEndArrived(correlation);
  }

  granted(slot: number, replyShard: number, correlation: number, credit: number): void {
    const there = this.#slots.get(slot);
    if (there) grantStream(there, replyShard, correlation, credit);
  }

  // ---- shards --------------------------------------------------------------------------------

  /** Joins this shard to another one. */
  connect(peer: number, port: MessagePort, transits?: Transits): void {
    this.#links.set(peer, new Link(peer, port, this, () => this.scheduler.arm(), transits));
  }

  /** The link to another shard, while that lives. */
  link(shard: number): Link | undefined {
    return this.#links.get(shard);
  }

  /** Whether a shard is this one, or one that it is joined to. */
  reaches(shard: number): boolean {
    return shard === this.shard || this.#links.has(shard);
  }

  /** The shards that this one is joined to. */
  get peers(): number[] {
    return [...this.#links.keys()];
  }

  /** Another shard is gone: whatever waits for it is told. */
  shardLost(shard: number): void {
    this.deadLetters.addLost(this.#links.get(shard)?.cut() ?? 0);
    this.#links.delete(shard);
    this.post.shardLost(shard);
    this.#monitors.shardLost(shard);
    for (const slot of [...this.#slots.values()]) shardLost(slot, shard);
  }

  /** Closes the links and timers of this shard; what still waits is rejected. */
  close(): void {
    // What was given up while it started is nobody's child any more.
    for (const slot of [...this.#slots.values()]) if (slot.kind.parent) kill(slot);
    this.#endTurn();
    this.post.close();
    this.spawner.close();
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
  }

  #endTurn(): void {
    this.post.endTurn();
    for (const link of this.#links.values()) link.flush();
  }
}

function didNotStart({ path, kind: { url } }: Slot, error: unknown): never {
  throw new SpawnError(`${path} did not start: ${describe(error)}`, { url });
}

/** The stack of whatever was thrown, if it has one. Never throws. */
function stackOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.stack ?? "").toWellFormed() : "";
  } catch {
    return ""; // a getter, or a proxy, that throws
  }
}
