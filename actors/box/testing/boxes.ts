import {
  ActorSystem,
  type AnyRef,
  type CrashReport,
  type ExitReason,
  type Factory,
  type Handlers,
  type Ref,
  type Restart,
  systemClock,
} from "../../mod.ts";
import { Context } from "../../actor_context.ts";
import { Box, type Launch } from "../box.ts";
import { resolveBoxOptions } from "../box_options.ts";
import { agentCode } from "../bundle_cache.ts";
import { ProcessCarrier } from "../carrier_process.ts";
import type { LaunchScene } from "../launch.ts";
import type { BoxOptions } from "../mod.ts";
import { EVERY_REACH } from "../reach.ts";
import { launchScene } from "../scene.ts";

/** A system whose actors are boxed, and what is heard of their failures. */
export class Boxes implements AsyncDisposable {
  readonly system: ActorSystem;
  readonly crashes: readonly CrashReport[];
  readonly #next: ((crash: CrashReport) => void)[];

  private constructor(
    system: ActorSystem,
    crashes: CrashReport[],
    next: ((crash: CrashReport) => void)[],
  ) {
    this.system = system;
    this.crashes = crashes;
    this.#next = next;
  }

  /** Starts it. */
  static async start(): Promise<Boxes> {
    const crashes: CrashReport[] = [];
    const next: ((crash: CrashReport) => void)[] = [];
    const onCrash = (crash: CrashReport) => {
      crashes.push(crash);
      for (const done of next.splice(0)) done(crash);
    };
    const supervise = { intensity: 100 };
    return new Boxes(await ActorSystem.start({ userShards: 0, onCrash, supervise }), crashes, next);
  }

  /** Spawns the default export of a module in a box. */
  spawn<H = Handlers>(
    url: string | URL,
    placement: "worker" | "process",
    options: { args?: unknown[]; box?: BoxOptions; restart?: Restart } = {},
  ): Promise<Ref<H>> {
    const { args = [], restart = "temporary" } = options;
    const box = { reach: EVERY_REACH, ...options.box };
    const definition = { url: String(url), factory: elsewhere as Factory<unknown[], H> };
    return this.system.spawn(definition, {
      ...{ args, box, restart, placement, label: "boxed", shutdownMs: 200 },
    });
  }

  /** Spawns a box whose host is a program of the test's own. */
  spawnHost(program: string): Promise<Ref> {
    const hostUrl = `data:text/javascript,${encodeURIComponent(program)}`;
    return this.spawnIn(undefined, { hostUrl });
  }

  /** Spawns an agent in a process that is launched otherwise than here. */
  spawnIn<H = Handlers>(url: URL | undefined, changes: Partial<LaunchScene>): Promise<Ref<H>> {
    const factory: Factory<unknown[], unknown> = async (ctx, ...args) => {
      const { inside } = Context.incarnationOf(ctx).slot.kernel.boxes;
      const scene = { ...await launchScene(), ...changes };
      const options = resolveBoxOptions("process", {});
      const code = url ? await agentCode(url.href, undefined) : "";
      const launch: Launch = (events) =>
        new ProcessCarrier(options, scene, "boxed", systemClock, events);
      const box = new Box(ctx, inside, EVERY_REACH, "process-lost", launch);
      return await box.start({ url: String(url), path: "boxed", code }, args);
    };
    const definition = { url: import.meta.url, factory: factory as Factory<unknown[], H> };
    return this.system.spawn(definition, {
      ...{ args: [], restart: "temporary", placement: "here", shutdownMs: 200 },
    });
  }

  /** Settles with the next crash that is reported. */
  nextCrash(): Promise<CrashReport> {
    return new Promise((done) => this.#next.push(done));
  }

  /** Settles with the end of the ref's incarnation. */
  down(ref: AnyRef): Promise<ExitReason> {
    return new Promise((done) => this.system.monitor(ref, done));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.system.stop();
  }
}

/** Stands for the factory of a module that only its box loads. */
function elsewhere(): never {
  throw new Error("this factory is for a box to run");
}
