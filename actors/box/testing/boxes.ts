import { type ActorContext, ActorSystem, systemClock } from "../../mod.ts";
import type {
  CrashReport,
  ExitKind,
  ExitReason,
  Factory,
  Handlers,
  Ref,
  Restart,
} from "../../mod.ts";
import { Box, type Launch } from "../box.ts";
import { resolveBoxOptions } from "../box_options.ts";
import { agentCode } from "../bundle_cache.ts";
import { ProcessCarrier } from "../carrier_process.ts";
import { boxed, type BoxInside, type BoxOptions } from "../mod.ts";
import type { LaunchScene } from "../launch.ts";
import { launchScene } from "../scene.ts";

/** Boxes in a system of their own, with what they need of the runtime made of its public parts. */
export class Boxes implements BoxInside, AsyncDisposable {
  readonly clock = systemClock;
  readonly system: ActorSystem;
  readonly crashes: readonly CrashReport[];
  readonly failures: ExitReason[] = [];
  readonly reports: string[] = [];
  readonly #failing = new WeakMap<ActorContext, (error: unknown) => void>();
  readonly #waiting: ((reason: ExitReason) => void)[] = [];
  readonly #closing: Promise<void>[] = [];

  private constructor(system: ActorSystem, crashes: CrashReport[]) {
    this.system = system;
    this.crashes = crashes;
  }

  static async start(): Promise<Boxes> {
    const crashes: CrashReport[] = [];
    const onCrash = (report: CrashReport) => void crashes.push(report);
    return new Boxes(await ActorSystem.start({ userShards: 0, onCrash }), crashes);
  }

  /** Spawns the default export of a module in a box. */
  spawn<H = Handlers>(
    url: string | URL,
    placement: "worker" | "process",
    options: { args?: unknown[]; box?: BoxOptions; restart?: Restart } = {},
  ): Promise<Ref<H>> {
    const { args = [], box = {}, restart = "temporary" } = options;
    const spec = { url: String(url), placement, path: "boxed", box };
    return this.#spawn<H>(boxed(spec, this), args, restart);
  }

  /** Spawns a box whose host is a program of the test's own. */
  spawnHost(program: string): Promise<Ref> {
    const hostUrl = `data:text/javascript,${encodeURIComponent(program)}`;
    return this.spawnIn(undefined, { hostUrl });
  }

  /** Spawns an agent in a process that is launched otherwise than here. */
  spawnIn<H = Handlers>(url: URL | undefined, changes: Partial<LaunchScene>): Promise<Ref<H>> {
    const factory: Factory<unknown[], unknown> = async (ctx, ...args) => {
      const scene = { ...await launchScene(), ...changes };
      const options = resolveBoxOptions("process", {});
      const code = url ? await agentCode(url.href, undefined) : "";
      const launch: Launch = (events) =>
        new ProcessCarrier(options, scene, "boxed", this.clock, events);
      const box = new Box(ctx, this, "process-lost" as ExitKind, launch);
      return await box.start({ url: String(url), path: "boxed", code }, args);
    };
    return this.#spawn<H>(factory, [], "temporary");
  }

  /** Settles with the next failure of a box. */
  nextFailure(): Promise<ExitReason> {
    return new Promise((done) => this.#waiting.push(done));
  }

  fail(ctx: ActorContext, reason: ExitReason, error: unknown): void {
    this.failures.push(reason);
    for (const done of this.#waiting.splice(0)) done(reason);
    this.#failing.get(ctx)?.(error);
  }

  report(_ctx: ActorContext, handler: string, error: unknown): void {
    this.reports.push(`${handler}: ${error}`);
  }

  closing(done: Promise<void>): void {
    this.#closing.push(done);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.system.stop();
    await Promise.all(this.#closing);
  }

  #spawn<H>(
    factory: Factory<unknown[], unknown>,
    args: unknown[],
    restart: Restart,
  ): Promise<Ref<H>> {
    const failable = this.#failable(factory) as Factory<unknown[], H>;
    const definition = { url: import.meta.url, factory: failable };
    const options = { args, restart, placement: "here", shutdownMs: 200 } as const;
    return this.system.spawn(definition, options);
  }

  /** Handlers that fail as soon as `fail` is called for their context, idle ones too. */
  #failable(factory: Factory<unknown[], unknown>): Factory<unknown[], unknown> {
    return async (ctx, ...args) => {
      const failing = Promise.withResolvers<never>();
      failing.promise.catch(() => {/* nobody may be waiting */});
      const self = ctx.self as Ref;
      this.#failing.set(ctx, (error) => {
        failing.reject(error);
        self.tell.failNow?.();
      });
      const made = await factory(ctx, ...args) as Record<string, (...args: unknown[]) => unknown>;
      const handlers: typeof made = { failNow: () => failing.promise };
      for (const [name, handler] of Object.entries(made)) {
        handlers[name] = (...given) => Promise.race([handler(...given), failing.promise]);
      }
      return handlers;
    };
  }
}
