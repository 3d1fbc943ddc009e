import { isLoopback, parseListen } from "../transport/mod.ts";
import type { NodeAddress } from "../transport/mod.ts";
import { wrongUse } from "./failure.ts";
import type { Output } from "./output.ts";

/**
 * Says at every start what an open node is.
 *
 * @param listen where it listens
 * @param allow the only peers that it lets in, if it is not all
 * @param advice what to do against it
 */
export function warnOfOpenness(
  output: Output,
  listen: string,
  allow: readonly string[] | undefined,
  advice: string,
): void {
  const who = allow
    ? `every node of --allow (${allow.length})`
    : isLoopback(parseListen(listen).host)
    ? "every program on this machine"
    : `whoever reaches ${listen}`;
  void output.note(
    ["yellow", "warning:"],
    ` --open: there are no grants yet, so ${who} may publish, subscribe and call everything on ` +
      `this node. ${advice}`,
  );
}

/**
 * Refuses a list of allowed peers that leaves out one that is to be dialled: it would be refused as
 * soon as it answers.
 *
 * @throws {Failure} wrong use
 */
export function checkAllowed(
  allow: readonly string[] | undefined,
  targets: readonly NodeAddress[],
): void {
  const out = allow && targets.find(({ nodeId }) => !allow.includes(nodeId));
  if (!out) return;
  throw wrongUse(
    `${out.nodeId} is to be connected to, but is not among those of --allow: add --allow ` +
      `${out.nodeId}`,
  );
}
