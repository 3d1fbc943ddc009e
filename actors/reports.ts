import type { DeadLetterSummary } from "./dead_letters.ts";

/** What is told of an incarnation that failed, or of an error in a shard that is no actor's. */
export interface CrashReport {
  /** Path of the actor, or the shard. */
  readonly actor: string;
  readonly shard: number;
  /** The handler that failed; `(start)` for the factory. */
  readonly handler: string;
  readonly error: string;
  readonly stack: string;
  /** Handlers of the actor's last messages, oldest first, as far as its shard remembers them. */
  readonly last: readonly string[];
}

/** One actor, as it is seen from outside. */
export interface ActorInfo {
  readonly path: string;
  readonly shard: number;
  readonly slot: number;
  readonly state: string;
  /** Messages in its mailbox. */
  readonly queued: number;
  /** Messages of these that it has put aside. */
  readonly stashed: number;
  /** Messages handled by all incarnations. */
  readonly handled: number;
  readonly restarts: number;
}

/** The shards of a system: those for users' actors, and all by name. */
export interface Topology {
  readonly users: readonly number[];
  readonly names: { readonly [name: string]: number };
}

/** What one shard tells of itself. */
export interface ShardInfo {
  readonly actors: readonly ActorInfo[];
  readonly deadLetters: DeadLetterSummary;
}
