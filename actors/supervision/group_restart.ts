import type { Clock, TimerId } from "../clock.ts";
import type { Child } from "./child.ts";

/** What a group's restart has done to its children. */
export interface GroupSteps {
  readonly clock: Clock;
  /** Tells a child to stop and keep its slot, or for good if it is temporary. */
  stop(child: Child): void;
  /** Kills a child that has not stopped in time. */
  kill(child: Child): void;
  /** Starts a child again that is down. */
  restart(child: Child): void;
  /** All of them are ready. */
  done(): void;
}

/**
 * The restart of several children for the failure of one: they are stopped, the youngest first,
 * one after another; then, after a delay, started in the order in which they were at first, each
 * ready before the next (OTP `supervisor`, `one_for_all` and `rest_for_one`).
 *
 * It is driven by {@link advance}, called whenever a child may have changed. A step tells a child
 * something as the last thing it does, so that the news may come back while it is told.
 */
export class GroupRestart {
  readonly #steps: GroupSteps;
  #phase: "stopping" | "waiting" | "restarting" | "done" = "stopping";
  /** The children concerned that were not told to restart yet. */
  readonly #pending = new Set<Child>();
  /** They in the order of their start, and how far the phase has come. */
  #order: readonly Child[] = [];
  #at = 0;
  #delayMs = 0;
  #backoff: TimerId | undefined;
  /** The child whose end is waited for, and until when. */
  #current: Child | undefined;
  #deadline: TimerId | undefined;
  /** The child that was told to restart last. */
  #restarted: Child | undefined;
  /** Children that were still starting when their time to stop was over: to be stopped later. */
  readonly #late = new Set<Child>();

  constructor(steps: GroupSteps) {
    this.#steps = steps;
  }

  /** Whether the child is to be restarted anyway: that it ended by itself is no other failure. */
  covers(child: Child): boolean {
    return this.#pending.has(child);
  }

  /**
   * Begins, or begins anew for one more failure.
   *
   * @param concerned the child that failed and those that restart with it
   * @param delayMs between the last stop and the first restart, in milliseconds
   */
  fail(concerned: Iterable<Child>, delayMs: number): void {
    this.#cancelBackoff();
    for (const child of concerned) this.#pending.add(child);
    if (this.#restarted && this.#pending.has(this.#restarted)) this.#restarted = undefined;
    this.#order = [...this.#pending].sort((a, b) => a.number - b.number);
    this.#at = this.#order.length - 1;
    this.#delayMs = delayMs;
    this.#phase = "stopping";
    this.advance();
  }

  /** Does what can be done now. */
  advance(): void {
    if (this.#current) {
      const { state } = this.#current;
      if (state === "starting" || state === "stopping") return;
      this.#leave();
    }
    if (this.#phase === "stopping") this.#stopNext();
    else if (this.#phase === "restarting") this.#restartNext();
  }

  /** Leaves everything as it is. */
  cancel(): void {
    this.#phase = "done";
    this.#leave();
    this.#cancelBackoff();
  }

  #stopNext(): void {
    for (; this.#at >= 0; this.#at--) {
      const child = this.#order[this.#at] as Child;
      const passed = child.state === "starting" && this.#late.has(child);
      if (!child.condemned && !child.isDown && !passed) return this.#stop(child);
    }
    if (this.#delayMs === 0) return this.#restartAll();
    this.#phase = "waiting";
    this.#backoff = this.#steps.clock.setTimer(() => this.#restartAll(), this.#delayMs);
  }

  #stop(child: Child): void {
    this.#current = child;
    this.#deadline = this.#steps.clock.setTimer(() => this.#expired(child), child.shutdownMs);
    this.#steps.stop(child);
  }

  #expired(child: Child): void {
    this.#deadline = undefined;
    if (child.state !== "starting" || child.condemned) return this.#steps.kill(child);
    this.#late.add(child);
    this.#leave();
    this.advance();
  }

  #restartAll(): void {
    this.#backoff = undefined;
    this.#phase = "restarting";
    this.#at = 0;
    this.#restartNext();
  }

  #restartNext(): void {
    const { condemned = true, state = "gone" } = this.#restarted ?? {};
    if (!condemned && state !== "running") return;
    for (; this.#at < this.#order.length; this.#at++) {
      const child = this.#order[this.#at] as Child;
      if (child.condemned || !this.#pending.has(child)) continue;
      if (child.state === "running") return this.#stop(child); // it was late
      if (!child.isDown) return;
      this.#pending.delete(child);
      this.#restarted = child;
      return this.#steps.restart(child);
    }
    this.#phase = "done";
    this.#steps.done();
  }

  #leave(): void {
    this.#current = undefined;
    if (this.#deadline !== undefined) this.#steps.clock.clearTimer(this.#deadline);
    this.#deadline = undefined;
  }

  #cancelBackoff(): void {
    if (this.#backoff !== undefined) this.#steps.clock.clearTimer(this.#backoff);
    this.#backoff = undefined;
  }
}
