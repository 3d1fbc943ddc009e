import { type DeferredReply, defineActor, type HandlersOf, type Ref } from "../mod.ts";
import type { Item } from "../../values/mod.ts";
import { ruin } from "./ruin.ts";

type Holder = { hold(value: Item): void };

/** An actor that holds what it is told, as it got it, and changes it when it is told to. */
const keepsake = defineActor(import.meta, (ctx, first: Item = null) => {
  let held: Item = first;
  let reply: DeferredReply | undefined;

  return {
    nothing(): void {},
    hold: (value: Item): void => void (held = value),
    /** What it holds, and goes on holding. */
    // deno-lint-ignore no-explicit-any -- what comes back is what was sent
    held: (): any => held,
    /** Changes everything in what it holds. */
    ruin: (): void => ruin(held),
    // deno-lint-ignore no-explicit-any -- what comes back is what was sent
    *stream(): Generator<any> {
      for (let i = 0; i < 3; i++) {
        yield held;
        ruin(held);
      }
    },
    /** Replies with what it holds, and changes it right after. */
    // deno-lint-ignore no-explicit-any -- what comes back is what was sent
    async ruinAfterReply(): Promise<any> {
      await Promise.resolve();
      queueMicrotask(() => queueMicrotask(() => ruin(held)));
      return held;
    },
    defer(): void {
      reply = ctx.deferReply();
    },
    /** Gives the reply that it owes, and changes it right after. */
    settle(): void {
      reply?.ok(held);
      ruin(held);
    },
    /** Passes what it holds on in every way, and changes it right after each. */
    async passOn(...others: Ref<Holder>[]): Promise<void> {
      const [told, sent, asked] = others;
      const original = structuredClone(held);
      told?.tell.hold(held);
      ruin(held);
      held = structuredClone(original);
      const sending = sent?.send.hold(held);
      ruin(held);
      await sending;
      held = structuredClone(original);
      const asking = asked?.ask.hold(held);
      ruin(held);
      await asking;
    },
    /** Tells itself later what it holds, and changes it right after. */
    holdLater(): void {
      ctx.after(0, "hold", held);
      ruin(held);
    },
    /** Starts a child with what it holds, and changes it right after. */
    // deno-lint-ignore no-explicit-any -- what comes back is what was sent
    async holdInChild(placement: "here" | "shard"): Promise<any> {
      const starting = ctx.spawn(keepsake, { args: [held], placement });
      ruin(held);
      return await (await starting).ask.held();
    },
  };
});

export default keepsake;
/** The handlers of a keepsake. */
export type Keepsake = HandlersOf<typeof keepsake>;
