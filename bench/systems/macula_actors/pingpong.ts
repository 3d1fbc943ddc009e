import { defineActor, type Ref } from "../../../actors/mod.ts";
import { Tally } from "../../tally.ts";
import { replyWithSum } from "./reply.ts";

/** One of two actors that tell each other in turn. */
export type Player = Ref<{
  /** Says who is at the other side. */
  meet(other: Player): void;
  /** Serves so many balls, each when the last has come back; the reply is how many did. */
  serve(balls: number): number;
  ping(): void;
  pong(): void;
}>;

export default defineActor(import.meta, (ctx) => {
  const back = new Tally();
  let other: Player | undefined;
  return {
    meet(who: Player): void {
      other = who;
    },
    serve(balls: number): number {
      other?.tell.ping();
      return replyWithSum(ctx, back, balls);
    },
    ping(): void {
      other?.tell.pong();
    },
    pong(): void {
      back.take(1);
      if (back.missing > 0) other?.tell.ping();
    },
  };
});
