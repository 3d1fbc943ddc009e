import { Backoff, type BackoffOptions } from "./backoff.ts";
import { type IntensityOptions, RestartIntensity } from "./restart_intensity.ts";

/**
 * Which children a failure concerns (OTP `supervisor`, "Supervision Principles").
 *
 * - `one_for_one`: the one that failed.
 * - `one_for_all`: all.
 * - `rest_for_one`: it and those that were started after it.
 * - `dynamic`: the one that failed. Children are many and alike, and stop all at once, in no order
 *   (OTP's `simple_one_for_one`).
 */
export type Strategy = "one_for_one" | "one_for_all" | "rest_for_one" | "dynamic";

/** How a supervisor deals with children that fail. */
export interface SupervisionOptions extends IntensityOptions {
  /** `one_for_one` unless named. */
  readonly strategy?: Strategy;
  /** Waits before restarts; they are immediate unless named. */
  readonly backoff?: BackoffOptions;
}

const STRATEGIES: readonly string[] = ["one_for_one", "one_for_all", "rest_for_one", "dynamic"];

/** {@link SupervisionOptions} that were found to be sound. */
export class Policy {
  readonly strategy: Strategy;
  readonly backoff: Backoff | undefined;
  /** What restarts are allowed; counts none itself. */
  readonly limit: RestartIntensity;

  /**
   * @throws {RangeError} when the strategy is unknown or a number out of bounds
   * @throws {TypeError} when children are to be restarted together and counted one by one
   */
  constructor(options: SupervisionOptions = {}) {
    this.strategy = options.strategy ?? "one_for_one";
    if (!STRATEGIES.includes(this.strategy)) {
      throw new RangeError(`strategy is "${this.strategy}": give one of ${STRATEGIES.join(", ")}`);
    }
    this.limit = new RestartIntensity(options);
    this.backoff = options.backoff && new Backoff(options.backoff);
    if (this.together && this.limit.perChild) {
      throw new TypeError(
        `perChild counts restarts child by child, and ${this.strategy} restarts children ` +
          `together: leave perChild out, or take one_for_one or dynamic`,
      );
    }
  }

  /** Whether a failure has other children restarted too. */
  get together(): boolean {
    return this.strategy === "one_for_all" || this.strategy === "rest_for_one";
  }
}

/** What holds unless a supervisor says otherwise. */
export const DEFAULT_POLICY = new Policy();
