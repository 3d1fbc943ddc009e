import { type ActorDefinition, defineActor, type Ref, type Terms } from "../../actors/mod.ts";
import { POLICY_TERM } from "./constants.ts";
import { loadPolicies } from "./load_policies.ts";
import { PolicyTable } from "./policy_table.ts";
import { readPolicyFiles } from "./read_policy_files.ts";
import type { Resolution } from "./resolution.ts";
import type { PolicySnapshot } from "./snapshot.ts";

/** What the policy resolver is started with. */
export type PolicyResolverStart = {
  /** Policy files; none for a node without policies. */
  readonly paths: readonly string[];
};

/** The protocol of the policy resolver. */
export type PolicyResolver = {
  /** The rules that hold. */
  snapshot(): PolicySnapshot;
  /**
   * Reads the files again; answers with the new version once every shard has it. What is wrong with
   * them is the asker's error, and what held before still holds.
   */
  reload(): Promise<number>;
  /** The policy of a name, and where each field came from. */
  explain(name: string, application: string | null): Resolution;
};

/**
 * The policy resolver: owns the policy files, and publishes each snapshot of their rules to every
 * shard under `POLICY_TERM`. It does not start on files that are wrong. A restart goes on with the
 * rules that held, whatever has become of the files.
 */
const policyResolver: ActorDefinition<[PolicyResolverStart, Ref<Terms>], PolicyResolver> =
  defineActor(
    import.meta,
    async (ctx, { paths }: PolicyResolverStart, terms: Ref<Terms>) => {
      let current = ctx.kept<PolicySnapshot>() ?? loadPolicies(await readPolicyFiles(paths), 1);
      let table = new PolicyTable(current);
      ctx.keep(() => current);
      await terms.ask.put(POLICY_TERM, current);

      const reload = async () => {
        const next = loadPolicies(await readPolicyFiles(paths), current.version + 1);
        await terms.ask.put(POLICY_TERM, next);
        [current, table] = [next, new PolicyTable(next)];
        return next.version;
      };
      /** Reloads go one after the other, so that the last one asked for is the one that holds. */
      let reloaded: Promise<unknown> = Promise.resolve();

      return {
        snapshot: () => current,
        reload(): Promise<number> {
          const reply = ctx.deferReply();
          reloaded = reloaded.then(reload).then(reply.ok, reply.fail);
          return SETTLED;
        },
        explain(name: string, application: string | null): Resolution {
          try {
            return table.resolve(name, application ?? undefined);
          } catch (error) {
            ctx.refuse(error); // only the names can be wrong
            return SETTLED;
          }
        },
      };
    },
  );
export default policyResolver;

/** What a handler returns that settles its message by other means: it is not looked at. */
const SETTLED = undefined as never;
