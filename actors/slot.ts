import { copyValue, type RefAddress, reviveRefs, SlotAddress } from "../values/mod.ts";
import { ACTOR_BUDGET, MAX_BOXED_HOOKS, MAX_HOOKS } from "./constants.ts";
import type { DeadReason } from "./dead_letters.ts";
import type { Factory } from "./definition.ts";
import { PLAIN } from "./envelope.ts";
import { handlerError } from "./errors.ts";
import { type ExitKind, type ExitReason, exitReason } from "./exit_reason.ts";
import type { Incarnation } from "./incarnation.ts";
import type { Kernel } from "./kernel.ts";
import { failed, halt, signalled } from "./life.ts";
import { Mailbox, type MailboxHost } from "./mailbox.ts";
import { ASK, type Message, SEND, STREAM, TELL } from "./message.ts";
import { type OutStream, STEP } from "./out_stream.ts";
import type { Signal } from "./signal.ts";
import {
  answerWithStream,
  breakOff,
  cancelStream,
  forgetStream,
  takeStep,
} from "./slot_streams.ts";
import { askerGaveUp, hasEnded, mailboxFull, unknownHandler } from "./slot_errors.ts";
import { SlotExtras } from "./slot_extras.ts";
import type { SlotKind, SlotSpec } from "./slot_spec.ts";
import type { ActorInfo } from "./reports.ts";
import { Supervision } from "./supervision/supervision.ts";
import { SupervisingSlot } from "./supervising_slot.ts";

/**
 * - `starting`: the factory runs; messages queue.
 * - `running`: messages are handled.
 * - `down`: the incarnation has ended, the supervisor has not decided; messages queue.
 * - `stopping`: asked to stop; the last message, the hook and the children are finishing.
 * - `ended`: gone.
 */
export type SlotState = "starting" | "running" | "down" | "stopping" | "ended";

/**
 * An actor's place: it owns the mailbox and outlives its incarnations. Here is how messages are
 * handled, one at a time; how incarnations begin and end is in `life.ts`, which is the only other
 * module that changes what this one holds.
 *
 * There may be a million of these, and every message goes through one: what few slots need is in
 * {@link SlotExtras}, made when it is first wanted.
 */
export class Slot implements MailboxHost<Message> {
  readonly kernel: Kernel;
  readonly address: RefAddress;
  readonly kind: SlotKind;
  readonly factory: Factory<unknown[], unknown>;
  /** The arguments of every incarnation. */
  readonly args: unknown[];
  /** The number under which its supervisor knows it. */
  readonly child: number;
  readonly mailbox: Mailbox<Message>;
  state: SlotState = "starting";
  incarnation: Incarnation | undefined = undefined;
  /** A handler that awaits holds the actor. */
  busy = false;
  scheduled = false;
  incarnations = 0;
  handled = 0;
  stopRequested: ExitKind | undefined = undefined;
  /** Whether the slot is to stay, down, when what was requested has been done. */
  keepSlot = false;
  /** How the slot ended. */
  ended: ExitReason | undefined = undefined;
  extras: SlotExtras | undefined = undefined;
  children: Supervision | undefined = undefined;

  constructor(kernel: Kernel, id: number, spec: SlotSpec, factory: Factory<unknown[], unknown>) {
    const { kind, args, child, name, claim } = spec;
    this.kernel = kernel;
    this.address = new SlotAddress(kernel.run, kernel.shard, id);
    this.kind = kind;
    this.factory = factory;
    this.args = args;
    this.child = child;
    this.mailbox = new Mailbox<Message>(kind.mailbox, this);
    if (spec.box) this.extra.isBoxed = true;
    if (name !== null) {
      this.extra.name = name;
      this.extra.claim = claim;
    }
  }

  /** Its number in its shard. */
  get id(): number {
    return this.address.slot;
  }

  /** Its place in the tree: `agents/thermostat`. */
  get path(): string {
    return this.kind.path;
  }

