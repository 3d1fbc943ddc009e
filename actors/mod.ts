/**
 * The actor runtime: definitions, mailboxes, shards, supervision, names.
 *
 * An **actor** is a mailbox and a behaviour with state of its own. It handles one message at a
 * time, across `await` too. A **slot** is its place: refs name slots, and a slot outlives the
 * incarnations that its supervisor starts in it. A **shard** is an isolate, the main one or a
 * Worker, that hosts many slots; shards are joined by direct ports and exchange one flat batch of
 * messages a turn. Every actor that spawns is the **supervisor** of what it spawned (one_for_one,
 * with restart intensity), so the actors of a process form a tree.
 *
 * What is guaranteed (order, delivery, restarts, ends) stands in `docs/semantics.md`. What this
 * floor does not know: nodes, topics, procedures. Of these it has one thing, the protocol of the
 * *bus*, through which `ctx.publish` and its kin reach whatever actor a node provides for it. The
 * *store*, which makes the state of actors outlive the process, is provided in the same way.
 *
 * **Terms** are what every actor may read and only the node may write, such as policies: a named
 * value, of which every shard has a frozen copy, so that `ctx.term` costs no message. With
 * `persist`, what an actor keeps (`ctx.keep`) is **persisted**: saved when it is stopped and
 * whenever it calls `ctx.save`, and there again in the next process.
 *
 * A shard that is lost is **started again** under its name, and its permanent and transient actors come
 * back in new slots. A shard that does not answer is **reported**, with who is running in it, and gone
 * around; but a Worker that spins cannot be ended (Deno 2.9): what may spin belongs into a process.
 *
 * @example
 * ```ts
 * import { ActorSystem, defineActor } from "./mod.ts";
 *
 * const counter = defineActor(import.meta, (_ctx, start: number) => {
 *   let count = start;
 *   return { add: (n: number) => void (count += n), get: () => count };
 * });
 *
 * await using system = await ActorSystem.start({ userShards: 0 });
 * const ref = await system.spawn(counter, { args: [40], placement: "here" });
 * ref.tell.add(2);
 * console.assert(await ref.ask.get() === 42);
 * ```
 *
 * @module
 */
export type { Bus, BusParts, BusRef, BusSubscription, Publisher, Subscribing } from "./bus.ts";
export type { BusClient } from "./bus_client.ts";
export { MAX_DEADLINE_MS } from "./constants.ts";
export { type Clock, systemClock, type TimerId } from "./clock.ts";
export type {
  ActorContext,
  CallOptions,
  ChildRef,
  DeferredReply,
  Down,
  MessageInfo,
  SentExit,
} from "./context.ts";
export type { DeadLetter, DeadLetterSummary, DeadReason } from "./dead_letters.ts";
export {
  type ActorDefinition,
  defineActor,
  type Factory,
  type Handlers,
  type HandlersOf,
} from "./definition.ts";
export {
  ActorError,
  DeadlineError,
  EndedError,
  type ErrorData,
  fromWire,
  HandlerError,
  MailboxFullError,
  NameTakenError,
  registerError,
  SelfAskError,
  SpawnError,
  toWire,
  UnknownHandlerError,
  type WireError,
} from "./errors.ts";
export { type ExitKind, type ExitReason, exitReason } from "./exit_reason.ts";
export type { MailboxOptions, Overflow } from "./mailbox.ts";
export type { KeptStore } from "./kept_store.ts";
export {
  type AnyRef,
  type Ask,
  callHandler,
  makeRef,
  type Ref,
  refKey,
  type RefOptions,
  sameRef,
  type Send,
  type Stream,
  type Target,
  type Tell,
} from "./ref.ts";
export type {
  ActorInfo,
  CrashReport,
  ShardState,
  ShardStatus,
  ShardStuck,
  ShardVitals,
  SystemStatus,
} from "./reports.ts";
export { runningIn } from "./printed_reports.ts";
export type { WatchdogOptions } from "./fleet/watchdog_options.ts";
export {
  type BoxOptions,
  type BoxPermissions,
  HOST_SUBCOMMAND,
  type Reach,
  runProcessHost,
} from "./box/mod.ts";
export type { GroupEvent } from "./groups/group_view.ts";
export {
  keptData,
  type MachineContext,
  type MachineSpec,
  stateMachine,
} from "./state_machine/state_machine.ts";
export {
  type Next,
  next,
  type Postpone,
  postpone,
  type Repeat,
  repeat,
  type Stay,
  stay,
} from "./state_machine/state_outcome.ts";
export type { EventsOf, MachineHandlers, StatesOf } from "./state_machine/state_machine_types.ts";
export {
  type BackoffOptions,
  child,
  type ChildOptions,
  defineSupervisor,
  DuplicateIdError,
  type IntensityOptions,
  type RunningChild,
  type Strategy,
  type SupervisedChild,
  type SupervisionOptions,
  type SupervisorHandlers,
  type SupervisorSpec,
} from "./supervision/mod.ts";
export type { Placement, Restart, SpawnOptions } from "./spawn_options.ts";
export { ActorSystem, type SystemOptions } from "./system.ts";
export type { Terms } from "./terms.ts";
