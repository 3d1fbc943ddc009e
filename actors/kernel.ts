import { copyValue, REF, type RefAddress, reviveRefs, type Value } from "../values/mod.ts";
import { BusClient } from "./bus_client.ts";
import type { Clock } from "./clock.ts";
import {
  DEFAULT_DEADLINE_MS,
  DEFAULT_SHUTDOWN_MS,
  MAX_DEADLINE_MS,
  SPAWN_DEADLINE_MS,
} from "./constants.ts";
import type { ActorInfo, CrashReport, Topology } from "./reports.ts";
import { DeadLetters, type DeadReason } from "./dead_letters.ts";
import { Deadlines } from "./deadlines.ts";
import type { ActorDefinition, Factory } from "./definition.ts";
import {
  DeadlineError,
  describe,
  EndedError,
  fromWire,
  SelfAskError,
  SpawnError,
  toWire,
  type WireError,
} from "./errors.ts";
import { type ExitKind, type ExitReason, exitReason } from "./exit_reason.ts";
import type { Incarnation } from "./incarnation.ts";
import { Link, type LinkReceiver } from "./link.ts";
import { ASK, type Kind, type Message, SEND, type Signal, TELL } from "./message.ts";
import { type AnyRef, makeRef, type Ref, type RefOptions, type Target } from "./ref.ts";
import { Scheduler } from "./scheduler.ts";
import { Slot } from "./slot.ts";
import type { SlotSpec } from "./slot_spec.ts";
import { placementProblem, type SpawnOptions } from "./spawn_options.ts";

/** Slot of the shard's own service actor, in every shard. */
export const SERVICE_SLOT = 1;

/** Slot of the registry of names, in shard 0. */
export const REGISTRY_SLOT = 2;

/** Slot of the actor that takes crash reports, in shard 0. */
export const REPORTER_SLOT = 3;

const SERVICE = (shard: number): RefAddress => ({ shard, slot: SERVICE_SLOT });
const REGISTRY: RefAddress = { shard: 0, slot: REGISTRY_SLOT };
const REPORTER: RefAddress = { shard: 0, slot: REPORTER_SLOT };

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly to: RefAddress;
  readonly handler: string;
  readonly owner: Incarnation | undefined;
  readonly deadlineMs: number;
  readonly tick: number;
  readonly unsubscribe: (() => void) | undefined;
}

/**
 * The kernel of one shard: its slots, the promises that its code waits for, and the routes to
 * other shards. There is one per isolate that takes part, the main one included (shard 0).
 */
export class Kernel implements LinkReceiver {
  readonly shard: number;
  readonly clock: Clock;
  readonly deadLetters = new DeadLetters();
  readonly bus: BusClient;
  readonly #scheduler = new Scheduler(() => this.#flush());
  readonly #deadlines: Deadlines;
  readonly #slots = new Map<number, Slot>();
  readonly #links = new Map<number, Link>();
  readonly #pending = new Map<number, Pending>();
  readonly #monitors = new Map<
    number,
    { to: RefAddress; listener: (reason: ExitReason) => void }
  >();
  #topology: Topology = { users: [], names: {} };
  #nextUser = 0;
  #nextSlot = SERVICE_SLOT;
  #nextCorrelation = 1;
  #nextMonitor = 1;

  constructor(shard: number, clock: Clock) {
    this.shard = shard;
    this.clock = clock;
    this.#deadlines = new Deadlines(clock, (correlation) => this.#expired(correlation));
    this.bus = new BusClient(this);
  }

  // ---- refs and messages -------------------------------------------------------------------

  /** A ref to a slot; what is sent through it is sent by `owner`. */
  ref<H>(address: RefAddress, owner?: Incarnation): Ref<H> {
    const target: Target = {
      address,
      tell: (handler, args, options) => this.tell(address, handler, args, owner, options),
      send: (handler, args, options) => this.send(address, handler, args, owner, options),
      ask: (handler, args, options) => this.ask(address, handler, args, owner, options),
    };
    return makeRef<H>(target);
  }

  /** Fire and forget. */
  tell(
    to: RefAddress,
    handler: string,
    args: unknown[],
    owner: Incarnation | undefined,
    options: RefOptions,
  ): void {
    if (owner && !owner.alive) return;
    this.#route(to, this.#message(TELL, handler, args, owner, 0, Infinity, options));
  }

