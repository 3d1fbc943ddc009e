import type { ActorDefinition, HandlersOf } from "./definition.ts";
import type { ExitReason } from "./exit_reason.ts";
import type { GroupEvent } from "./groups/group_view.ts";
import type { AnyRef, Ref } from "./ref.ts";
import type { SupervisionOptions } from "./supervision/policy.ts";
import type { Restart, SpawnOptions } from "./spawn_options.ts";
import type { Subscribing } from "./bus.ts";

/** The message that an actor is handling. */
export interface MessageInfo {
  /** Name of the handler. */
  readonly handler: string;
  /** Who sent it; `undefined` for a sender that is no actor. */
  readonly sender: AnyRef | undefined;
  /** Node id of the caller when the message came from another node. */
  readonly caller: string | undefined;
  /** Milliseconds that are left to reply; `Infinity` when nobody waits. */
  readonly remainingMs: number;
  /** Aborted when the asker gives up, its deadline passes or this incarnation ends. */
  readonly signal: AbortSignal;
}

/** The end of a monitored incarnation. */
export interface Down {
  readonly ref: AnyRef;
  readonly reason: ExitReason;
}

/** With which reason `ctx.exit` may end another actor. */
export type SentExit = "normal" | "shutdown" | "error" | "killed";

/** A child, as its supervisor sees it. */
export interface ChildRef {
  readonly id: string | undefined;
  /** Its place in the tree. */
  readonly path: string;
  /** `undefined` while it starts. */
  readonly ref: AnyRef | undefined;
  readonly restart: Restart;
}

/** Settles an ask later than its handler returns (`gen_server:reply/2`). */
export interface DeferredReply {
  /** Replies; a value outside the domain becomes the asker's `ValueError`. */
  ok(value?: unknown): void;
  /** Fails the ask. */
  fail(error: unknown): void;
}

/**
 * What an actor's factory gets: its way to everything around it. The context of an incarnation
 * that has ended is fenced: what it is told to do is not done.
 */
export interface ActorContext {
  /** The actor's own ref. */
  readonly self: AnyRef;
  /** Its place in the tree: `agents/thermostat`. */
  readonly path: string;
  /** The message being handled; `undefined` during start and in hooks. */
  readonly message: MessageInfo | undefined;
  /** Messages that wait in the mailbox. */
  readonly queued: number;

  /** Registers what to keep when this incarnation ends; the value is copied. */
  keep(state: () => unknown): void;
  /**
   * What the last incarnation kept; `undefined` if there was none or it kept nothing. The first
   * incarnation of an actor that persists gets what was saved last under its name.
   */
  kept<T>(): T | undefined;
  /**
   * Saves what this actor keeps at this moment. When it is stopped, or stops itself, that is done
   * anyway. Awaiting it is optional: while one save is under way at most one more waits, with the
   * newest state, and a save that fails is reported.
   *
   * @returns settles when this state, or a newer one, is durable: it outlives the process
   * @throws {TypeError} (rejects) when the actor was not spawned with `persist`, or keeps nothing
   * @throws {ValueError} (rejects) when its state is outside of the domain, or has a ref in it
   * @throws {RangeError} (rejects) when its state has more than 16 MiB, encoded
   * @throws {EndedError} (rejects) when this incarnation has ended before the save began
   */
  save(): Promise<void>;
  /**
   * The present value of a term, a named value of which every shard has a copy: frozen, the same
   * object until it is replaced. `undefined` where there is none.
   */
  term<T>(name: string): T | undefined;

  /** Starts a child under this actor, which becomes its supervisor. */
  spawn<A extends unknown[], H>(
    definition: ActorDefinition<A, H>,
    options: SpawnOptions<A>,
  ): Promise<Ref<H>>;
  /** The children there are, in the order of their start. */
  children(): readonly ChildRef[];
  /**
   * Says which children are restarted with one that fails, how often and after how long, and when
   * this actor fails itself. It holds for this incarnation.
   *
   * @throws {RangeError|TypeError} when an option is out of bounds; it says which
   */
  supervise(options: SupervisionOptions): void;
  /** Ends this actor normally once the current message is handled. */
  stop(): void;
  /**
   * Stops a child, by its ref or its id, and waits for it up to its shutdown time. What is no child
   * (any more) is let be.
   */
  stopChild(child: AnyRef | string): Promise<void>;

