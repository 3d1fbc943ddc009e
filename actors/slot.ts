import type { RefAddress } from "../values/mod.ts";
import { copyValue, reviveRefs } from "../values/mod.ts";
import { ACTOR_BUDGET } from "./constants.ts";
import type { DeadReason } from "./dead_letters.ts";
import type { Factory } from "./definition.ts";
import { Cancellations } from "./cancellations.ts";
import { ActorError, describe, EndedError, handlerError } from "./errors.ts";
import { type ExitKind, type ExitReason, exitReason } from "./exit_reason.ts";
import { Incarnation } from "./incarnation.ts";
import type { Kernel } from "./kernel.ts";
import { Mailbox } from "./mailbox.ts";
import { ASK, type Message, SEND, type Signal, TELL } from "./message.ts";
import { notPersistent, Persistence } from "./persistence.ts";
import { Ring } from "./ring.ts";
import { askerGaveUp, hasEnded, mailboxFull, unknownHandler } from "./slot_errors.ts";
import type { SlotSpec } from "./slot_spec.ts";
import { Supervision } from "./supervision.ts";

/**
 * - `starting`: the factory runs; messages queue.
 * - `running`: messages are handled.
 * - `down`: the incarnation has ended, the supervisor has not decided; messages queue.
 * - `stopping`: asked to stop; the last message, the hook and the children are finishing.
 * - `ended`: gone.
 */
export type SlotState = "starting" | "running" | "down" | "stopping" | "ended";

/**
 * An actor's place: it owns the mailbox and outlives its incarnations. All of the rules of
 * `docs/semantics.md` about one message at a time, restarts and ends are here.
 */
export class Slot {
  readonly id: number;
  readonly spec: SlotSpec;
  readonly kernel: Kernel;
  state: SlotState = "starting";
  incarnations = 0;
  handled = 0;
  scheduled = false;
  /** What the last incarnation kept. */
  kept: unknown = undefined;
  readonly #factory: Factory<unknown[], unknown>;
  readonly #mailbox: Mailbox<Message>;
  readonly #persistence: Persistence | undefined;
  readonly #cancellations = new Cancellations();
  /** Hooks to run between messages: they are part of the system lane. */
  readonly #hooks = new Ring<() => void>();
  readonly #watchers: { readonly id: number; readonly shard: number }[] = [];
  #incarnation: Incarnation | undefined;
  #supervision: Supervision | undefined;
  #busy = false;
  #stopRequested: ExitKind | undefined;
  /** How the slot ended. */
  #ended = exitReason("shutdown");