  /** What the last incarnation kept. */
  get kept(): unknown {
    return this.extras?.kept;
  }

  /** What few slots have. */
  get extra(): SlotExtras {
    return this.extras ??= new SlotExtras();
  }

  /** The supervision of its children, made when the first is spawned. */
  get supervision(): Supervision {
    return this.children ??= new Supervision(new SupervisingSlot(this));
  }

  /** Whether children can be started under it. */
  get canSpawn(): boolean {
    return this.state === "starting" || this.state === "running";
  }

  /** Whether a `send` would be accepted at once. */
  get hasRoom(): boolean {
    return this.state !== "ended" && this.mailbox.size < this.mailbox.bound;
  }

  /** Takes a message for the mailbox. */
  receive(message: Message): void {
    if (this.#isCounted) this.kernel.books.received();
    if (this.state === "ended") {
      return this.bury(message, "ended", () => this.endedError());
    }
    const { kind } = message;
    if (kind === TELL && message.envelope === PLAIN && this.mailbox.accept(message)) {
      if (!this.scheduled && !this.busy && this.state === "running") this.kernel.schedule(this);
      return;
    }
    if (message.envelope.bytes > 0 && !this.extra.foreign.take(message.envelope.bytes)) {
      return this.bury(message, "mailbox-full", () => this.full());
    }
    switch (this.mailbox.offer(message, kind !== TELL, message.envelope.urgent)) {
      case "accepted":
        if (kind === SEND) this.kernel.post.settle(message, undefined);
        if (!this.scheduled) this.wake();
        return;
      case "waiting":
        return;
      case "dropped":
        this.#letGo(message);
        if (kind === SEND) this.kernel.post.settle(message, undefined);
        return this.bury(message, "mailbox-full", () => this.full());
      case "rejected":
        this.#letGo(message);
        return this.bury(message, "mailbox-full", () => this.full());
    }
  }

  /** {@inheritDoc MailboxHost.displaced} */
  displaced(message: Message): void {
    if (message.kind === STEP) return breakOff(this, message.args[0] as unknown as OutStream);
    this.#letGo(message);
    this.bury(message, "displaced", () => this.full());
  }

  /** {@inheritDoc MailboxHost.admitted} */
  admitted(message: Message): void {
    if (message.kind === SEND) this.kernel.post.settle(message, undefined);
  }

  /** Takes a message of the system lane. */
  signal(signal: Signal): void {
    signalled(this, signal);
  }

  /** Gets a turn, if there is something to do in it. */
  wake(): void {
    if (!this.busy && this.state === "running" && !this.scheduled) this.kernel.schedule(this);
  }

  /** Runs a hook between messages, for as long as `incarnation` lives. */
  enqueueHook(incarnation: Incarnation, hook: () => unknown): void {
    if (!incarnation.alive) return;
    const { hooks, isBoxed } = this.extra;
    if (hooks.size >= (isBoxed ? MAX_BOXED_HOOKS : MAX_HOOKS)) {
      const words = `left ${hooks.size} exits, ends and changes of groups waiting`;
      return failed(this, exitReason("error", words), "(system lane)", new RangeError(words));
    }
    hooks.push(hook);
    this.wake();
  }

  /** Handles messages; returns how many, at most {@link ACTOR_BUDGET}. */
  run(): number {
    let done = 0;
    while (!this.busy && this.state === "running" && done < ACTOR_BUDGET) {
      if (this.extras !== undefined) {
        const hook = this.extras.hooks.shift();
        if (hook !== undefined) {
          done++;
          this.perform(undefined, hook, this.#done);
          continue;
        }
      }
      if (this.stopRequested !== undefined) {
        halt(this, this.stopRequested);
        return done;
      }
      const message = this.mailbox.take();
      if (message === undefined) return done;
      done++;
      this.#handle(message);
    }
    if (!this.busy && this.state === "running" && this.#hasWork) {
      this.kernel.scheduler.requeue(this);
    }
    return done;
  }

  /** Gives up on an ask of this shard: aborts its signal when it is being handled. */
  gaveUp(message: { readonly replyShard: number; readonly correlation: number }): void {
    if (this.incarnation?.abort(message)) return;
    cancelStream(this, message.replyShard, message.correlation);
  }

  /** Gives up on an ask of another shard: drops it when queued, aborts it when it is handled. */
  cancel(replyShard: number, correlation: number): void {
    const aborted = this.incarnation?.abort({ replyShard, correlation });
    if (cancelStream(this, replyShard, correlation) || aborted) return;
    const { mailbox } = this;
    const queued = mailbox.size + mailbox.waiting;
    this.extra.cancellations.add(replyShard, correlation, mailbox, queued);
  }

  /** Names of the handlers of the living incarnation. */
  get handlerNames(): readonly string[] {
    return this.incarnation?.handlerNames ?? [];
  }

  /** A copy of a value whose refs are `owner`'s. */
  localCopy(value: unknown, at: string, owner?: Incarnation): unknown {
    return reviveRefs(copyValue(value, at), (address) => this.kernel.ref(address, owner));
  }

  /** Counts a message that is not handled, and tells who waits for it, if there is `error`. */
  bury(message: Message, reason: DeadReason, error?: () => Error): void {
    if (message.kind === STEP) return; // of a stream that has been ended with its own message
    if (this.#isCounted) this.kernel.books.settled();
    if (this.state !== "ended") this.extra.buried++;
    this.kernel.bury(this.address, message, reason, error);
  }

  /** A message has been handled to its end. */
  countHandled(): void {
    this.handled++;
    if (this.#isCounted) this.kernel.books.settled();
  }

  /** What is told to who waits for an actor that has ended. */
  endedError(reason: ExitReason = this.ended ?? exitReason("shutdown")): Error {
    return hasEnded(this.path, reason);
  }

  /** What is seen of it from outside. */
  info(): ActorInfo {
    return {
      ...{ path: this.path, shard: this.kernel.shard, slot: this.id, state: this.state },
      ...{ queued: this.mailbox.size, stashed: this.mailbox.stashed, handled: this.handled },
      ...{ restarts: Math.max(0, this.incarnations - 1), deadLetters: this.extras?.buried ?? 0 },
      busyMs: this.kernel.scheduler.busy.of(this.id),
    };
  }

  /** Whether its messages are in the books: those of the runtime's own actors are not. */
  get #isCounted(): boolean {
    return this.kind.parent !== null;
  }

  get #hasWork(): boolean {
    return this.mailbox.ready || this.stopRequested !== undefined ||
      (this.extras !== undefined && this.extras.hooks.size > 0);
  }

  #handle(message: Message): void {
    if (message.envelope !== PLAIN && this.#isSpecial(message)) return;
    const incarnation = this.incarnation as Incarnation;
    const handler = incarnation.handler(message.handler);
    if (handler === undefined) return this.#unknown(message);
    this.kernel.tags.add(this.address.slot, message.handler);
    incarnation.current = message;
    let result: unknown;
    try {
      const args = message.refs ? this.#revive(message, incarnation) : message.args;
      result = args.length === 1
        ? handler.call(incarnation.handlers, args[0])
        : handler.apply(incarnation.handlers, args);
      if (typeof result === "object" && result !== null && isThenable(result)) {
        return this.#await(message, result, incarnation, this.#done);
      }
    } catch (error) {
      return this.#failed(incarnation, message, error);
    }
    if (message.kind !== TELL || incarnation.isSpecial || !incarnation.alive) {
      return this.#done(incarnation, message, result);
    }
    incarnation.current = undefined;
    this.countHandled();
  }

  /** Whether this message is no call of a handler, or no longer wanted. */
  #isSpecial(message: Message): boolean {
    const { envelope } = message;
    this.#letGo(message);
    if (message.kind === STEP) {
      takeStep(this, message.args[0] as unknown as OutStream);
      return true;
    }
    if (envelope.givenUp || this.extras?.cancellations.take(message)) {
      this.bury(message, "cancelled", askerGaveUp);
      return true;
    }
    // An ask of this very turn has no time yet, and cannot have expired.
    const { deadline } = envelope;
    if (deadline === Infinity || Number.isNaN(deadline)) return false;
    if (deadline > this.kernel.clock.now()) return false;
    this.bury(message, "expired"); // the asker's own clock tells it
    return true;
  }

  /** The message is in the mailbox again, put aside. */
  keptAside({ envelope: { bytes } }: Message): void {
    if (bytes > 0) this.extra.foreign.retake(bytes);
  }

  /** The message is in the mailbox no more: its bytes are free. */
  #letGo({ envelope: { bytes } }: Message): void {
    if (bytes > 0) this.extra.foreign.giveBack(bytes);
  }

