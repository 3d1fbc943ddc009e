import type { RefAddress } from "../values/mod.ts";
import type { Clock, TimerId } from "./clock.ts";
import { type ExitReason, isClean } from "./exit_reason.ts";
import type { Signal } from "./message.ts";
import { type IntensityOptions, RestartIntensity } from "./restart_intensity.ts";
import type { Restart } from "./spawn_options.ts";

/** What a supervision needs of the actor whose children it holds. */
export interface SupervisionHost {
  readonly clock: Clock;
  /** Puts a signal into a child's system lane. */
  signal(child: RefAddress, signal: Signal): void;
  /** The children failed too often: the supervisor fails with this message. */
  exceeded(message: string): void;
  /** One child failed too often and ends alone. */
  gaveUp(path: string, message: string): void;
}

interface Child {
  readonly id: number;
  readonly path: string;
  readonly restart: Restart;
  readonly shutdownMs: number;
  /** Its own count of restarts, where they are counted per child. */
  intensity: RestartIntensity | undefined;
  /** `undefined` until the child's shard has answered. */
  address: RefAddress | undefined;
  /** Set once the child is to end; its exits then restart nothing. */
  condemned: boolean;
  readonly ended: PromiseWithResolvers<void>;
}

/**
 * One_for_one supervision (OTP `supervisor`): what becomes of a child whose incarnation ended, in
 * which order children stop, and when the supervisor itself must fail.
 *
 * A child is known by a number of its supervisor's, since its slot may not be known yet when its
 * first news arrives.
 */
export class Supervision {
  readonly #host: SupervisionHost;
  readonly #children = new Map<number, Child>();
  #intensity: RestartIntensity;
  #nextId = 1;
  #restarts = 0;

  constructor(host: SupervisionHost, intensity: IntensityOptions = {}) {
    this.#host = host;
    this.#intensity = new RestartIntensity(intensity);
  }

  /** Children restarted so far. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Sets another intensity; restarts so far are forgotten. */
  allow(intensity: IntensityOptions): void {
    this.#intensity = new RestartIntensity(intensity);
  }

  /** Announces a child that is about to be started; returns its number. */
  add(path: string, restart: Restart, shutdownMs: number): number {
    const id = this.#nextId++;
    const ended = Promise.withResolvers<void>();
    this.#children.set(id, {
      ...{ id, path, restart, shutdownMs, ended },
      ...{ intensity: undefined, address: undefined, condemned: false },
    });
    return id;
  }

  /** The child lives in this slot. */
  started(id: number, address: RefAddress): void {
    const child = this.#children.get(id);
    // It was given up while it started: nobody else knows that it exists.
    if (!child) return this.#host.signal(address, { type: "kill" });
    child.address = address;
    if (child.condemned) this.#stop(child);
  }

  /** The child's slot has ended, or never came to be. */
  ended(id: number): void {
    this.#children.get(id)?.ended.resolve();
    this.#children.delete(id);
  }

  /** An incarnation of the child ended: restarts it, ends it, or fails the supervisor. */
  exited(id: number, address: RefAddress, reason: ExitReason): void {
    const child = this.#children.get(id);
    if (!child) return this.#host.signal(address, { type: "end" });
    child.address = address;
    const restart = !child.condemned &&
      (child.restart === "permanent" || (child.restart === "transient" && !isClean(reason)));
    if (!restart) return this.#host.signal(address, { type: "end" });
    const counted = this.#intensity.perChild
      ? child.intensity ??= new RestartIntensity(this.#intensity)
      : this.#intensity;
    if (counted.allow(this.#host.clock.now())) {
      this.#restarts++;
      return this.#host.signal(address, { type: "restart" });
    }
    child.condemned = true;
    this.#host.signal(address, { type: "end" });
    const { intensity, withinMs, perChild } = this.#intensity;
    const message =
      `${child.path} failed more than ${intensity} times in ${withinMs} ms, last: ${reason.message}`;
    if (perChild) this.#host.gaveUp(child.path, message);
    else this.#host.exceeded(message);
  }

  /** The children in a lost shard have ended without a word. */
  shardLost(shard: number): void {
    for (const child of [...this.#children.values()]) {
      if (child.address?.shard === shard) this.ended(child.id);
    }
  }

  /** Stops one child and waits for its end. */
  async stop(address: RefAddress): Promise<void> {
    for (const child of this.#children.values()) {
      if (child.address?.shard === address.shard && child.address.slot === address.slot) {
        return await this.#stopAndWait(child);
      }
    }
  }

  /** Stops all children, the youngest first, each within its shutdown time. */
  async stopAll(): Promise<void> {
    // A stop hook of this supervisor's may have spawned one more meanwhile.
    while (this.#children.size > 0) {
      const children = [...this.#children.values()].reverse();
      for (const child of children) child.condemned = true;
      for (const child of children) await this.#stopAndWait(child);
    }
  }

  /** Kills all children, the youngest first, and waits for none: their supervisor was killed. */
  killAll(): void {
    for (const child of [...this.#children.values()].reverse()) {
      child.condemned = true;
      if (child.address) this.#host.signal(child.address, { type: "kill" });
      this.ended(child.id);
    }
  }

  async #stopAndWait(child: Child): Promise<void> {
    child.condemned = true;
    this.#stop(child);
    let timer: TimerId | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = this.#host.clock.setTimer(() => resolve("late"), child.shutdownMs);
    });
    const first = await Promise.race([child.ended.promise, late]);
    if (timer !== undefined) this.#host.clock.clearTimer(timer);
    if (first !== "late") return;
    // A child that was never heard of has nothing to kill yet; `started` does when it appears.
    if (child.address) this.#host.signal(child.address, { type: "kill" });
    this.ended(child.id);
  }

  #stop(child: Child): void {
    if (!child.address) return;
    this.#host.signal(child.address, { type: "stop", shutdownMs: child.shutdownMs });
  }
}
