import { defineActor, type Ref } from "../../../actors/mod.ts";
import { TICK_MS } from "../../actor_workload.ts";

type Ball = Ref<{ meet(other: Ball): void; hit(): void }>;

/** Hits back for ever: as much load as a shard takes. */
const player = defineActor(import.meta, () => {
  let other: Ball | undefined;
  return {
    meet(them: Ball): void {
      other = them;
    },
    hit: (): void => other?.tell.hit(),
  };
});

/** Ticks while its shard is under full load; replies with how late each tick was, in µs. */
export default defineActor(import.meta, async (ctx) => {
  const spawned = () => ctx.spawn(player, { placement: "here" });
  const [a, b] = [await spawned(), await spawned()] as [Ball, Ball];
  a.tell.meet(b);
  b.tell.meet(a);
  a.tell.hit();

  let latencies: number[] = [];
  let due = 0;
  let done: ((latencies: number[]) => void) | undefined;
  let ticking: Disposable | undefined;
  let wanted = 0;

  return {
    run(ticks: number): number[] {
      wanted = ticks;
      latencies = [];
      done = ctx.deferReply().ok;
      due = performance.now() + TICK_MS;
      ticking = ctx.every(TICK_MS, "tick");
      return latencies;
    },
    tick(): void {
      const now = performance.now();
      latencies.push(Math.max(0, now - due) * 1_000);
      // The next one that has not passed: those that were overdue are one.
      due += TICK_MS * Math.max(1, Math.ceil((now - due) / TICK_MS));
      if (latencies.length < wanted) return;
      ticking?.[Symbol.dispose]();
      done?.(latencies);
    },
  };
});
