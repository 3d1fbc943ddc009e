import type { ActorContext } from "../context.ts";
import { type GroupChange, type GroupSnapshot, GroupTable } from "./group_table.ts";
import { type AnyRef, refKey } from "../ref.ts";

/**
 * The protocol of the actor that has a node's process groups, in shard 0. The kernels speak it for
 * their actors, and vouch for the refs in it; the names of groups are checked here.
 */
export type Groups = {
  /** Puts a member into a group; one that is in it already stays where it is. */
  join(group: string, member: AnyRef): void;
  /** Takes a member out of a group, if it is in it. */
  leave(group: string, member: AnyRef): void;
  /** The members in the order in which they joined; none for a group that is not there. */
  members(group: string): AnyRef[];
  /**
   * The members now, and from then on every {@link GroupChange} told to the watcher's `handler`.
   * The answer and the changes travel apart and may arrive in any order, so both have a version:
   * `GroupView` puts them together. Watching again replaces the handler and answers anew.
   */
  watch(group: string, watcher: AnyRef, handler: string): GroupSnapshot<AnyRef>;
  /** Tells a watcher no more; what is on its way still arrives. */
  unwatch(group: string, watcher: AnyRef): void;
  /** A slot has ended: it leaves its groups, and watches nothing any more. */
  gone(ref: AnyRef): void;
  /** A shard is gone, and every slot in it. */
  shardLost(shard: number): void;
};

/** Tells a watcher's handler of a change. It must neither wait nor throw. */
export type TellWatcher = (
  watcher: AnyRef,
  handler: string,
  change: GroupChange<AnyRef>,
) => void;

/**
 * The handlers of {@link Groups}.
 *
 * @param ctx what refuses names that are none, and a group more than there may be
 * @param tell sends a change on its way; those to one watcher arrive in the order told
 */
export function groupHandlers(ctx: Pick<ActorContext, "refuse">, tell: TellWatcher): Groups {
  const table = new GroupTable<AnyRef>();
  return {
    join(group, member) {
      try {
        table.join(group, refKey(member), member);
      } catch (error) {
        ctx.refuse(error);
      }
    },
    leave(group, member) {
      table.leave(group, refKey(member));
    },
    members(group) {
      return table.members(group);
    },
    watch(group, watcher, handler) {
      try {
        return table.watch(group, refKey(watcher), (change) => tell(watcher, handler, change));
      } catch (error) {
        ctx.refuse(error);
        return { version: 0, members: [] }; // nobody gets it: the ask was refused
      }
    },
    unwatch(group, watcher) {
      table.unwatch(group, refKey(watcher));
    },
    gone(ref) {
      // First, so that it is not told of its own end.
      table.watcherGone(refKey(ref));
      table.memberGone(refKey(ref));
    },
    shardLost(shard) {
      // A slot's key is its shard, a point and its number: see refKey.
      const isThere = (key: string) => key.startsWith(`${shard}.`);
      table.watchersGone(isThere);
      table.membersGone(isThere);
    },
  };
}
