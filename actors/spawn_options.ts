import { type BoxOptions, boxProblem } from "./box/box_options.ts";
import { isActorDefinition } from "./definition.ts";
import { MAX_NAME_LENGTH, MAX_SHUTDOWN_MS } from "./constants.ts";
import { type MailboxOptions, mailboxProblem } from "./mailbox.ts";

/**
 * Where an actor runs.
 *
 * - `shard`: in one of the Workers that many actors share.
 * - `here`: in the isolate that spawns it, from an inline definition if you like.
 * - `worker`: in a Worker of its own, with permissions of its own: for trusted code that computes
 *   long.
 * - `process`: in a process of its own, without any permission: for code that nobody trusts. It is
 *   the only placement that can be killed while it spins.
 */
export type Placement = "shard" | "here" | "worker" | "process";

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
    /** For the placements `worker` and `process`: permissions, memory, and how long it may spin. */
    readonly box?: BoxOptions;
    /** What its supervisor calls it: 1 to 128 characters, unique among the children. */
    readonly id?: string;
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

const PLACEMENTS: readonly string[] = ["shard", "here", "worker", "process"];
const RESTARTS: readonly string[] = ["permanent", "transient", "temporary"];

/** What is wrong with the name of an actor, if anything. */
export function nameProblem(name: unknown): RangeError | undefined {
  if (typeof name !== "string" || !/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
    return new RangeError(
      `name is "${name}": letters, digits, ".", "_" and "-", the first a letter or digit`,
    );
  }
  if (name.length <= MAX_NAME_LENGTH) return undefined;
  return new RangeError(`name has ${name.length} characters: ${MAX_NAME_LENGTH} at most`);
}

/** What is wrong with a spawn's definition or options, if anything. */
export function placementProblem(
  definition: unknown,
  options: Omit<SpawnOptions, "args"> & { readonly args?: unknown },
): Error | undefined {
  if (!isActorDefinition(definition)) {
    return new TypeError("spawn got no actor definition: pass what defineActor returned");
  }
  const { placement, name, restart, shutdownMs, mailbox, persist, args, id, box } = options;
  if (placement !== undefined && !PLACEMENTS.includes(placement)) {
    return new RangeError(
      `placement is "${placement}": give one of ${PLACEMENTS.join(", ")}`,
    );
  }
  const misnamed = name === undefined ? undefined : nameProblem(name);
  if (misnamed) return misnamed;
  if (restart !== undefined && !RESTARTS.includes(restart)) {
    return new RangeError(`restart is "${restart}": give one of ${RESTARTS.join(", ")}`);
  }
  if (shutdownMs !== undefined && !(shutdownMs >= 0 && shutdownMs <= MAX_SHUTDOWN_MS)) {
    return new RangeError(`shutdownMs is ${shutdownMs}: give 0 to ${MAX_SHUTDOWN_MS} ms`);
  }
  if (id !== undefined && (typeof id !== "string" || id === "" || id.length > MAX_NAME_LENGTH)) {
    return new TypeError(`id is ${JSON.stringify(id)}: give 1 to ${MAX_NAME_LENGTH} characters`);
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
  return (mailbox && mailboxProblem(mailbox)) ?? boxProblemOf(placement, box);
}

function boxProblemOf(
  placement: Placement = "shard",
  box: BoxOptions | undefined,
): Error | undefined {
  if (placement === "worker" || placement === "process") return boxProblem(placement, box ?? {});
  if (box === undefined) return undefined;
  return new TypeError(`box is for the placements "worker" and "process", not for "${placement}"`);
}
