import type { ActorContext } from "../actors/mod.ts";
import type { Resolution } from "../security/mod.ts";
import { Policies } from "./policies.ts";

/**
 * What holds for a topic or procedure on an actor's node, and where each field came from: out of the
 * copy of the policies that the actor's shard has, without a message.
 *
 * @param application on behalf of which; none unless named
 * @throws {PatternError} when the name is none
 *
 * @example
 * ```ts
 * import { defineActor, policyOf } from "@macula/mesh";
 *
 * export default defineActor(import.meta, (ctx) => ({
 *   suite: (topic: string) => policyOf(ctx, topic).policy.app,
 * }));
 * ```
 */
export function policyOf(ctx: ActorContext, name: string, application?: string): Resolution {
  let policies = views.get(ctx);
  if (!policies) views.set(ctx, policies = Policies.of(ctx));
  return policies.resolve(name, application);
}

/** One view for each incarnation. */
const views = new WeakMap<ActorContext, Policies>();