  /** Settles when the message is in the mailbox. */
  send(
    to: RefAddress,
    handler: string,
    args: unknown[],
    owner: Incarnation | undefined,
    options: RefOptions,
  ): Promise<void> {
    if (owner && !owner.alive) return this.#fenced(owner);
    try {
      if (to.shard === this.shard && this.#slots.get(to.slot)?.hasRoom) {
        this.#route(to, this.#message(SEND, handler, args, owner, 0, Infinity, options));
        return Promise.resolve();
      }
      const correlation = this.#nextCorrelation++;
      const message = this.#message(SEND, handler, args, owner, correlation, Infinity, options);
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      this.#pending.set(correlation, {
        ...{ resolve, reject, to, handler, owner },
        ...{ deadlineMs: Infinity, tick: -1, unsubscribe: undefined },
      });
      this.#route(to, message);
      return promise as Promise<void>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Settles exactly once, with the reply or an error. */
  ask(
    to: RefAddress,
    handler: string,
    args: unknown[],
    owner: Incarnation | undefined,
    options: RefOptions,
  ): Promise<unknown> {
    if (owner && !owner.alive) return this.#fenced(owner);
    try {
      if (owner?.occupied && to.shard === this.shard && owner.slot.id === to.slot) {
        throw new SelfAskError(
          `${owner.slot.spec.path} asked itself "${handler}" and would wait for its own turn for ` +
            `ever: call the function, or tell instead`,
        );
      }
      const { signal } = options;
      signal?.throwIfAborted();
      const deadlineMs = this.#deadlineOf(options, owner);
      const deadline = this.clock.now() + deadlineMs;
      const correlation = this.#nextCorrelation++;
      const message = this.#message(ASK, handler, args, owner, correlation, deadline, options);
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      let unsubscribe: (() => void) | undefined;
      if (signal) {
        const abort = () => this.#giveUp(correlation, signal.reason);
        signal.addEventListener("abort", abort, { once: true });
        // Once it is aborted the listener is gone, and looking for it walks past all others.
        unsubscribe = () => signal.aborted || signal.removeEventListener("abort", abort);
      }
      const tick = this.#deadlines.set(correlation, deadline);
      this.#pending.set(correlation, {
        ...{ resolve, reject, to, handler, owner, deadlineMs, tick, unsubscribe },
      });
      this.#route(to, message);
      return promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Replies to an ask; a result outside the domain of values becomes the asker's error. */
  reply(message: Message, result: unknown): void {
    let value: Value;
    try {
      value = copyValue(result, `result of ${message.handler}`);
    } catch (error) {
      return this.settle(message, error, undefined);
    }
    if (message.correlation === 0) return;
    if (message.replyShard === this.shard) this.replied(message.correlation, value);
    else this.#links.get(message.replyShard)?.reply(message.correlation, value);
  }

  /** Settles what a sender waits for: with `error` if there is one, else with nothing. */
  settle(message: Message, error: unknown, value: Value): void {
    const { correlation, replyShard } = message;
    if (correlation === 0) return;
    if (replyShard === this.shard) {
      if (error === undefined) this.replied(correlation, value);
      else this.failed(correlation, toWire(error));
    } else if (error === undefined) {
      this.#links.get(replyShard)?.reply(correlation, value);
    } else {
      this.#links.get(replyShard)?.fail(correlation, toWire(error));
    }
  }

  /** Fails the replies that a dead incarnation still owes. */
  failDeferred(incarnation: Incarnation, error: Error): void {
    for (const message of incarnation.takeDeferred()) this.settle(message, error, undefined);
  }

  /** Counts a message that reaches nobody, and tells whoever waits for it, if there is `error`. */
  bury(to: RefAddress, message: Message, reason: DeadReason, error?: () => Error): void {
    this.deadLetters.add({ reason, to: `${to.shard}.${to.slot}`, handler: message.handler });
    if (error && message.kind !== TELL && message.correlation !== 0) {
      this.settle(message, error(), undefined);
    }
  }

  // ---- what arrives ------------------------------------------------------------------------

  now(): number {
    return this.clock.now();
  }

  deliver(slotId: number, message: Message): void {
    const slot = this.#slots.get(slotId);
    if (slot) return slot.receive(message);
    const to = { shard: this.shard, slot: slotId };
    this.bury(
      to,
      message,
      "no-such-actor",
      () =>
        new EndedError(`ref ${to.shard}.${to.slot} names an actor that has ended`, {
          reason: "no-such-actor",
        }),
    );
  }

