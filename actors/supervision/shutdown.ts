import type { Clock, TimerId } from "../clock.ts";
import type { Child } from "./child.ts";
import type { ChildTable } from "./child_table.ts";

/** What a shutdown has done to children. */
export interface ShutdownSteps {
  readonly clock: Clock;
  /** Sees to it that a child ends, and is not restarted. */
  condemn(child: Child): void;
  /** Tells a child to stop, if it lives and was not told yet. */
  stop(child: Child): void;
  /** Kills a child that has not stopped in time, and forgets it; one that has is let be. */
  kill(child: Child): void;
}

/** Children that were told to stop together, and how many of them have not ended. */
interface Batch {
  /** Number of the youngest. */
  readonly last: number;
  left: number;
  readonly done: () => void;
}

/** Ends children for good, each within its shutdown time, and waits for them. */
export class Shutdown {
  readonly #children: ChildTable;
  readonly #steps: ShutdownSteps;
  #all: Promise<void> | undefined;
  #batch: Batch | undefined;
  #over = false;

  constructor(children: ChildTable, steps: ShutdownSteps) {
    this.#children = children;
    this.#steps = steps;
  }

  /** Ends one child. */
  async stop(child: Child): Promise<void> {
    const { clock } = this.#steps;
    this.#steps.condemn(child);
    this.#steps.stop(child);
    if (child.state === "gone") return;
    const timer = clock.setTimer(() => this.#steps.kill(child), child.shutdownMs);
    child.rare.end ??= Promise.withResolvers();
    await child.rare.end.promise;
    clock.clearTimer(timer);
  }

  /** Ends all children, at once or the youngest first, one after another. */
  stopAll(together: boolean): Promise<void> {
    return this.#all ??= this.#stopAll(together).finally(() => this.#all = undefined);
  }

  /** All children were killed: later ones are not this shutdown's. */
  abandon(): void {
    this.#over = true;
  }

  /** A child has ended. */
  removed(child: Child): void {
    const batch = this.#batch;
    if (batch && child.number <= batch.last && --batch.left === 0) batch.done();
  }

  async #stopAll(together: boolean): Promise<void> {
    // A stop hook of the supervisor's may have spawned one more meanwhile.
    while (!this.#over && this.#children.size > 0) {
      const children = this.#children.list().reverse();
      for (const child of children) this.#steps.condemn(child);
      if (together) await this.#stopTogether(children.filter(({ state }) => state !== "gone"));
      else for (const child of children) await this.stop(child);
    }
  }

  /** As {@link stop}, for any number of children without a promise and a timer for each. */
  async #stopTogether(children: readonly Child[]): Promise<void> {
    if (children.length === 0) return;
    const { clock } = this.#steps;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#batch = { last: children[0]?.number ?? 0, left: children.length, done: resolve };
    for (const child of children) this.#steps.stop(child);
    const timers: TimerId[] = [];
    for (const [shutdownMs, late] of Map.groupBy(children, ({ shutdownMs }) => shutdownMs)) {
      const kill = () => late.forEach((child) => this.#steps.kill(child));
      timers.push(clock.setTimer(kill, shutdownMs));
    }
    await promise;
    for (const timer of timers) clock.clearTimer(timer);
    this.#batch = undefined;
  }
}
