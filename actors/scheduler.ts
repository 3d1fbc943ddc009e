import { TURN_BUDGET } from "./constants.ts";
import { Ring } from "./ring.ts";

/** Something that has messages to handle. */
export interface Runnable {
  scheduled: boolean;
  /** Handles some; returns how many. */
  run(): number;
}

/**
 * The run queue of a shard. Actors take turns on microtasks; after {@link TURN_BUDGET} messages the
 * queue yields one macrotask, so that timers and I/O never starve. The budget is not per drain:
 * handlers that await empty the queue after every message, and still never leave the microtasks.
 * After each drain `afterTurn` runs: that is when batches to other shards are posted.
 */
export class Scheduler {
  readonly #ready = new Ring<Runnable>();
  readonly #afterTurn: () => void;
  #armed = false;
  /** Messages that may be handled before the next macrotask. */
  #budget = TURN_BUDGET;
  /** Settles with the next macrotask. */
  #breath: PromiseWithResolvers<void> | undefined;

  constructor(afterTurn: () => void) {
    this.#afterTurn = afterTurn;
  }

  /** Gives `runnable` a turn, unless it is queued for one. */
  schedule(runnable: Runnable): void {
    if (runnable.scheduled) return;
    runnable.scheduled = true;
    this.#ready.push(runnable);
    this.arm();
  }

  /**
   * Counts work that was done outside of the queue, such as an actor that was started. Code that
   * awaits nothing but what is ready never leaves the microtasks: what it is given to await is
   * ready only after a macrotask, once the budget is used up.
   *
   * @returns what to wait for; `undefined` while there is budget
   */
  spend(): Promise<void> | undefined {
    if (--this.#budget > 0) return undefined;
    this.arm();
    return (this.#breath ??= Promise.withResolvers<void>()).promise;
  }

  /** Makes sure that a turn, and with it `afterTurn`, comes. */
  arm(): void {
    if (this.#armed) return;
    this.#armed = true;
    this.#defer();
  }

  #defer(): void {
    if (this.#budget > 0) queueMicrotask(this.#turn);
    else setImmediate(this.#renewed);
  }

  readonly #renewed = (): void => {
    this.#budget = TURN_BUDGET;
    this.#breath?.resolve();
    this.#breath = undefined;
    this.#turn();
  };

  readonly #turn = (): void => {
    try {
      while (this.#budget > 0) {
        const next = this.#ready.shift();
        if (!next) break;
        next.scheduled = false;
        this.#budget -= Math.max(1, next.run());
      }
      this.#afterTurn();
    } finally {
      // Also when something threw: one bad turn must not be the shard's last.
      if (this.#ready.size > 0 || this.#breath) this.#defer();
      else this.#armed = false;
    }
  };
}
