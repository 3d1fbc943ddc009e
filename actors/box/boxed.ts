import type { ActorContext } from "../context.ts";
import { EndedError } from "../errors.ts";
import type { Factory } from "../definition.ts";
import { Box, type BoxInside, type Launch } from "./box.ts";
import { type BoxOptions, type BoxPlacement, resolveBoxOptions } from "./box_options.ts";
import { agentCode } from "./bundle_cache.ts";
import { ProcessCarrier } from "./carrier_process.ts";
import { WorkerCarrier } from "./carrier_worker.ts";
import { launchScene } from "./scene.ts";

/** What is to run in a box. */
export interface BoxSpec {
  /** URL of the actor's module. */
  readonly url: string;
  readonly placement: BoxPlacement;
  /** The actor's place in the tree. */
  readonly path: string;
  readonly box: BoxOptions;
}

/**
 * Makes the factory of an actor whose incarnations live in a box: each starts a Worker or process of
 * its own, and its handlers forward their messages there. Load errors, a start that throws and a
 * module that is no actor reject, with their cause.
 */
export function boxed(spec: BoxSpec, inside: BoxInside): Factory<unknown[], unknown> {
  return async (ctx: ActorContext, ...args: unknown[]) => {
    const { url, path, placement } = spec;
    const options = resolveBoxOptions(placement, spec.box);
    if (placement === "worker") {
      const launch: Launch = (events) => new WorkerCarrier(url, options, events);
      const box = new Box(ctx, inside, options.reach, "shard-lost", launch);
      return await box.start({ url, path, code: null }, args);
    }
    let ended = false;
    ctx.onEnd(() => ended = true);
    const made = Promise.all([launchScene(), agentCode(url, options.root)]);
    inside.closing(made.then(() => {}, () => {/* the start fails of it */}));
    const [scene, code] = await made;
    if (ended) throw new EndedError(`${path} was ended while it was bundled`);
    const launch: Launch = (events) =>
      new ProcessCarrier(options, scene, path, inside.clock, events);
    const box = new Box(ctx, inside, options.reach, "process-lost", launch);
    return await box.start({ url, path, code }, args);
  };
}