  replied(correlation: number, value: unknown): void {
    const pending = this.#take(correlation);
    if (pending) pending.resolve(this.#reviveReply(value, pending.owner));
  }

  failed(correlation: number, error: WireError): void {
    this.#take(correlation)?.reject(fromWire(error));
  }

  cancelled(slot: number, replyShard: number, correlation: number): void {
    this.#slots.get(slot)?.cancel(replyShard, correlation);
  }

  signalled(slotId: number, signal: Signal): void {
    const slot = this.#slots.get(slotId);
    if (slot) return slot.signal(signal);
    if (signal.type === "monitor") {
      this.notifyDown(signal.shard, signal.id, exitReason("no-such-actor"));
    } else if (signal.type === "child-exit") {
      // Its supervisor is gone: nobody will decide, so it ends.
      this.signal({ shard: signal.shard, slot: signal.slot }, { type: "end" });
    }
  }

  down(id: number, kind: string, message: string): void {
    const monitor = this.#monitors.get(id);
    this.#monitors.delete(id);
    try {
      monitor?.listener({ kind: kind as ExitKind, message });
    } catch (error) {
      // What came after it in the same batch must still arrive.
      this.crashed(undefined, "(monitor)", error);
    }
  }

  // ---- signals, monitors -------------------------------------------------------------------

  /** Puts a signal into a slot's system lane. */
  signal(to: RefAddress, signal: Signal): void {
    if (to.shard === this.shard) this.signalled(to.slot, signal);
    else this.#links.get(to.shard)?.signal(to.slot, signal);
  }

  /** Calls `listener` once, when the incarnation that is in the slot now has ended. */
  monitor(to: RefAddress, listener: (reason: ExitReason) => void): Disposable {
    const id = this.#nextMonitor++;
    this.#monitors.set(id, { to, listener });
    // Never from inside of this call: the listener may want what it returns.
    const at = (kind: ExitKind, message: string) =>
      queueMicrotask(() => this.down(id, kind, message));
    if (to.shard === this.shard ? !this.#slots.has(to.slot) : !this.#links.has(to.shard)) {
      if (to.shard === this.shard) at("no-such-actor", "no-such-actor");
      else at("shard-lost", `shard ${to.shard} is gone`);
    } else {
      this.signal(to, { type: "monitor", id, shard: this.shard });
    }
    return {
      [Symbol.dispose]: () => {
        if (this.#monitors.delete(id)) {
          this.signal(to, { type: "demonitor", id, shard: this.shard });
        }
      },
    };
  }

  /** Tells a watcher that the incarnation has ended. */
  notifyDown(shard: number, id: number, reason: ExitReason): void {
    if (shard === this.shard) this.down(id, reason.kind, reason.message);
    else this.#links.get(shard)?.down(id, reason.kind, reason.message);
  }

  // ---- actors ------------------------------------------------------------------------------

  /** Starts an actor under `parent`, here or in another shard. */
  async spawn<A extends unknown[], H>(
    definition: ActorDefinition<A, H>,
    options: SpawnOptions<A>,
    parent: Slot,
    owner?: Incarnation,
  ): Promise<Ref<H>> {
    const problem = placementProblem(definition, options);
    if (problem) throw problem;
    if (!parent.canSpawn) throw endedParent(parent);
    const name = options.name ?? null;
    const copied = copyValue(options.args ?? [], "args");
    const args = reviveRefs(copied, (address) => this.ref(address)) as unknown[];
    const shard = options.placement === "here" ? this.shard : this.#chooseShard(options.shard);
    const label = name ?? options.label ?? labelOf(definition.url);
    const path = parent.spec.path === "" ? label : `${parent.spec.path}/${label}`;
    const restart = options.restart ?? "transient";
    const child = parent.supervision.add(path, restart, options.shutdownMs ?? DEFAULT_SHUTDOWN_MS);
    let claim = 0;
    let address: RefAddress | undefined;
    try {
      if (name !== null) claim = await this.#registry("claim", [name]) as number;
      const spec: SlotSpec = {
        ...{ url: definition.url, args, name, claim, path, restart },
        mailbox: { ...options.mailbox },
        parent: { ...parent.address, child },
      };
      address = options.placement === "here"
        ? await this.start(spec, definition.factory as Factory<unknown[], unknown>)
        : await this.#startIn(shard, spec);
      if (name !== null) await this.#registry("bind", [name, claim, address]);
      parent.supervision.started(child, address);
      return this.ref<H>(address, owner);
    } catch (error) {
      parent.supervision.ended(child);
      if (address) this.signal(address, { type: "kill" });
      this.#releaseName(name, claim);
      throw error;
    }
  }

  /** Makes a slot in this shard and starts its first incarnation. */
  async start(spec: SlotSpec, factory: Factory<unknown[], unknown>): Promise<RefAddress> {
    const slot = this.create(spec, factory);
    try {
      await slot.begin();
    } catch (error) {
      throw new SpawnError(`${spec.path} did not start: ${describe(error)}`, { url: spec.url });
    }
    return slot.address;
  }

  /** Makes a slot that has not begun; for the kernel's own actors, whose numbers are known. */
  create(spec: SlotSpec, factory: Factory<unknown[], unknown>): Slot {
    const slot = new Slot(this, this.#nextSlot++, spec, factory);
    this.#slots.set(slot.id, slot);
    return slot;
  }

  /** A slot of this shard. */
  slot(id: number): Slot | undefined {
    return this.#slots.get(id);
  }

  /** Gives a slot its turn. */
  schedule(slot: Slot): void {
    this.#scheduler.schedule(slot);
  }

  /** A slot has ended. */
  removed(slot: Slot): void {
    this.#slots.delete(slot.id);
    this.#releaseName(slot.spec.name, slot.spec.claim);
  }

  /** Reports that an incarnation failed, or that something in this shard did. */
  crashed(slot: Slot | undefined, handler: string | undefined, error: unknown): void {
    const report: CrashReport = {
      actor: slot?.spec.path ?? `shard ${this.shard}`,
      shard: this.shard,
      handler: (handler ?? "(start)").toWellFormed(),
      error: describe(error),
      stack: stackOf(error),
    };
    this.tell(REPORTER, "report", [report], undefined, {});
  }

  /** The actor registered under a name. */
  async lookup(name: string): Promise<RefAddress | undefined> {
    const found = await this.#registry("find", [name]) as AnyRef | null;
    return found?.[REF];
  }

  /** What runs in this shard. */
  tree(): ActorInfo[] {
    return [...this.#slots.values()].map((slot) => ({
      path: slot.spec.path,
      shard: this.shard,
      slot: slot.id,
      state: slot.state,
      queued: slot.queued,
      handled: slot.handled,
      restarts: Math.max(0, slot.incarnations - 1),
    }));
  }

