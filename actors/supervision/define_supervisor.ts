import { MAX_NAME_LENGTH } from "../constants.ts";
import type { ActorContext } from "../context.ts";
import { type ActorDefinition, defineActor } from "../definition.ts";
import { describe, SpawnError } from "../errors.ts";
import type { AnyRef } from "../ref.ts";
import { placementProblem, type SpawnOptions } from "../spawn_options.ts";
import { DuplicateIdError } from "./duplicate_id_error.ts";
import { Policy, type SupervisionOptions } from "./policy.ts";

/** How a supervisor starts a child: as `spawn` does, under an id. */
export type ChildOptions<A extends unknown[] = unknown[]> = SpawnOptions<A> & {
  /** What the supervisor calls it: 1 to 128 characters, unique among its children. */
  readonly id: string;
};

/** A child of a supervisor, before it is started; {@link child} makes it. */
export interface SupervisedChild {
  readonly definition: ActorDefinition<unknown[], unknown>;
  readonly options: ChildOptions;
}

/** What a supervisor is made of. */
export interface SupervisorSpec extends SupervisionOptions {
  /** In the order in which they are started. */
  readonly children: readonly SupervisedChild[];
}

/** A living child, for who asks its supervisor. */
export interface RunningChild {
  readonly id: string;
  readonly path: string;
  /** `null` while it is started elsewhere, its shard having been lost. */
  readonly ref: AnyRef | null;
}

/** The protocol of a supervisor that {@link defineSupervisor} made. */
export type SupervisorHandlers = {
  /** Its children, in the order of their start (OTP `supervisor:which_children/1`). */
  readonly children: () => RunningChild[];
  /** Ends a child for good, and replies when it has ended. */
  readonly stopChild: (id: string) => void;
};

/** Names a child of {@link defineSupervisor}. What is wrong with it is said there. */
export function child<A extends unknown[], H>(
  definition: ActorDefinition<A, H>,
  options: ChildOptions<A>,
): SupervisedChild {
  return { definition, options } as unknown as SupervisedChild;
}

/**
 * Defines a supervisor: an actor that does nothing but start its children in order, each ready
 * before the next, and keep them alive. A child that does not start fails its start.
 *
 * @param meta `import.meta` of the defining module
 * @returns the definition, to be the default export of that module
 * @throws {DuplicateIdError} when two children have one id
 * @throws {TypeError|RangeError} when a child or an option is unsound; it says which
 * @example
 * ```ts
 * import { defineActor } from "../definition.ts";
 * import { child, defineSupervisor } from "./define_supervisor.ts";
 *
 * const cache = defineActor(import.meta, () => ({}));
 * const server = defineActor(import.meta, (_ctx, port: number) => ({ port: () => port }));
 *
 * export default defineSupervisor(import.meta, {
 *   strategy: "rest_for_one",
 *   children: [child(cache, { id: "cache" }), child(server, { id: "server", args: [8080] })],
 * });
 * ```
 */
export function defineSupervisor(
  meta: { readonly url: string },
  spec: SupervisorSpec,
): ActorDefinition<[], SupervisorHandlers> {
  const { children, ...options } = spec;
  new Policy(options); // throws for what is unsound
  check(children);
  return defineActor(meta, (ctx: ActorContext) => {
    return start(ctx, options, children);
  });
}

async function start(
  ctx: ActorContext,
  options: SupervisionOptions,
  children: readonly SupervisedChild[],
): Promise<SupervisorHandlers> {
  ctx.supervise(options);
  for (const { definition, options } of children) {
    try {
      await ctx.spawn(definition, { label: options.id, ...options });
    } catch (error) {
      const { id } = options;
      throw new SpawnError(`child "${id}" did not start: ${describe(error)}`, { id });
    }
  }
  return {
    children: () =>
      ctx.children().map(({ id, path, ref }) => ({ id: id ?? path, path, ref: ref ?? null })),
    stopChild(id: string) {
      const ids = ctx.children().map((child) => child.id);
      if (!ids.includes(id)) {
        return ctx.refuse(
          new RangeError(`there is no child "${id}": there are ${ids.join(", ") || "none"}`),
        );
      }
      // Waiting here would hold the supervisor for as long as the child takes to stop.
      const reply = ctx.deferReply();
      ctx.stopChild(id).then(() => reply.ok(), (error) => reply.fail(error));
    },
  };
}

function check(children: readonly SupervisedChild[]): void {
  if (!Array.isArray(children)) {
    throw new TypeError(
      `children is ${typeof children}: give an array of child(definition, { id, … })`,
    );
  }
  const ids = new Set<string>();
  for (const [at, made] of (children as readonly unknown[]).entries()) {
    const { definition, options } = (made ?? {}) as Partial<SupervisedChild>;
    const id: unknown = options?.id;
    if (typeof id !== "string" || id === "" || id.length > MAX_NAME_LENGTH) {
      throw new TypeError(
        `children[${at}] has the id ${shown(id)}: give child(definition, { id }) an id of ` +
          `1 to ${MAX_NAME_LENGTH} characters`,
      );
    }
    if (ids.has(id)) {
      throw new DuplicateIdError(
        `children[${at}] has the id "${id}", as an earlier one has: give each child its own`,
        { id },
      );
    }
    ids.add(id);
    const problem = placementProblem(definition, options ?? {});
    if (problem) {
      problem.message = `child "${id}": ${problem.message}`;
      throw problem;
    }
  }
}

function shown(id: unknown): string {
  return typeof id === "string" ? `"${id.slice(0, MAX_NAME_LENGTH)}"` : typeof id;
}
