/**
 * A pool: supervises its workers, and hands each job to the one that has the least to do.
 *
 * A worker has **credit** for as many jobs as it may have in its mailbox. A job for which nobody has
 * credit waits here; when too many wait, it is refused. A job that crashes its worker fails alone:
 * the worker is restarted in its slot, so its ref stays valid, and it goes on with the next job in
 * its mailbox.
 *
 * @module
 */
import { type DeferredReply, defineActor, type HandlersOf, type Ref } from "@macula/mesh";
import worker from "./worker.ts";

/** Jobs that a worker has at once: one in hand, and one so that it need not wait for the next. */
const CREDIT = 2;

/** Jobs that wait here, before further ones are refused. */
const MOST_WAITING = 1_000;

/** How long a job may take, in milliseconds. */
const DEADLINE_MS = 60_000;

interface Member {
  readonly ref: Ref<HandlersOf<typeof worker>>;
  credit: number;
}

export default defineActor(import.meta, async (ctx, size: number) => {
  // Children that are alike, and stop all at once. Now and then one may crash; ten in a second are
  // more than bad jobs, and the pool's own supervisor decides.
  ctx.supervise({ strategy: "dynamic", intensity: 10, withinMs: 1_000 });
  const members: Member[] = [];
  for (let n = 1; n <= size; n++) {
    members.push({ ref: await ctx.spawn(worker, { id: `worker-${n}` }), credit: CREDIT });
  }
  const waiting: { readonly job: string; readonly reply: DeferredReply }[] = [];

  function handOut(): void {
    while (waiting.length > 0) {
      const idlest = members.reduce((a, b) => b.credit > a.credit ? b : a);
      if (idlest.credit === 0) return;
      const { job, reply } = waiting.shift()!;
      idlest.credit--;
      idlest.ref.with({ deadlineMs: DEADLINE_MS }).ask.work(job)
        .then((factor) => reply.ok(factor), (error) => reply.fail(error))
        .finally(() => {
          idlest.credit++;
          handOut();
        });
    }
  }

  return {
    /** Replies when a worker has done the job: it returns nothing, and the pool is free again. */
    run(job: string): bigint | void {
      if (waiting.length >= MOST_WAITING) {
        return ctx.refuse(new RangeError(`${MOST_WAITING} jobs wait already: try again later`));
      }
      waiting.push({ job, reply: ctx.deferReply() });
      handOut();
    },
  };
});