  #unknown(message: Message): void {
    const error = () => unknownHandler(this.path, message.handler, this.handlerNames);
    this.bury(message, "unknown-handler", error);
  }

  #revive(message: Message, incarnation: Incarnation): unknown[] {
    const make = (address: RefAddress) => this.kernel.ref(address, incarnation);
    return message.args.map((arg) => reviveRefs(arg, make));
  }

  /** Runs a hook or a step of a stream as the one thing this actor does, across its awaits too. */
  perform(message: Message | undefined, action: () => unknown, done: Done): void {
    const incarnation = this.incarnation as Incarnation;
    incarnation.begin(message);
    let result: unknown;
    try {
      result = action();
      if (typeof result === "object" && result !== null && isThenable(result)) {
        return this.#await(message, result, incarnation, done);
      }
    } catch (error) {
      return this.#failed(incarnation, message, error);
    }
    done.call(this, incarnation, message, result);
  }

  #await(
    message: Message | undefined,
    result: PromiseLike<unknown>,
    incarnation: Incarnation,
    done: Done,
  ): void {
    // A promise of the platform's is taken as it is; any other thenable may settle twice.
    const later = Promise.resolve(result);
    if (!incarnation.alive) return void later.catch(() => {/* the dead are not heard */});
    this.busy = true;
    later.then(
      (value) => {
        if (!incarnation.alive) return;
        this.busy = false;
        done.call(this, incarnation, message, value);
        if (this.#hasWork) this.wake();
      },
      (error) => {
        if (!incarnation.alive) return;
        this.busy = false;
        this.#failed(incarnation, message, error);
      },
    );
  }

  #done(incarnation: Incarnation, message: Message | undefined, result: unknown): void {
    if (!incarnation.alive) return;
    const taken = incarnation.end();
    if (message === undefined || taken === "stashed" || taken === "refused") return;
    const { kind } = message;
    if (kind === STREAM && taken === undefined) return answerWithStream(this, message, result);
    this.countHandled();
    if (kind === ASK && taken === undefined) this.kernel.post.reply(message, result);
  }

  #failed(incarnation: Incarnation, message: Message | undefined, error: unknown): void {
    if (!incarnation.alive) return;
    const taken = incarnation.end();
    if (message?.kind === STREAM) forgetStream(this, message);
    // What it had put aside is queued, for the next incarnation to try; what it refused is buried.
    const isOpen = message && taken !== "stashed" && taken !== "refused";
    if (isOpen) this.bury(message, "failed", () => handlerError(error));
    failed(this, undefined, message?.handler ?? "(monitor)", error);
  }

  /** What is told to whom a full mailbox has no room for. */
  full(): Error {
    return mailboxFull(this.path, this.mailbox.bound);
  }
}

/** What follows when what an actor did has come to a result. */
export type Done = (
  this: Slot,
  incarnation: Incarnation,
  message: Message | undefined,
  result: unknown,
) => void;

function isThenable(value: object): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown }).then === "function";
}
