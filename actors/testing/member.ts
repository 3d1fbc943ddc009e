import { type ActorError, defineActor, type GroupEvent, type HandlersOf } from "../mod.ts";
import type { AnyRef, DeferredReply } from "../mod.ts";

/** A change of a group: `workers joined`, and who. */
export interface Change {
  readonly words: string;
  readonly ref: AnyRef;
}

/** An actor that joins, leaves and watches process groups. */
const member = defineActor(import.meta, (ctx) => {
  const log: Change[] = [];
  const watches = new Map<string, Disposable>();
  const watchers: { readonly count: number; readonly reply: DeferredReply }[] = [];

  function noted(event: GroupEvent<AnyRef>): void {
    const [what, refs] = "joined" in event ? ["joined", event.joined] : ["left", event.left];
    for (const ref of refs as AnyRef[]) log.push({ words: `${event.group} ${what}`, ref });
    for (const { count, reply } of watchers) if (log.length >= count) reply.ok();
  }

  return {
    nothing(): void {},
    log: (): Change[] => log,
    /** Settles when `count` events have been told. */
    told(count: number): void {
      if (log.length < count) watchers.push({ count, reply: ctx.deferReply() });
    },
    join: (group: string): Promise<void> => ctx.join(group),
    leave: (group: string): Promise<void> => ctx.leave(group),
    members: (group: string): Promise<AnyRef[]> => ctx.members(group),
    watch: (group: string): void => void watches.set(group, ctx.watchGroup(group, noted)),
    unwatch: (group: string): void => watches.get(group)?.[Symbol.dispose](),
    watchAndFail(group: string): void {
      ctx.watchGroup(group, () => {
        throw new RangeError("a listener");
      });
    },
    /** What comes of joining a group of that name. */
    joinBadly: (group: string): Promise<string> =>
      ctx.join(group).then(() => "joined", (error: ActorError) => error.message),
    stop: (): void => ctx.stop(),
    fail(): void {
      throw new RangeError("on purpose");
    },
    /** Loses its shard; see the probe's handler of this name. */
    loseShard(): void {
      Event.prototype.preventDefault = () => {};
      setTimeout(() => {
        throw new Error("the shard is lost on purpose");
      });
    },
  };
});

export default member;
/** The handlers of a member. */
export type Member = HandlersOf<typeof member>;
