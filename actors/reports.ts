import type { DeadLetterSummary } from "./dead_letters.ts";

/** What is told of an incarnation that failed, or of an error in a shard that is no actor's. */
export interface CrashReport {
  /** Path of the actor, or the shard. */
  readonly actor: string;
  readonly shard: number;
  /** The handler that failed; `(start)` for the factory. */
  readonly handler: string;
  readonly error: string;
  /** Empty for what has none, and beyond 100 reports of a shard in one second. */
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
  /** Messages to it, since it was spawned, that became dead letters. */
  readonly deadLetters: number;
  /**
   * How long it has been busy in its turns, in milliseconds: an estimate, from one turn in 64. What its
   * handlers do after an `await` is not in it.
   */
  readonly busyMs: number;
}

/** The shards of a system, as those need to know them who start actors in them. */
export interface Topology {
  /** Those for users' actors that take new ones. */
  readonly users: readonly number[];
  /** All that live, by name. */
  readonly names: { readonly [name: string]: number };
  /** Names of those that take no new actors for now: they do not answer, or are started again. */
  readonly away: readonly string[];
}

/** What one shard tells of itself. */
export interface ShardInfo {
  readonly actors: readonly ActorInfo[];
  readonly deadLetters: DeadLetterSummary;
}

/** What a shard tells of its isolate. */
export interface ShardVitals {
  /** Actors, the runtime's own included. */
  readonly actors: number;
  /** How long its actors have been busy, in milliseconds: an estimate, as {@link ActorInfo.busyMs}. */
  readonly busyMs: number;
  /** Bytes of its JavaScript heap that are in use. */
  readonly heapUsedBytes: number;
  /** Bytes that its JavaScript heap has. */
  readonly heapTotalBytes: number;
}

/** A shard that does not answer, or, where it is told so, one that did not. */
export interface ShardStuck {
  /** Its number. */
  readonly shard: number;
  readonly name: string;
  /** Slot of the actor that is running or, if none is, that had the last turn; 0 for none. */
  readonly slot: number;
  /** Its path, if that is known in the main isolate. */
  readonly path: string | null;
  /**
   * Whether that actor has its turn. If not, it is something else that runs: a handler after an
   * `await`, a timer, or a module that is being loaded.
   */
  readonly inTurn: boolean;
  /** How long the shard has not answered, in milliseconds. */
  readonly forMs: number;
}

/**
 * - `running`: it takes new actors.
 * - `stuck`: it does not answer, and takes no new ones until it does.
 * - `starting`: it was lost, and is being started again.
 * - `gone`: it was lost too often, and stays away.
 */
export type ShardState = "running" | "stuck" | "starting" | "gone";

/** One shard, as it is seen from outside. */
export interface ShardStatus {
  readonly name: string;
  /** Its number; that of the one that was lost, until there is a new one. */
  readonly shard: number;
  readonly state: ShardState;
  /** How often it was lost and started again. */
  readonly restarts: number;
  /** Turns that its actors have had. */
  readonly turns: number;
  /** The same, each second, of late. */
  readonly turnsPerSecond: number;
  /** What it told last of its isolate; `null` if it never did. */
  readonly vitals: ShardVitals | null;
  /** Who is running, where the state is `stuck`. */
  readonly stuck: ShardStuck | null;
}

/** The shards of a system, and the memory of their process. */
export interface SystemStatus {
  readonly shards: readonly ShardStatus[];
  /** Bytes of memory that the process has, of all shards together. */
  readonly rssBytes: number;
}
