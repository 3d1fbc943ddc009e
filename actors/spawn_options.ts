import { isActorDefinition } from "./definition.ts";
import { MAX_NAME_LENGTH, MAX_SHUTDOWN_MS } from "./constants.ts";
import { type MailboxOptions, mailboxProblem } from "./mailbox.ts";

/** Where an actor runs; DESIGN's `worker` and `process` do not exist yet. */
export type Placement = "shard" | "here";

/**
 * Whether an actor is restarted when an incarnation ends: `permanent` always, `transient` unless
 * it ended normally, `temporary` never (OTP `supervisor`, "Restart type").
 */
export type Restart = "permanent" | "transient" | "temporary";

/** How to start an actor. `args` may be left out only by an actor that takes none. */
export type SpawnOptions<A extends unknown[] = unknown[]> =
  & {
    /** Unique on the node; makes the actor findable by `lookup`. */
    readonly name?: string;
    /** What the tree shows for an actor without a name; the module's name otherwise. */
    readonly label?: string;
    /** `shard` unless named. */
    readonly placement?: Placement;
    /** A certain shard, by the name it was started with; user shards take turns otherwise. */
    readonly shard?: string;
    /** `transient` unless named. */
    readonly restart?: Restart;
    readonly mailbox?: MailboxOptions;
    /** How long it may take to stop, in milliseconds, 0 to an hour; 5,000 unless named. */
    readonly shutdownMs?: number;
    /**
     * Whether what the actor keeps outlives the process: the first incarnation gets from `ctx.kept`
     * what was saved last under the actor's name. Needs a `name`, and a node with a data folder.
     */
    readonly persist?: boolean;
  }
  & (A extends [] ? { readonly args?: A } : { readonly args: A });

const PLACEMENTS: readonly string[] = ["shard", "here"];
const RESTARTS: readonly string[] = ["permanent", "transient", "temporary"];

/** What is wrong with a spawn's definition or options, if anything. */
export function placementProblem(
  definition: unknown,
  options: Omit<SpawnOptions, "args"> & { readonly args?: unknown },
): Error | undefined {
  if (!isActorDefinition(definition)) {
    return new TypeError("spawn got no actor definition: pass what defineActor returned");
  }
  const { placement, name, restart, shutdownMs, mailbox, persist, args } = options;
  if (placement !== undefined && !PLACEMENTS.includes(placement)) {
    return new RangeError(
      `placement is "${placement}": "shard" and "here" exist so far ("worker" and "process" do not)`,
    );
  }
  if (name !== undefined && !/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
    return new RangeError(
      `name is "${name}": letters, digits, ".", "_" and "-", the first a letter or digit`,
    );
  }
  if (name !== undefined && name.length > MAX_NAME_LENGTH) {
    return new RangeError(`name has ${name.length} characters: ${MAX_NAME_LENGTH} at most`);
  }
  if (restart !== undefined && !RESTARTS.includes(restart)) {
    return new RangeError(`restart is "${restart}": give one of ${RESTARTS.join(", ")}`);
  }
  if (shutdownMs !== undefined && !(shutdownMs >= 0 && shutdownMs <= MAX_SHUTDOWN_MS)) {
    return new RangeError(`shutdownMs is ${shutdownMs}: give 0 to ${MAX_SHUTDOWN_MS} ms`);
  }
  if (persist !== undefined && typeof persist !== "boolean") {
    return new TypeError(`persist is ${typeof persist}: give true or false`);
  }
  if (persist && name === undefined) {
    return new TypeError(
      `an actor that persists needs a name: spawn it with { name: "…", persist }`,
    );
  }
  if (args !== undefined && !Array.isArray(args)) {
    return new TypeError(`args is ${typeof args}: give the factory's arguments as an array`);
  }
  return mailbox && mailboxProblem(mailbox);
}
