import { type ActorDefinition, defineActor } from "../../actors/mod.ts";
import { policyOf } from "../policy_of.ts";

type PolicyReader = { suites(names: string[]): string[] };

/** Tells which suite each name has, as its shard knows it. */
const policyReader: ActorDefinition<[], PolicyReader> = defineActor(import.meta, (ctx) => ({
  suites: (names: string[]) => names.map((name) => policyOf(ctx, name).policy.app),
}));
export default policyReader;
