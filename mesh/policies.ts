import type { ActorContext } from "../actors/mod.ts";
import {
  POLICY_TERM,
  type PolicySnapshot,
  PolicyView,
  type Property,
  type Resolution,
  suiteProperties,
} from "../security/mod.ts";

/** The policies of a node, as one who acts on behalf of an application reads them. */
export class Policies {
  readonly #view: PolicyView;
  readonly #application: string | undefined;

  /**
   * @param view of the isolate's snapshot
   * @param application who acts, unless a resolution names another
   */
  constructor(view: PolicyView, application: string | undefined) {
    this.#view = view;
    this.#application = application;
  }

  /** The policies as an actor's shard has them: read without a message. */
  static of(ctx: Pick<ActorContext, "term">, application: string | null = null): Policies {
    const view = new PolicyView(() => ctx.term<PolicySnapshot>(POLICY_TERM));
    return new Policies(view, application ?? undefined);
  }

  /** What holds for a topic or procedure. */
  resolve(name: string, application?: string): Resolution {
    return this.#view.resolve(name, application ?? this.#application);
  }

  /** The hash of everything that bears on a realm, 32 bytes. */
  hash(realm: string): Uint8Array {
    return this.#view.policyHash(realm);
  }
}

/**
 * What a suite lacks under a policy: properties are compared, not names, so that a peer may always
 * be stricter. It needs those of the suite that the policy names, and those that it requires.
 *
 * @returns what is missing; `undefined` when the suite is none of this version's
 */
export function lackingProperties(
  { policy, satisfied }: Resolution,
  suite: string,
): readonly Property[] | undefined {
  // A policy that can be kept names a suite with all that it requires: the commonest case of all.
  if (satisfied && suite === policy.app) return NOTHING;
  const has = suiteProperties(suite);
  if (!has) return undefined;
  const needed = new Set([...suiteProperties(policy.app) ?? [], ...policy.require]);
  return [...needed].filter((property) => !has.includes(property));
}

const NOTHING: readonly Property[] = [];