  /**
   * Calls `listener` once when the ref's incarnation ends (the next one, if the slot is between
   * two), or at once if the slot has ended.
   */
  monitor(ref: AnyRef, listener: (down: Down) => void): Disposable;
  /**
   * Links this incarnation to the ref's: when one of them fails, or ends otherwise than normally,
   * so does the other, unless it traps exits (Erlang's `link/1`). A link ends with either of them.
   */
  link(ref: AnyRef): void;
  /** Takes a link back, on both sides. */
  unlink(ref: AnyRef): void;
  /**
   * Has `listener` called, between two messages, with every exit that a link brings, or somebody
   * sends, in place of failing by it. An exit that was sent with `killed` cannot be trapped.
   *
   * @param listener `undefined` to fail by exits again
   */
  trapExit(listener: ((exit: Down) => void) | undefined): void;
  /**
   * Sends an exit (Erlang's `exit/2`): whom it reaches fails with that reason, unless it traps
   * exits. `normal` does nothing to an actor that does not trap them; `killed` cannot be trapped.
   *
   * @throws {RangeError} for another kind
   */
  exit(ref: AnyRef, kind: SentExit, message?: string): void;
  /**
   * Puts the message in hand aside until {@link ActorContext.unstash}; an asker goes on waiting. It
   * counts towards the mailbox's bound, and waits for the next incarnation should this one end.
   *
   * @throws {MailboxFullError} when the mailbox is full; the handler may refuse the message then
   * @throws {TypeError} when there is no message in hand
   */
  stash(): void;
  /** Puts what was put aside before the messages in the mailbox, in its order. */
  unstash(): void;
  /** Called, and waited for, before this incarnation is stopped; not when it failed. */
  onStop(hook: () => void | Promise<void>): void;
  /**
   * Called when this incarnation has ended in whatever way, failure and kill included, and not
   * waited for: for what must be closed.
   */
  onEnd(hook: () => void): void;
  /**
   * A ref to whoever holds a name when a message is sent through it, so that it is valid across
   * restarts, and also when the actor is started anew elsewhere. What is sent to a name that nobody
   * holds is a dead letter.
   */
  named<D = unknown>(name: string): Ref<HandlersOf<D>>;
  /**
   * Puts this actor into a process group, a named set of actors of this node. It stays in it across
   * restarts, until it leaves or its slot ends; to join again changes nothing.
   *
   * @param group 1 to 128 characters
   */
  join(group: string): Promise<void>;
  /** Takes this actor out of a group. */
  leave(group: string): Promise<void>;
  /** The members of a group, in the order in which they joined. */
  members<D = unknown>(group: string): Promise<Ref<HandlersOf<D>>[]>;
  /**
   * Has `listener` called, between two messages, with every change of a group from now on.
   */
  watchGroup(group: string, listener: (event: GroupEvent<AnyRef>) => void): Disposable;
  /** The actor registered under a name. */
  lookup<D = unknown>(name: string): Promise<Ref<HandlersOf<D>> | undefined>;
  /**
   * Tells this actor `handler(...args)` after `delayMs`; dies with the incarnation.
   *
   * @param delayMs milliseconds, from 0 to 2³¹ − 1
   * @throws {RangeError} when the delay is out of bounds
   * @throws {ValueError} when an argument is outside the domain of values
   */
  after(delayMs: number, handler: string, ...args: unknown[]): Disposable;
  /**
   * Tells this actor `handler(...args)` every `periodMs`, the first time after one period; dies with
   * the incarnation. The n-th is due n periods after the start, however late others were: it does
   * not drift. Those that are overdue when it fires are one.
   *
   * @param periodMs milliseconds, from 1 to 2³¹ − 1
   * @throws {RangeError} when the period is out of bounds
   * @throws {ValueError} when an argument is outside the domain of values
   */
  every(periodMs: number, handler: string, ...args: unknown[]): Disposable;
  /** Replies to the ask being handled later than the handler returns. */
  deferReply(): DeferredReply;
  /**
   * Refuses the message being handled: it becomes a dead letter, who asks gets the error, and this
   * actor does not fail. For what is the sender's fault; what is this actor's own should be thrown.
   */
  refuse(error: unknown): void;

  /**
   * Publishes a payload on a topic, to local and remote subscribers alike.
   *
   * @returns settles when there is room for the next one; awaiting it is optional
   * @throws {ValueError} when the payload is outside the domain of values
   */
  publish(topic: string, payload: unknown): Promise<void>;
  /**
   * Has publications delivered to this actor's `handler(publication)`. A subscription belongs to
   * the slot: it survives restarts, and repeating it changes nothing.
   */
  subscribe(pattern: string, handler: string, options?: Subscribing): Promise<void>;
  /**
   * Serves a procedure with this actor's `handler(...args)`; survives restarts. Settles when the
   * connected peers know.
   */
  serve(procedure: string, handler: string): Promise<void>;
  /** Calls a procedure, wherever it is served. */
  call(procedure: string, args?: readonly unknown[], options?: CallOptions): Promise<unknown>;
}

/** Options of an ask or a call. */
export interface CallOptions {
  /** Milliseconds to wait for the reply, above 0; 5,000 unless named, an inherited one if less. */
  readonly deadlineMs?: number;
  /** Gives up when aborted; the handler's `ctx.message.signal` follows. */
  readonly signal?: AbortSignal;
}
