/** The setting of tests that hold for every placement. @module */
import {
  ActorSystem,
  type AnyRef,
  type BoxOptions,
  type CrashReport,
  type ExitReason,
  type Placement,
  type Ref,
  type SpawnOptions,
} from "../mod.ts";
import { EVERY_REACH } from "../box/reach.ts";
import { FakeClock } from "../testing.ts";
import gate, { type Gate } from "./gate.ts";
import keeper, { type Keeper } from "./keeper.ts";
import memoryStore, { type MemoryStore } from "./memory_store.ts";
import parent, { type Parent } from "./parent.ts";
import probe, { type Probe } from "./probe.ts";
import type { SupervisionOptions } from "../supervision/policy.ts";

/** All placements. */
export const EVERYWHERE: readonly Placement[] = ["here", "shard", "worker", "process"];

/**
 * What an actor in a box cannot do by its nature: it starts no children and reads no terms, and it
 * hears that its mailbox is full when it is too late to throw. Supervisors of boxes can be tested
 * everywhere: see {@linkcode Setting.supervisorPlace}.
 */
export const UNBOXED: readonly Placement[] = ["here", "shard"];

/**
 * Where an incarnation shares its isolate with the one before: what is left in a module is still
 * there. Each incarnation in a box has an isolate of its own.
 */
export const SAME_ISOLATE: readonly Placement[] = ["here", "shard"];

/** What is about shards themselves: that one is lost, or has an error which is no actor's. */
export const OF_SHARDS: readonly Placement[] = ["shard"];

/** Where a definition closes over the test's own variables, and thousands of actors cost little. */
export const INLINE: readonly Placement[] = ["here"];

/** Where an actor is loaded from its module: elsewhere the definition is at hand. */
export const LOADED: readonly Placement[] = ["shard", "worker", "process"];

/** Where a message of more than 1 MiB can come from: what leaves a process is bounded to that. */
export const OF_ANY_SIZE: readonly Placement[] = ["here", "shard", "worker"];

/**
 * Where time stands still for the actor as well: its timers, and what is left of a deadline, are of
 * the clock of its isolate, and a test has that of the main one alone.
 */
export const IN_FAKE_TIME: readonly Placement[] = ["here"];

/**
 * How long a process may answer nothing before it is killed, in milliseconds: where tests share a
 * machine that is overloaded, a sound one may not run for longer than the default.
 */
const UNANSWERED_MS = 60_000;

/** Where an actor goes, as options of its spawn. */
export interface Place {
  readonly placement: Placement;
  readonly box?: BoxOptions;
}

/** A system to test in, and where its actors go. */
export class Setting {
  readonly placement: Placement;
  /** Where actors go. */
  readonly place: Place;
  /** Where actors go that start children: a box starts none, so these are outside of it. */
  readonly supervisorPlace: Place;
  /** The number of the shard that has the slots of its actors. */
  readonly shard: number;
  /** Time of the main isolate, where the guarantee asks for fake time. */
  readonly clock = new FakeClock();
  readonly crashes: CrashReport[] = [];
  system!: ActorSystem;
  readonly #waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  constructor(placement: Placement) {
    this.placement = placement;
    this.place = placement === "process"
      ? { placement, box: { reach: EVERY_REACH, unansweredMs: UNANSWERED_MS } }
      : { placement };
    this.shard = placement === "shard" ? 1 : 0;
    this.supervisorPlace = { placement: placement === "shard" ? "shard" : "here" };
  }

  /** Starts a probe where this setting places actors. */
  probe(options: Partial<SpawnOptions<[first?: string]>> = {}): Promise<Ref<Probe>> {
    return this.system.spawn(probe, { args: [], ...this.placed(options) });
  }

  /** Starts a parent where supervisors go. */
  parent(
    intensity: SupervisionOptions | null = null,
    options: Partial<SpawnOptions<[SupervisionOptions | null]>> = {},
  ): Promise<Ref<Parent>> {
    return this.system.spawn(parent, { args: [intensity], ...this.supervisorPlace, ...options });
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
    return this.system.spawn(keeper, { name: "keeper", persist: true, ...this.placed(options) });
  }

  /** Options of a spawn, with the place of this setting unless they name another. */
  placed<O extends { readonly placement?: Placement }>(options: O): O & Partial<Place> {
    return { ...options.placement === undefined ? this.place : {}, ...options };
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
  for (const placement of options.placements ?? EVERYWHERE) {
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
