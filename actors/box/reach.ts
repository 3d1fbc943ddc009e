import { ActorError } from "../errors.ts";

/**
 * What of its node an actor in a box may use, beside the refs that it was given.
 *
 * - `bus`: topics and procedures, under the node's name.
 * - `names`: every actor that has a name.
 * - `groups`: process groups, and with them their members.
 * - `signals`: links and exits, which end others.
 */
export type Reach = "bus" | "names" | "groups" | "signals";

/** All there is to reach: what trusted code has. */
export const EVERY_REACH: readonly Reach[] = ["bus", "names", "groups", "signals"];

/** What each deed needs; those that are not here need nothing. */
const NEEDS: ReadonlyMap<string, Reach> = new Map([
  ...["publish", "subscribe", "serve", "call"].map((deed) => [deed, "bus"] as const),
  ...["lookup", "named"].map((deed) => [deed, "names"] as const),
  ...["join", "leave", "members", "watchGroup"].map((deed) => [deed, "groups"] as const),
  ...["link", "unlink", "exit"].map((deed) => [deed, "signals"] as const),
]);

/** Why an actor with that reach may not do a deed of the context; `undefined` when it may. */
export function reachProblem(deed: string, reach: readonly string[]): ActorError | undefined {
  const needed = NEEDS.get(deed);
  if (needed === undefined || reach.includes(needed)) return undefined;
  return new ActorError(
    "out-of-reach",
    `ctx.${deed} is out of reach of this actor, which nobody has to trust: spawn it with ` +
      `box: { reach: ["${needed}"] } if it may use that of its node`,
    { deed, reach: needed },
  );
}
