import { BusyTimes } from "./busy_times.ts";
import { BREATHS, MAX_STREAK, TURN_BUDGET } from "./constants.ts";
import { Heartbeat } from "./fleet/heartbeat.ts";
import { Ring } from "./ring.ts";

/** Something that has messages to handle. */
export interface Runnable {
  /** Its slot. */
  readonly id: number;
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
  /** Who has its turn, for those who look from outside. */
  readonly heartbeat: Heartbeat;
  /** How long each actor was busy, by an estimate. */
  readonly busy: BusyTimes = new BusyTimes();
  readonly #ready = new Ring<Runnable>();
  readonly #afterTurn: () => void;
  /** What was woken last. */
  #next: Runnable | undefined = undefined;
  /** How many of those ran one after the other. */
  #streak = 0;
  #armed = false;
  /** Turns until one is measured. */
  #untilMeasured = this.busy.nextGap();
  /** Messages that may be handled before the next macrotask. */
  #budget = TURN_BUDGET;
  /** What waits for budget, the first to go on first. */
  readonly #breathless = new Ring<() => void>();

  constructor(afterTurn: () => void, heartbeat: Heartbeat = new Heartbeat()) {
    this.#afterTurn = afterTurn;
    this.heartbeat = heartbeat;
  }

  /**
   * Gives `runnable` a turn, unless it is queued for one. What another one woke runs right after it,
   * as in Go's and Tokio's schedulers: its messages are in the cache still, and an actor that lives
   * for one message is gone before the garbage collector has moved it.
   */
  schedule(runnable: Runnable): void {
    if (runnable.scheduled) return;
    runnable.scheduled = true;
    if (this.#next !== undefined) this.#ready.push(this.#next);
    this.#next = runnable;
    this.arm();
  }

  /** Gives a `runnable` that has used up its turn another one, behind all others. */
  requeue(runnable: Runnable): void {
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
    return new Promise((resolve) => this.#breathless.push(resolve));
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
    // First, as actors that never rest leave nothing; what they do then comes behind this turn.
    this.#release(BREATHS);
    this.#turn();
  };

  readonly #turn = (): void => {
    const { heartbeat } = this;
    try {
      while (this.#budget > 0) {
        const next = this.#take();
        if (next === undefined) break;
        next.scheduled = false;
        heartbeat.begin(next.id);
        const handled = --this.#untilMeasured > 0 ? next.run() : this.#measured(next);
        heartbeat.end();
        this.#budget -= Math.max(1, handled);
      }
      this.#release(this.#budget);
      this.#afterTurn();
    } catch (error) {
      heartbeat.idle();
      throw error;
    } finally {
      // Also when something threw: one bad turn must not be the shard's last.
      if (this.#isWaitedFor) this.#defer();
      else this.#armed = false;
    }
  };

  /** Runs one, and measures how long it takes. */
  #measured(runnable: Runnable): number {
    this.#untilMeasured = this.busy.nextGap();
    this.busy.measure(runnable.id);
    const began = performance.now();
    const handled = runnable.run();
    this.busy.measured(performance.now() - began);
    return handled;
  }

  /** Lets so many go on: all at once would each do a little, and starve the queue. */
  #release(count: number): void {
    for (let rest = count; rest > 0 && this.#breathless.size > 0; rest--) {
      this.#breathless.shift()?.();
    }
  }

  get #isWaitedFor(): boolean {
    return this.#next !== undefined || this.#ready.size > 0 || this.#breathless.size > 0;
  }

  /** The one that was woken last, but not for ever: the others wait. */
  #take(): Runnable | undefined {
    const next = this.#next;
    if (next === undefined || (++this.#streak > MAX_STREAK && this.#ready.size > 0)) {
      this.#streak = 0;
      return this.#ready.shift();
    }
    this.#next = undefined;
    return next;
  }
}