  // ---- shards ------------------------------------------------------------------------------

  /** Joins this shard to another one. */
  connect(peer: number, port: MessagePort): void {
    this.#links.set(peer, new Link(peer, port, this, () => this.#scheduler.arm()));
  }

  /** Another shard is gone: whatever waits for it is told. */
  shardLost(shard: number): void {
    this.#links.get(shard)?.close();
    this.#links.delete(shard);
    for (const [correlation, { to, handler }] of [...this.#pending]) {
      if (to.shard !== shard) continue;
      const error = new EndedError(`shard ${shard} was lost before it answered "${handler}"`, {
        reason: "shard-lost",
      });
      this.#take(correlation)?.reject(error);
    }
    for (const [id, monitor] of [...this.#monitors]) {
      if (monitor.to.shard === shard) this.down(id, "shard-lost", `shard ${shard} is gone`);
    }
    for (const slot of [...this.#slots.values()]) {
      slot.shardLost(shard);
      if (slot.spec.parent?.shard === shard) slot.orphan();
    }
  }

  /** Says which shards there are. */
  setTopology(topology: Topology): void {
    this.#topology = topology;
  }

  /** Closes the links and timers of this shard; what still waits is rejected. */
  close(): void {
    // What was given up while it started is nobody's child any more.
    for (const slot of [...this.#slots.values()]) {
      if (slot.spec.parent) slot.signal({ type: "kill" });
    }
    this.#flush();
    for (const correlation of [...this.#pending.keys()]) {
      this.#take(correlation)?.reject(
        new EndedError("the actor system has stopped", { reason: "shutdown" }),
      );
    }
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
    this.#deadlines.close();
  }

  // ---- inside ------------------------------------------------------------------------------

  #message(
    kind: Kind,
    handler: string,
    args: unknown[],
    owner: Incarnation | undefined,
    correlation: number,
    deadline: number,
    options: RefOptions,
  ): Message {
    const seen = { refs: false };
    const copied = new Array<Value>(args.length);
    for (let i = 0; i < args.length; i++) copied[i] = copyValue(args[i], `args[${i}]`, seen);
    return {
      ...{ kind, handler, args: copied, refs: seen.refs, correlation, deadline },
      sender: owner?.slot.address,
      caller: options.caller,
      replyShard: this.shard,
    };
  }

  #route(to: RefAddress, message: Message): void {
    if (to.shard === this.shard) return this.deliver(to.slot, message);
    const link = this.#links.get(to.shard);
    if (!link) {
      const text = `shard ${to.shard} is gone`;
      return this.bury(
        to,
        message,
        "shard-lost",
        () => new EndedError(text, { reason: "shard-lost" }),
      );
    }
    const { deadline } = message;
    link.message(
      to.slot,
      message,
      deadline === Infinity ? Infinity : deadline - this.clock.now(),
    );
  }

  async #startIn(shard: number, spec: SlotSpec): Promise<RefAddress> {
    const options = { deadlineMs: SPAWN_DEADLINE_MS };
    try {
      return await this.ask(SERVICE(shard), "spawn", [spec], undefined, options) as RefAddress;
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      throw new SpawnError(
        `${spec.path} did not start within ${SPAWN_DEADLINE_MS} ms: what its module or factory ` +
          `awaits must come sooner, or be awaited by a handler`,
        { url: spec.url },
      );
    }
  }

  #registry(handler: string, args: unknown[]): Promise<unknown> {
    return this.ask(REGISTRY, handler, args, undefined, {});
  }

