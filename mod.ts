/**
 * Macula Mesh: supervised actors over a QUIC mesh.
 *
 * A **node** hosts actors and connects to other nodes. An **actor** is a module's default export,
 * made with {@linkcode defineActor}; its handlers are its protocol, its closure is its state. It is
 * told, sent to and asked through a typed **ref**, from this node or, where it is exposed to a
 * realm, from another. **Topics** and **procedures** belong to realms and reach local and remote
 * parties alike.
 *
 * What is guaranteed stands in `docs/semantics.md`, what is bounded in `docs/limits.md`. Payloads
 * are values of one domain: null, booleans, numbers, bigints, strings, byte arrays, dates, arrays,
 * plain objects, and refs inside a node.
 *
 * @example
 * ```ts
 * import { defineActor, MaculaNode } from "@macula/mesh";
 *
 * const thermostat = defineActor(import.meta, (ctx, initial: number) => {
 *   let target = ctx.kept<number>() ?? initial;
 *   ctx.keep(() => target);
 *   return {
 *     set(t: number) {
 *       target = t;
 *       ctx.publish("home/target", t);
 *     },
 *     get() {
 *       return target;
 *     },
 *   };
 * });
 *
 * await using node = await MaculaNode.start();
 * // An actor that shares its module with other code lives in the same isolate as that.
 * const ref = await node.spawn(thermostat, { args: [20], placement: "here" });
 * ref.tell.set(21);
 * console.assert(await ref.ask.get() === 21);
 * ```
 *
 * @module
 */
export {
  type ActorContext,
  type ActorDefinition,
  ActorError,
  type ActorInfo,
  type AnyRef,
  type Ask,
  type BackoffOptions,
  type BoxOptions,
  type BoxPermissions,
  type CallOptions,
  child,
  type ChildOptions,
  type ChildRef,
  type CrashReport,
  type DeadLetter,
  type DeadLetterSummary,
  DeadlineError,
  type DeadReason,
  type DeferredReply,
  defineActor,
  defineSupervisor,
  type Down,
  DuplicateIdError,
  EndedError,
  type ErrorData,
  type EventsOf,
  type ExitKind,
  type ExitReason,
  type Factory,
  type GroupEvent,
  HandlerError,
  type Handlers,
  type HandlersOf,
  type IntensityOptions,
  keptData,
  type MachineContext,
  type MachineHandlers,
  type MachineSpec,
  MailboxFullError,
  type MailboxOptions,
  type MessageInfo,
  NameTakenError,
  type Next,
  next,
  type Overflow,
  type Placement,
  type Postpone,
  postpone,
  type Reach,
  type Ref,
  type RefOptions,
  type Repeat,
  repeat,
  type Restart,
  type RunningChild,
  SelfAskError,
  type Send,
  type SentExit,
  type ShardState,
  type ShardStatus,
  type ShardStuck,
  type ShardVitals,
  SpawnError,
  type SpawnOptions,
  stateMachine,
  type StatesOf,
  type Stay,
  stay,
  type Strategy,
  type Stream,
  type Subscribing,
  type SupervisedChild,
  type SupervisionOptions,
  type SupervisorHandlers,
  type SupervisorSpec,
  type SystemStatus,
  type Tell,
  UnknownHandlerError,
} from "./actors/mod.ts";
export type { DhtBucket, DhtHop, DhtLookup, DhtProvider, DhtStats, DhtStored } from "./dht/mod.ts";
export {
  ConfigError,
  Continuity,
  type ContinuityCounts,
  type ContinuityVerdict,
  DisconnectedError,
  type FoundRecord,
  MaculaNode,
  type NodeConfig,
  NodeDht,
  type NodeEvent,
  type NodeOptions,
  type NodeSpawnOptions,
  type NodeStats,
  type NodeStatus,
  NoSuchProcedureError,
  NotConnectedError,
  NotExposedError,
  NotJoinedError,
  type PeerCounts,
  type PeerInfo,
  policyOf,
  type Publication,
  type RealmStatus,
  RefusedByPolicyError,
  Subscription,
} from "./mesh/mod.ts";
export { PatternError } from "./names/mod.ts";
export {
  type Claim,
  type FieldName,
  type FieldSource,
  IdentityError,
  type IdentityErrorCode,
  type KeyManagement,
  type NodeId,
  type OnStale,
  type Overridden,
  type Policy,
  PolicyError,
  type PolicyProblem,
  type Property,
  type Resolution,
  type Transport,
} from "./security/mod.ts";
export type { EndpointCounters } from "./transport/mod.ts";
export { type Value, ValueError } from "./values/mod.ts";
