/** The setting of tests that hold for every placement. @module */
import {
  ActorSystem,
  type AnyRef,
  type CrashReport,
  type ExitReason,
  type Placement,
  type Ref,
  type SpawnOptions,
} from "../mod.ts";
import { FakeClock } from "../testing.ts";
import gate, { type Gate } from "./gate.ts";
import keeper, { type Keeper } from "./keeper.ts";
import memoryStore, { type MemoryStore } from "./memory_store.ts";
import parent, { type Parent } from "./parent.ts";
import probe, { type Probe } from "./probe.ts";
import type { SupervisionOptions } from "../supervision/policy.ts";

/** A system to test in, and where its actors go. */
export class Setting {
  readonly placement: Placement;
  /** Time of the main isolate, where the guarantee asks for fake time. */
  readonly clock = new FakeClock();
  readonly crashes: CrashReport[] = [];
  system!: ActorSystem;
  readonly #waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  constructor(placement: Placement) {
    this.placement = placement;
  }

  /** Starts a probe where this setting places actors. */
  probe(options: Partial<SpawnOptions<[first?: string]>> = {}): Promise<Ref<Probe>> {
    return this.system.spawn(probe, { args: [], placement: this.placement, ...options });
  }

  /** Starts a parent there. */
  parent(
    intensity: SupervisionOptions | null = null,
    options: Partial<SpawnOptions<[SupervisionOptions | null]>> = {},
  ): Promise<Ref<Parent>> {
    return this.system.spawn(parent, { args: [intensity], placement: this.placement, ...options });
  }

  /** Starts a gate, in the main isolate. */
  gate(): Promise<Ref<Gate>> {
    return this.system.spawn(gate, { args: [], placement: "here" });
  }

  /** Starts a store in the main isolate, and attaches it. */
  async store(): Promise<Ref<MemoryStore>> {
    const store = await this.system.spawn(memoryStore, { placement: "here" });
    await this.system.attachStore(store);
    return store;
  }

  /** Starts a keeper that persists, where this setting places actors. */
  keeper(options: Partial<SpawnOptions<[]>> = {}): Promise<Ref<Keeper>> {
    const { placement } = this;
    return this.system.spawn(keeper, { name: "keeper", persist: true, placement, ...options });
  }

  /** Settles with the reason when the ref's incarnation has ended. */
  down(ref: AnyRef): Promise<ExitReason> {
    return new Promise((resolve) => this.system.monitor(ref, resolve));
  }

  /** Settles when `count` crashes have been reported, all told. */
  crashed(count: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.crashes.length >= count) resolve();
      else this.#waiting.push({ count, resolve });
    });
  }

  /** Takes a crash report. */
  report(crash: CrashReport): void {
    this.crashes.push(crash);
    for (const { count, resolve } of this.#waiting) if (this.crashes.length >= count) resolve();
  }

  /** How many dead letters of a reason there are. */
  async dead(reason: string): Promise<number> {
    const { byReason } = await this.system.deadLetters();
    return (byReason as Record<string, number>)[reason] ?? 0;
  }

  /** How many actors the system has, its own included. */
  async actors(): Promise<number> {
    return (await this.system.actors()).length;
  }
}

/** What makes a test fail that leaves something behind; the platform does not look unless told. */
export const STRICT = { sanitizeOps: true, sanitizeResources: true } as const;

/** Options of a {@link guarantee}. */
export interface GuaranteeOptions {
  /** Whether time in the main isolate stands still until the test moves `setting.clock`. */
  readonly fakeTime?: boolean;
  /** Shards for users; 1 unless named. */
  readonly userShards?: number;
  /** Placements that it holds for; all unless named. */
  readonly placements?: readonly Placement[];
  /** Restarts that the root allows. */
  readonly supervise?: SupervisionOptions;
}

/** Registers a test of a promise of `docs/semantics.md`, once for each placement. */
export function guarantee(
  promise: string,
  body: (setting: Setting) => Promise<void>,
  options: GuaranteeOptions = {},
): void {
  for (const placement of options.placements ?? ["here", "shard"] as const) {
    Deno.test(`${promise} [${placement}]`, STRICT, async () => {
      const setting = new Setting(placement);
      await using system = await ActorSystem.start({
        userShards: options.userShards ?? (placement === "shard" ? 1 : 0),
        onCrash: (crash) => setting.report(crash),
        ...options.fakeTime ? { clock: setting.clock, watchdog: false } : {},
        ...options.supervise ? { supervise: options.supervise } : {},
      });
      setting.system = system;
      await body(setting);
    });
  }
}
