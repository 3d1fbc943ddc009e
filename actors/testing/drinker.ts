import { type ActorError, defineActor, type HandlersOf, type Ref } from "../mod.ts";
import type { Fountain } from "./fountain.ts";
import type { Gate } from "./gate.ts";

/** An actor that reads the streams of others. */
const drinker = defineActor(import.meta, (ctx) => {
  const log: string[] = [];
  let reading: AsyncIterator<number> | undefined;

  return {
    log: (): string[] => log,
    /** Reads a stream of `count` items to its end, with a round trip between any two. */
    async drink(fountain: Ref<Fountain>, count: number, credit: number): Promise<number[]> {
      const items: number[] = [];
      for await (const item of fountain.with({ credit }).stream.count(count)) {
        items.push(item);
        await ctx.lookup("nobody");
      }
      return items;
    },
    /** Reads one item, and is then held by the gate in the loop. */
    async drinkHeld(fountain: Ref<Fountain>, gate: Ref<Gate>, word: string): Promise<void> {
      for await (const _ of fountain.stream.endless(word)) await gate.ask.pass();
    },
    /** Reads one item and keeps the stream open. */
    async sip(fountain: Ref<Fountain>, word: string): Promise<number> {
      reading = fountain.stream.endless(word);
      return (await reading.next()).value as number;
    },
    /** Reads a stream of its own, from a handler. */
    async drinkOwn(): Promise<string> {
      const self = ctx.self as Ref<{ own(): number[] }>;
      try {
        for await (const _ of self.stream.own()) return "read";
        return "empty";
      } catch (error) {
        return (error as ActorError).code;
      }
    },
    /** Reads a stream of its own while it handles nothing. */
    drinkOwnLater(): void {
      const self = ctx.self as Ref<{ own(): number[] }>;
      const reply = ctx.deferReply();
      setTimeout(async () => {
        const items: number[] = [];
        for await (const item of self.stream.own()) items.push(item);
        reply.ok(items);
      });
    },
    own: (): number[] => [1, 2, 3],
    nothing(): void {},
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

export default drinker;
/** The handlers of a drinker. */
export type Drinker = HandlersOf<typeof drinker>;
