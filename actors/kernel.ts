import { copyValue, type RefAddress, reviveRefs, type Value } from "../values/mod.ts";
import { BusClient } from "./bus_client.ts";
import type { Clock } from "./clock.ts";
import { DEFAULT_DEADLINE_MS, MAX_DEADLINE_MS } from "./constants.ts";
import { DeadLetters, type DeadReason } from "./dead_letters.ts";
import type { Factory } from "./definition.ts";
import {
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
import { KeptStoreClient } from "./kept_store.ts";
import { Link, type LinkReceiver } from "./link.ts";
import { ASK, type Kind, type Message, SEND, type Signal, TELL } from "./message.ts";
import { Monitors } from "./monitors.ts";
import { REPORTER, SERVICE_SLOT } from "./own_slots.ts";
import { PendingReplies } from "./pending_replies.ts";
import { makeRef, type Ref, type RefOptions, type Target } from "./ref.ts";
import type { ActorInfo, CrashReport } from "./reports.ts";
import { Scheduler } from "./scheduler.ts";
import { Slot } from "./slot.ts";
import type { SlotSpec } from "./slot_spec.ts";
import { Spawner } from "./spawner.ts";
import { TermTable } from "./term_table.ts";

/**
 * The kernel of one shard: its slots, the promises that its code waits for, and the routes to
 * other shards. There is one per isolate that takes part, the main one included (shard 0).
 */
export class Kernel implements LinkReceiver {
  readonly shard: number;
  readonly clock: Clock;
  readonly deadLetters: DeadLetters = new DeadLetters();
  readonly bus: BusClient;
  readonly keptStore: KeptStoreClient;
  readonly terms: TermTable = new TermTable();
  readonly #scheduler = new Scheduler(() => this.#flush());
  readonly spawner: Spawner;
  readonly #slots = new Map<number, Slot>();
  readonly #links = new Map<number, Link>();
  readonly #pending: PendingReplies;
  readonly #monitors = new Monitors((error) => this.crashed(undefined, "(monitor)", error));
  #nextSlot = SERVICE_SLOT;

  constructor(shard: number, clock: Clock) {
    this.shard = shard;
    this.clock = clock;
    this.#pending = new PendingReplies(clock, (to, correlation) => this.#gaveUp(to, correlation));
    this.spawner = new Spawner(this);
    this.bus = new BusClient(this);
    this.keptStore = new KeptStoreClient(this);
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
      const correlation = this.#pending.next();
      const message = this.#message(SEND, handler, args, owner, correlation, Infinity, options);
      const awaited = { to, handler, owner, deadlineMs: Infinity, signal: undefined };
      const promise = this.#pending.open(correlation, awaited);
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
      const correlation = this.#pending.next();
      const message = this.#message(ASK, handler, args, owner, correlation, deadline, options);
      const promise = this.#pending.open(correlation, { to, handler, owner, deadlineMs, signal });
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
    const pending = this.#pending.take(correlation);
    if (pending) pending.resolve(this.#reviveReply(value, pending.owner));
  }

  failed(correlation: number, error: WireError): void {
    this.#pending.take(correlation)?.reject(fromWire(error));
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
    this.#monitors.fire(id, { kind: kind as ExitKind, message });
  }

  // ---- signals, monitors -------------------------------------------------------------------

  /** Puts a signal into a slot's system lane. */
  signal(to: RefAddress, signal: Signal): void {
    if (to.shard === this.shard) this.signalled(to.slot, signal);
    else this.#links.get(to.shard)?.signal(to.slot, signal);
  }

  /** Calls `listener` once, when the incarnation that is in the slot now has ended. */
  monitor(to: RefAddress, listener: (reason: ExitReason) => void): Disposable {
    const id = this.#monitors.add(to, listener);
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
    this.spawner.releaseName(slot.spec.name, slot.spec.claim);
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

  /** The shards that this one is joined to. */
  get peers(): number[] {
    return [...this.#links.keys()];
  }

  /** Another shard is gone: whatever waits for it is told. */
  shardLost(shard: number): void {
    this.#links.get(shard)?.close();
    this.#links.delete(shard);
    this.#pending.shardLost(shard);
    this.#monitors.shardLost(shard);
    for (const slot of [...this.#slots.values()]) {
      slot.shardLost(shard);
      if (slot.spec.parent?.shard === shard) slot.orphan();
    }
  }

  /** Closes the links and timers of this shard; what still waits is rejected. */
  close(): void {
    // What was given up while it started is nobody's child any more.
    for (const slot of [...this.#slots.values()]) {
      if (slot.spec.parent) slot.signal({ type: "kill" });
    }
    this.#flush();
    this.#pending.close();
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
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

  /** Nobody waits any more: what is queued is dropped, what is being handled is told. */
  #gaveUp(to: RefAddress, correlation: number): void {
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

/** The stack of whatever was thrown, if it has one. Never throws. */
function stackOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.stack ?? "").toWellFormed() : "";
  } catch {
    return ""; // a getter, or a proxy, that throws
  }
}
