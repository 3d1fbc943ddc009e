import type { RefAddress } from "../../values/mod.ts";
import type { Clock, TimerId } from "../clock.ts";
import type { Restart } from "../spawn_options.ts";
import type { RestartIntensity } from "./restart_intensity.ts";

/**
 * - `starting`: its first incarnation starts, here or elsewhere; where it lives may not be known.
 * - `running`: it was ready.
 * - `stopping`: it was told to stop.
 * - `down`: its incarnation has ended; its slot waits for what becomes of it.
 * - `lost`: its slot has gone with its shard.
 * - `restarting`: its slot was told to restart, and is not ready.
 * - `gone`: it is no child any more.
 */
export type ChildState =
  | "starting"
  | "running"
  | "stopping"
  | "down"
  | "lost"
  | "restarting"
  | "gone";

/** A child as its spawner announces it. */
export interface ChildSpec {
  /** Its place in the tree. */
  readonly path: string;
  readonly restart: Restart;
  /** How long it may take to stop, in milliseconds. */
  readonly shutdownMs: number;
  /** What its supervisor calls it: unique among the children. */
  readonly id?: string | undefined;
  /** What starts it again elsewhere when its shard is lost; without it, it then ends. */
  readonly respec?: unknown;
}

/** What only few of a million children have. */
class Rare {
  id: string | undefined;
  respec: unknown;
  /** Its own count of restarts, where they are counted per child. */
  intensity: RestartIntensity | undefined;
  /** Consecutive restarts, of which the last was ready at `readyAt`, in ms of the clock. */
  streak = 0;
  readyAt: number | undefined;
  /** Waits to restart it. */
  timer: TimerId | undefined;
  /** How often it was started in another slot. */
  respawns = 0;
  /** Settles when it is no child any more; made when somebody waits. */
  end: PromiseWithResolvers<void> | undefined;
}

const NOWHERE = -1;

/** A child of a supervisor: seven words, since a supervisor may have a million. */
export class Child {
  readonly number: number;
  readonly #spec: ChildSpec;
  state: ChildState = "starting";
  /** Set once the child is to end; its exits then restart nothing. */
  condemned = false;
  #shard = NOWHERE;
  #slot = NOWHERE;
  #rare: Rare | undefined = undefined;

  /** @param spec shared by children that are alike */
  constructor(number: number, spec: ChildSpec) {
    const { id, respec } = spec;
    this.number = number;
    this.#spec = spec;
    if (id === undefined && respec === undefined) return;
    this.rare.id = id;
    this.rare.respec = respec;
  }

  get path(): string {
    return this.#spec.path;
  }

  get restart(): Restart {
    return this.#spec.restart;
  }

  get shutdownMs(): number {
    return this.#spec.shutdownMs;
  }

  /** What few children have; made by this access. */
  get rare(): Rare {
    return this.#rare ??= new Rare();
  }

  /** {@link rare} where it was made already. */
  get known(): Rare | undefined {
    return this.#rare;
  }

  /** The slot it lives in; `undefined` while it has none that is known. */
  get address(): RefAddress | undefined {
    return this.#shard === NOWHERE ? undefined : { shard: this.#shard, slot: this.#slot };
  }

  set address(address: RefAddress | undefined) {
    this.#shard = address?.shard ?? NOWHERE;
    this.#slot = address?.slot ?? NOWHERE;
  }

  /** Whether it lives in that shard. */
  isIn(shard: number): boolean {
    return this.#shard === shard;
  }

  /** Whether it has no incarnation and may be given one. */
  get isDown(): boolean {
    return this.state === "down" || this.state === "lost";
  }

  /** Forgets that it was to be restarted later. */
  clearTimer(clock: Clock): void {
    const rare = this.#rare;
    if (rare?.timer === undefined) return;
    clock.clearTimer(rare.timer);
    rare.timer = undefined;
  }
}
