import { defineActor, type HandlersOf, type Ref } from "../../../actors/mod.ts";
import { CHUNK } from "../../actor_workload.ts";
import { Tally } from "../../tally.ts";
import { replyWithSum } from "./reply.ts";

/** A message of `count-object`. */
export interface Reading {
  readonly id: number;
  readonly name: string;
  readonly value: number;
}

/** A sender that hears of every chunk that the counter has handled. */
export type Hearing = Ref<{ heard(): void; start(total: number): void }>;

/** Adds up what it is told, and replies with the sum once everything has come. */
const counter = defineActor(import.meta, (ctx) => {
  const tally = new Tally();
  let sender: Hearing | undefined;
  const take = (n: number): void => {
    tally.take(n);
    if (tally.missing % CHUNK === 0) sender?.tell.heard();
  };
  return {
    /** Starts `who`, who hears of every {@link CHUNK}; settles with the sum when all have come. */
    expect(count: number, who: Hearing): number {
      sender = who;
      const sum = replyWithSum(ctx, tally, count);
      who.tell.start(count); // from here: a first chunk must not overtake what it is counted by
      return sum;
    },
    add: (n: number): void => take(n),
    addReading: (reading: Reading): void => take(reading.value),
    addBytes: (bytes: Uint8Array): void => take(bytes.length),
  };
});

/** A ref to one. */
export type Counter = Ref<HandlersOf<typeof counter>>;

export default counter;
