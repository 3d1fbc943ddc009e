import { compareNodeIds, type NodeId } from "../security/mod.ts";

/** A connection to a peer, as far as the choice between two of them needs it. */
export interface Contender {
  /** Who dialled it: `true` for this node. */
  readonly dialled: boolean;
  /** The peer's incarnation as its hello gave it; `undefined` while that is outstanding. */
  readonly incarnation: number | undefined;
}

/** Which of two connections to one peer stays. */
export type Choice = "keep" | "replace";

/**
 * Decides between a connection to a peer that this node has, or is dialling, and one that the peer
 * has just opened or that has just been verified. Both ends come to the same choice from what both
 * know, so that one connection per peer is left whoever dialled:
 *
 * - A newer incarnation of the peer replaces whatever an older one left behind.
 * - Of two dials in the same direction the later stays: its dialler would not have dialled with
 *   the earlier one alive.
 * - Of two dials in opposite directions the one by the node with the smaller id stays.
 *
 * @param self this node's id
 * @param peer the peer's id, not equal to `self`
 * @param present the connection that is there
 * @param newcomer the other
 */
export function arbitrate(
  self: NodeId,
  peer: NodeId,
  present: Contender,
  newcomer: Contender,
): Choice {
  const { incarnation: before } = present;
  const { incarnation: now } = newcomer;
  if (before !== undefined && now !== undefined && before !== now) {
    return now > before ? "replace" : "keep";
  }
  if (present.dialled === newcomer.dialled) return "replace";
  const smallerIsSelf = compareNodeIds(self, peer) < 0;
  return newcomer.dialled === smallerIsSelf ? "replace" : "keep";
}