  constructor(kernel: Kernel, id: number, spec: SlotSpec, factory: Factory<unknown[], unknown>) {
    this.kernel = kernel;
    this.id = id;
    this.spec = spec;
    this.#factory = factory;
    this.#persistence = spec.persist && spec.name !== null
      ? new Persistence(spec.name, kernel.keptStore, (error) => {
        if (this.state !== "ended") kernel.crashed(this, "(save)", error);
      })
      : undefined;
    this.#mailbox = new Mailbox<Message>(
      spec.mailbox,
      (message) => this.#bury(message, "displaced", () => this.#full()),
      (message) => {
        if (message.kind === SEND) kernel.settle(message, undefined, undefined);
      },
    );
  }

  get address(): RefAddress {
    return { shard: this.kernel.shard, slot: this.id };
  }

  /** Messages in the mailbox. */
  get queued(): number {
    return this.#mailbox.size;
  }

  /** The supervision of its children, made when the first is spawned. */
  get supervision(): Supervision {
    return this.#supervision ??= new Supervision({
      clock: this.kernel.clock,
      signal: (child, signal) => this.kernel.signal(child, signal),
      gaveUp: (_path, message) => this.kernel.crashed(this, "(given up)", new Error(message)),
      exceeded: (message) => {
        this.kernel.crashed(this, "(supervision)", new ActorError("intensity", message));
        this.#down(exitReason("intensity", message));
      },
    });
  }

  /** Whether children can be started under it. */
  get canSpawn(): boolean {
    return this.state === "starting" || this.state === "running";
  }

  /** Starts the first incarnation; a failure ends the slot and is thrown. */
  async begin(): Promise<void> {
    try {
      if (this.#persistence) await this.#load(this.#persistence);
      await this.#start();
    } catch (error) {
      const reason = exitReason("error", describe(error));
      this.#endIncarnation(reason);
      await this.#finish(reason);
      throw error;
    }
  }

  /** Whether a `send` would be accepted at once. */
  get hasRoom(): boolean {
    return this.state !== "ended" && this.#mailbox.size < this.#mailbox.bound;
  }

  /** Takes a message for the mailbox. */
  receive(message: Message): void {
    if (this.state === "ended") {
      return this.#bury(message, "ended", () => this.#endedError(this.#ended));
    }
    switch (this.#mailbox.offer(message, message.kind !== TELL)) {
      case "accepted":
        if (message.kind === SEND) this.kernel.settle(message, undefined, undefined);
        if (!this.#busy && this.state === "running") this.kernel.schedule(this);
        return;
      case "waiting":
        return;
      case "dropped":
        if (message.kind === SEND) this.kernel.settle(message, undefined, undefined);
        return this.#bury(message, "mailbox-full", () => this.#full());
      case "rejected":
        return this.#bury(message, "mailbox-full", () => this.#full());
    }
  }

  /** Gives up on an ask: drops it when queued, aborts its signal when it is being handled. */
  cancel(replyShard: number, correlation: number): void {
    if (this.#incarnation?.abort(replyShard, correlation)) return;
    const mailbox = this.#mailbox;
    this.#cancellations.add(replyShard, correlation, mailbox, mailbox.size + mailbox.waiting);
  }

  /** Takes a message of the system lane. */
  signal(signal: Signal): void {
    switch (signal.type) {
      case "stop":
        return this.requestStop("shutdown");
      case "kill":
        return this.#kill();
      case "restart":
        return this.#restart();
      case "end":
        void this.#finish(exitReason("shutdown"));
        return;
      case "monitor":
        this.#watchers.push({ id: signal.id, shard: signal.shard });
        return;
      case "demonitor": {
        const at = this.#watchers.findIndex((w) => w.id === signal.id && w.shard === signal.shard);
        if (at >= 0) this.#watchers.splice(at, 1);
        return;
      }
      case "child-exit": {
        const { kind, message, shard, slot, child } = signal;
        this.supervision.exited(child, { shard, slot }, { kind: kind as ExitKind, message });
        return;
      }
      case "child-ended":
        return this.#supervision?.ended(signal.child);
    }
  }

  /** Ends this incarnation after the current message. */
  requestStop(kind: ExitKind): void {
    if (this.state === "ended" || this.#stopRequested === "shutdown") return;
    this.#stopRequested = kind;
    if (this.state === "down") void this.#finish(exitReason(kind));
    else if (!this.#busy && this.state === "running") this.kernel.schedule(this);
  }

  /** Runs a hook between messages, for as long as `incarnation` lives. */
  enqueueHook(incarnation: Incarnation, hook: () => void): void {
    if (!incarnation.alive) return;
    this.#hooks.push(hook);
    if (!this.#busy && this.state === "running") this.kernel.schedule(this);
  }

  /** Handles messages; returns how many, at most {@link ACTOR_BUDGET}. */
  run(): number {
    let done = 0;
    while (!this.#busy && this.state === "running" && done < ACTOR_BUDGET) {
      const hook = this.#hooks.shift();
      if (hook) {
        done++;
        this.#perform(undefined, hook);
        continue;
      }
      if (this.#stopRequested) {
        void this.#stop(this.#stopRequested);
        return done;
      }
      const message = this.#mailbox.take();
      if (!message) return done;
      done++;
      this.#handle(message);
    }
    if (!this.#busy && this.state === "running" && this.#hasWork) this.kernel.schedule(this);
    return done;
  }

  /** Ends the slot because the shard of its supervisor is gone. */
  orphan(): void {
    this.#endIncarnation(exitReason("shard-lost"));
    void this.#finish(exitReason("shard-lost"));
  }

  /** The shard is gone: its children there have ended, and what they left is decided on. */
  shardLost(shard: number): void {
    this.#supervision?.shardLost(shard);
  }

  /** Names of the handlers of the living incarnation. */
  get handlerNames(): readonly string[] {
    return this.#incarnation?.handlerNames ?? [];
  }

  /** A copy of a value whose refs are `owner`'s. */
  localCopy(value: unknown, at: string, owner?: Incarnation): unknown {
    return reviveRefs(copyValue(value, at), (address) => this.kernel.ref(address, owner));
  }

  /** Saves what the incarnation keeps now; rejects or throws when it cannot. */
  save(incarnation: Incarnation): Promise<void> {
    if (!this.#persistence) throw notPersistent(this.spec.path);
    return this.#persistence.save(() => incarnation.takeKept());
  }

  get #hasWork(): boolean {
    return this.#mailbox.size > 0 || this.#hooks.size > 0 || this.#stopRequested !== undefined;
  }

  async #load(persistence: Persistence): Promise<void> {
    this.kept = await persistence.load();
    if (this.state === "ended") throw this.#endedError(this.#ended); // orphaned or killed meanwhile
  }

  async #start(): Promise<void> {
    this.state = "starting";
    const incarnation = new Incarnation(this, ++this.incarnations);
    this.#incarnation = incarnation;
    this.#supervision?.allow({}); // what its children did to the last incarnation is past
    const args = this.localCopy(this.spec.args, "args", incarnation) as unknown[];
    const made = this.#factory(incarnation.context, ...args);
    // A start that never ends must not hold who waits for it beyond the end of the actor.
    const handlers = made instanceof Promise ? await Promise.race([made, incarnation.gone]) : made;
    if (!incarnation.alive) throw new EndedError(`${this.spec.path} was ended while it started`);
    incarnation.setHandlers(handlers);
    this.state = "running";
    if (this.#hasWork) this.kernel.schedule(this);
  }

  #handle(message: Message): void {
    const incarnation = this.#incarnation as Incarnation;
    if (this.#cancellations.take(message)) return this.#bury(message, "cancelled", askerGaveUp);
    if (message.deadline !== Infinity && message.deadline <= this.kernel.clock.now()) {
      return this.#bury(message, "expired"); // the asker's own clock tells it
    }
    const handler = incarnation.handler(message.handler);
    if (!handler) {
      const { path } = this.spec;
      return this.#bury(
        message,
        "unknown-handler",
        () => unknownHandler(path, message.handler, this.handlerNames),
      );
    }
    this.#perform(message, () => {
      const make = (address: RefAddress) => this.kernel.ref(address, incarnation);
      const args = message.refs ? message.args.map((arg) => reviveRefs(arg, make)) : message.args;
      return handler(...args as never[]);
    });
  }

  /** Runs a handler or a hook as the one thing this actor does, across its awaits too. */
  #perform(message: Message | undefined, action: () => unknown): void {
    const incarnation = this.#incarnation as Incarnation;
    incarnation.begin(message);
    let result: unknown;
    let later: Promise<unknown> | undefined;
    try {
      result = action();
      // A promise of the platform's is taken as it is; any other thenable may settle twice.
      if (isThenable(result)) later = Promise.resolve(result);
    } catch (error) {
      return this.#failed(incarnation, message, error);
    }
    if (!later) return this.#done(incarnation, message, result);
    if (!incarnation.alive) return void later.catch(() => {/* the dead are not heard */});
    this.#busy = true;
    later.then(
      (value) => this.#resume(incarnation, () => this.#done(incarnation, message, value)),
      (error) => this.#resume(incarnation, () => this.#failed(incarnation, message, error)),
    );
  }

  #resume(incarnation: Incarnation, next: () => void): void {
    if (!incarnation.alive) return;
    this.#busy = false;
    next();
    if (this.state === "running" && this.#hasWork) this.kernel.schedule(this);
  }

  #done(incarnation: Incarnation, message: Message | undefined, result: unknown): void {
    if (!incarnation.alive) return;
    const deferred = incarnation.end();
    if (!message) return;
    this.handled++;
    if (message.kind === ASK && !deferred) this.kernel.reply(message, result);
  }

  #failed(incarnation: Incarnation, message: Message | undefined, error: unknown): void {
    if (!incarnation.alive) return;
    incarnation.end();
    this.kernel.crashed(this, message?.handler ?? "(monitor)", error);
    if (message) this.#bury(message, "failed", () => handlerError(error));
    this.#down(exitReason("error", describe(error)));
  }

  /** The incarnation has failed: its children end, then the supervisor decides. */
  #down(reason: ExitReason): void {
    if (!this.#endIncarnation(reason)) return;
    this.state = "down";
    void this.#stopChildren().then(() => this.#exited(reason));
  }

  #exited(reason: ExitReason): void {
    if (this.state === "ended") return;
    const { parent } = this.spec;
    if (!parent || this.#stopRequested === "shutdown") return void this.#finish(reason);
    const { kind, message } = reason;
    const { child } = parent;
    const at = this.address;
    this.kernel.signal(parent, { type: "child-exit", child, kind, message, ...at });
  }

  #restart(): void {
    if (this.state !== "down") return;
    this.#stopRequested = undefined;
    this.#start().catch((error) => {
      if (!this.#incarnation?.alive) return; // killed, or failed by its children, as it started
      this.kernel.crashed(this, undefined, error);
      this.#down(exitReason("error", describe(error)));
    });
  }

  async #stop(kind: ExitKind): Promise<void> {
    const incarnation = this.#incarnation as Incarnation;
    this.state = "stopping";
    // Children first: they may lean on what the hook closes.
    await this.#stopChildren();
    await incarnation.runStopHooks((error) => this.kernel.crashed(this, "(onStop)", error));
    if (this.#persistence && incarnation.alive) {
      await this.#persistence.saveLast(() => incarnation.takeKept());
    }
    if (!this.#endIncarnation(exitReason(kind))) return;
    this.state = "down";
    this.#exited(exitReason(kind));
  }

  #kill(): void {
    if (this.state === "ended") return;
    this.#stopRequested = "shutdown";
    const reason = exitReason("killed");
    this.#endIncarnation(reason);
    this.#supervision?.killAll();
    void this.#finish(reason);
  }

  async #stopChildren(): Promise<void> {
    await this.#supervision?.stopAll();
  }

  /** Fences the incarnation and tells its watchers; false when it had ended already. */
  #endIncarnation(reason: ExitReason): boolean {
    const incarnation = this.#incarnation;
    if (!incarnation?.alive) return false;
    const current = incarnation.current;
    try {
      const kept = incarnation.takeKept();
      if (kept) this.kept = this.localCopy(kept.value, "kept");
    } catch (error) {
      this.kernel.crashed(this, "(keep)", error);
    }
    incarnation.fence();
    this.#persistence?.fence(this.#endedError(reason));
    this.#busy = false;
    while (this.#hooks.shift()) { /* hooks of a dead incarnation are not run */ }
    if (current) {
      this.#bury(current, "ended", () => this.#endedError(reason));
    }
    this.kernel.failDeferred(incarnation, this.#endedError(reason));
    this.#notifyWatchers(reason);
    return true;
  }

  async #finish(reason: ExitReason): Promise<void> {
    if (this.state === "ended") return;
    this.state = "ended";
    this.#ended = reason;
    for (const message of this.#mailbox.drain()) {
      this.#bury(message, "ended", () => this.#endedError(reason));
    }
    await this.#stopChildren();
    this.kernel.removed(this);
    this.#notifyWatchers(reason);
    const { parent } = this.spec;
    if (parent) this.kernel.signal(parent, { type: "child-ended", child: parent.child });
  }

  #notifyWatchers(reason: ExitReason): void {
    for (const watcher of this.#watchers.splice(0)) {
      this.kernel.notifyDown(watcher.shard, watcher.id, reason);
    }
  }

  #bury(message: Message, reason: DeadReason, error?: () => Error): void {
    this.kernel.bury(this.address, message, reason, error);
  }

  #full(): Error {
    return mailboxFull(this.spec.path, this.#mailbox.bound);
  }

  #endedError(reason: ExitReason): Error {
    return hasEnded(this.spec.path, reason);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null &&
    typeof (value as { then?: unknown }).then === "function";
}