  #releaseName(name: string | null, claim: number): void {
    if (name !== null && claim > 0) this.tell(REGISTRY, "release", [name, claim], undefined, {});
  }

  #chooseShard(name: string | undefined): number {
    const { users, names } = this.#topology;
    if (name === undefined) {
      const shard = users[this.#nextUser++ % Math.max(1, users.length)];
      if (shard === undefined) {
        throw new SpawnError(
          `there is no shard for users: start the system with userShards of 1 or more, or spawn ` +
            `with placement "here"`,
        );
      }
      return shard;
    }
    const shard = Object.hasOwn(names, name) ? names[name] : undefined;
    if (shard === undefined) {
      throw new RangeError(
        `there is no shard "${name}": there are ${Object.keys(names).join(", ")}`,
      );
    }
    return shard;
  }

  /** The lesser of what the caller names and what the message being handled has left. */
  #deadlineOf(options: RefOptions, owner: Incarnation | undefined): number {
    const named = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
    if (!(named > 0 && named <= MAX_DEADLINE_MS)) {
      throw new RangeError(
        `deadlineMs is ${named}: give more than 0 and at most ${MAX_DEADLINE_MS} ms`,
      );
    }
    const inherited = owner?.current?.deadline ?? Infinity;
    return Math.min(named, Math.max(0, inherited - this.clock.now()));
  }

  #take(correlation: number): Pending | undefined {
    const pending = this.#pending.get(correlation);
    if (!pending) return undefined;
    this.#pending.delete(correlation);
    if (pending.tick >= 0) this.#deadlines.clear(correlation, pending.tick);
    pending.unsubscribe?.();
    return pending;
  }

  #expired(correlation: number): void {
    const pending = this.#pending.get(correlation);
    if (!pending) return;
    const { handler, to, deadlineMs } = pending;
    this.#giveUp(
      correlation,
      new DeadlineError(
        `no reply to "${handler}" from ref ${to.shard}.${to.slot} within ${
          Math.round(deadlineMs)
        } ms: it may or may not have run; ask with a longer deadlineMs if it is slow`,
        { handler, deadlineMs },
      ),
    );
  }

  #giveUp(correlation: number, error: unknown): void {
    const pending = this.#take(correlation);
    if (!pending) return;
    pending.reject(error);
    const { to } = pending;
    if (to.shard === this.shard) this.cancelled(to.slot, this.shard, correlation);
    else this.#links.get(to.shard)?.cancel(to.slot, this.shard, correlation);
  }

  #fenced(owner: Incarnation): Promise<never> {
    const refused = Promise.reject(
      new EndedError(`this incarnation of ${owner.slot.spec.path} has ended`),
    );
    refused.catch(() => {/* dead code may well not wait for it */});
    return refused;
  }

  #reviveReply(value: unknown, owner: Incarnation | undefined): unknown {
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
    return reviveRefs(value as Value, (address) => this.ref(address, owner));
  }

  #flush(): void {
    for (const link of this.#links.values()) link.flush();
  }
}

function endedParent(parent: Slot): Error {
  const { path } = parent.spec;
  const reason = parent.state === "stopping" ? "shutdown" : "ended";
  return new EndedError(
    `${path || "the root supervisor"} is ${parent.state}: nothing can be started under it`,
    { reason },
  );
}

/** The stack of whatever was thrown, if it has one. Never throws. */
function stackOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.stack ?? "").toWellFormed() : "";
  } catch {
    return ""; // a getter, or a proxy, that throws
  }
}

/** What a person calls an actor that has no name: its module. */
function labelOf(url: string): string {
  const file = url.slice(url.lastIndexOf("/") + 1);
  return file.replace(/\.[cm]?[jt]sx?$/, "");
}
