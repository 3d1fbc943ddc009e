import { defineActor, type Ref } from "../../../actors/mod.ts";
import { RING } from "../../actor_workload.ts";
import { Tally } from "../../tally.ts";
import { replyWithSum } from "./reply.ts";

type Head = Ref<{ arrived(at: number): void }>;
type Member = Ref<{ follow(next: Member): void; token(hops: number): void }>;

const member = defineActor(import.meta, (_ctx, head: Head, at: number) => {
  let next: Member | undefined;
  return {
    follow(other: Member): void {
      next = other;
    },
    token(hops: number): void {
      if (hops === 0) head.tell.arrived(at);
      else next?.tell.token(hops - 1);
    },
  };
});

/** A ring of {@link RING} actors, and an actor that starts its token. */
export default defineActor(import.meta, async (ctx) => {
  const head = ctx.self as Head;
  const end = new Tally();
  const members: Member[] = [];
  for (let at = 0; at < RING; at++) {
    members.push(await ctx.spawn(member, { args: [head, at], placement: "here" }));
  }
  for (const [at, each] of members.entries()) {
    each.tell.follow(members[(at + 1) % RING] as Member);
  }
  return {
    /** Passes the token so many times; the reply is who has it then. */
    pass(hops: number): number {
      members[0]?.tell.token(hops);
      return replyWithSum(ctx, end, 1);
    },
    arrived: (at: number): void => end.take(at),
  };
});
