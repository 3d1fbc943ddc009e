import { Ring } from "../ring.ts";
import { DEFAULT_RESTART_INTENSITY, DEFAULT_RESTART_WINDOW_MS } from "../constants.ts";

/** How many restarts a supervisor allows within which time. */
export interface IntensityOptions {
  /** Restarts allowed in the window, 0 or more; 3 unless named. */
  readonly intensity?: number;
  /** The window in milliseconds, more than 0; 5,000 unless named. */
  readonly withinMs?: number;
  /**
   * Counts each child's restarts by itself: a child that exceeds them ends alone, and its siblings
   * and supervisor live on. False unless named, as in OTP. For children that have nothing to do with
   * each other.
   */
  readonly perChild?: boolean;
}

/**
 * The arithmetic of restart intensity (OTP `supervisor`, "Maximum Restart Intensity"): more than
 * `intensity` restarts within `withinMs` and the supervisor itself fails.
 */
export class RestartIntensity {
  readonly intensity: number;
  readonly withinMs: number;
  readonly perChild: boolean;
  readonly #restarts = new Ring<number>();

  /** @throws {RangeError} when a number is out of bounds */
  constructor(options: IntensityOptions = {}) {
    this.intensity = options.intensity ?? DEFAULT_RESTART_INTENSITY;
    this.withinMs = options.withinMs ?? DEFAULT_RESTART_WINDOW_MS;
    this.perChild = options.perChild ?? false;
    if (!Number.isSafeInteger(this.intensity) || this.intensity < 0) {
      throw new RangeError(`intensity is ${this.intensity}: give a whole number of 0 or more`);
    }
    if (!(this.withinMs > 0)) {
      throw new RangeError(`withinMs is ${this.withinMs}: give a time of more than 0 ms`);
    }
  }

  /** Records a restart at `now` (ms); false when it is one too many. */
  allow(now: number): boolean {
    const restarts = this.#restarts;
    for (let first; (first = restarts.peek()) !== undefined && now - first >= this.withinMs;) {
      restarts.shift();
    }
    restarts.push(now);
    return restarts.size <= this.intensity;
  }

  /** Another count with the same bounds, of no restarts so far. */
  anew(): RestartIntensity {
    return new RestartIntensity(this);
  }
}
