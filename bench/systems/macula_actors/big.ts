import { defineActor, type Ref } from "../../../actors/mod.ts";
import { BIG_ACTORS, nextRandom } from "../../actor_workload.ts";
import { Tally } from "../../tally.ts";
import { replyWithSum } from "./reply.ts";

type Sink = Ref<{ done(): void; pinged(times: number): void }>;
type Member = Ref<{
  meet(others: readonly Member[]): void;
  begin(pings: number): void;
  ping(from: number): void;
  pong(): void;
  report(): void;
}>;

/** Pings others at random, each time when the pong to its last ping has come. */
const member = defineActor(import.meta, (_ctx, sink: Sink, at: number) => {
  let others: readonly Member[] = [];
  let left = 0;
  let pinged = 0;
  let random = at + 1;

  function ping(): void {
    random = nextRandom(random);
    others[random % BIG_ACTORS]?.tell.ping(at);
  }

  return {
    meet(all: readonly Member[]): void {
      others = all;
    },
    begin(pings: number): void {
      left = pings;
      pinged = 0;
      ping();
    },
    ping(from: number): void {
      pinged++;
      others[from]?.tell.pong();
    },
    pong(): void {
      if (--left > 0) ping();
      else sink.tell.done();
    },
    report: (): void => sink.tell.pinged(pinged),
  };
});

/** Savina's `big`: many actors that all ping each other; replies with how many pings arrived. */
export default defineActor(import.meta, async (ctx) => {
  const sink = ctx.self as Sink;
  const members: Member[] = [];
  const pinged = new Tally();
  let busy = 0;
  for (let at = 0; at < BIG_ACTORS; at++) {
    members.push(await ctx.spawn(member, { args: [sink, at], placement: "here" }));
  }
  for (const each of members) each.tell.meet(members);
  return {
    run(pings: number): number {
      busy = BIG_ACTORS;
      for (const each of members) each.tell.begin(pings);
      return replyWithSum(ctx, pinged, BIG_ACTORS);
    },
    done(): void {
      if (--busy === 0) { for (const each of members) each.tell.report(); }
    },
    pinged: (times: number): void => pinged.take(times),
  };
});
