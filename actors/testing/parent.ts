import {
  type ActorError,
  type AnyRef,
  type BoxOptions,
  defineActor,
  type HandlersOf,
  type Placement,
  type Ref,
  type Restart,
  type SupervisionOptions,
} from "../mod.ts";
import failsToStart from "./fails_to_start.ts";
import type { Gate } from "./gate.ts";
import heldAtStart from "./held_at_start.ts";
import probe, { type Probe } from "./probe.ts";

/** How a parent is to start a child. */
export interface ChildOptions {
  readonly placement: Placement;
  readonly box?: BoxOptions;
  readonly restart?: Restart;
  readonly name?: string;
  readonly shutdownMs?: number;
  readonly shard?: string;
}

/** An actor that spawns probes: a supervisor. */
const parent = defineActor(import.meta, (ctx, intensity: SupervisionOptions | null) => {
  if (intensity) ctx.supervise(intensity);
  const children: Ref<Probe>[] = [];

  return {
    async child(options: ChildOptions): Promise<Ref<Probe>> {
      const child = await ctx.spawn(probe, { args: [], ...options });
      children.push(child);
      return child;
    },
    /** Starts a child and does not wait; the child tells `gate` and is held by it as it starts. */
    childHeldAtStart(gate: Ref<Gate>, options: ChildOptions): void {
      void ctx.spawn(heldAtStart, { args: [gate], ...options }).catch(() => {});
    },
    /** Starts a parent of its own as a child, with a probe under it. */
    async grandchild(supervisor: ChildOptions, options: ChildOptions): Promise<Ref<Probe>> {
      const child = await ctx.spawn(parent, { args: [null], ...supervisor });
      return await child.ask.child(options);
    },
    async childThatFails(options: ChildOptions): Promise<string> {
      return await ctx.spawn(failsToStart, { args: ["no luck"], ...options }).then(
        () => "started",
        (error: ActorError) => error.message,
      );
    },
    async stopChild(child: AnyRef): Promise<void> {
      await ctx.stopChild(child);
    },
    /** Has a child started by the stop hook of this actor; its code is told to the gate. */
    spawnOnStop(gate: Ref<Gate>, options: ChildOptions): void {
      ctx.onStop(async () => {
        const refused = await ctx.spawn(probe, { args: [], ...options }).then(() => "", String);
        if (refused.includes("is stopping")) gate.tell.arrive();
      });
    },
    hangOnStop(): void {
      ctx.onStop(() => new Promise(() => {}));
    },
    count: (): number => children.length,
    fail(): void {
      throw new RangeError("the parent failed");
    },
  };
});

export default parent;
/** The handlers of a parent. */
export type Parent = HandlersOf<typeof parent>;
