import type { Clock } from "../clock.ts";
import type { ShardState } from "../reports.ts";
import { RestartIntensity } from "../supervision/restart_intensity.ts";
import type { Shard } from "./shard.ts";

/** A shard's name, and the Worker that has it now: there may be several, one after another. */
export class Place {
  readonly name: string;
  /** The last that had it, whether it lives or not. */
  shard: Shard | undefined;
  /** Whether that is ready, and was not lost. */
  up = false;
  /** Whether it was lost too often. */
  gone = false;
  /** How often it was started again. */
  restarts = 0;
  /** Settles when the start that goes on is over, whatever came of it. */
  replacing: Promise<void> | undefined;
  readonly #intensity = new RestartIntensity();
  readonly #clock: Clock;

  constructor(name: string, clock: Clock) {
    this.name = name;
    this.#clock = clock;
  }

  /** The shard, while actors can be reached in it. */
  get alive(): Shard | undefined {
    return this.up ? this.shard : undefined;
  }

  get state(): ShardState {
    if (this.gone) return "gone";
    if (!this.up) return "starting";
    return this.shard?.stuck ? "stuck" : "running";
  }

  /** It was lost: says whether it may be started again. */
  mayRestart(): boolean {
    const may = this.#intensity.allow(this.#clock.now());
    if (may) this.restarts++;
    else this.gone = true;
    return may;
  }

  /** What is said when it may not. */
  get bound(): string {
    const { intensity, withinMs } = this.#intensity;
    return `lost more than ${intensity} times in ${withinMs} ms`;
  }
}
