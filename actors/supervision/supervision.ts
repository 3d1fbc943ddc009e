import type { RefAddress } from "../../values/mod.ts";
import type { Clock } from "../clock.ts";
import { describe } from "../errors.ts";
import { type ExitReason, exitReason, isClean } from "../exit_reason.ts";
import type { Restart } from "../spawn_options.ts";
import type { Child, ChildSpec } from "./child.ts";
import { ChildTable } from "./child_table.ts";
import { GroupRestart } from "./group_restart.ts";
import { DEFAULT_POLICY, Policy, type SupervisionOptions } from "./policy.ts";
import type { RestartIntensity } from "./restart_intensity.ts";
import { Shutdown } from "./shutdown.ts";
import type { ChildSignal } from "./signals.ts";

/** What a supervision needs of the actor whose children it holds. */
export interface SupervisionHost {
  readonly clock: Clock;
  /** From 0 to below 1. */
  random(): number;
  /** Puts a signal into a child's system lane; signals to one child arrive in order. */
  signal(child: RefAddress, signal: ChildSignal): void;
  /** The children failed too often: the supervisor fails with this message. */
  exceeded(message: string): void;
  /** One child failed too often and ends alone. */
  gaveUp(path: string, message: string): void;
  /**
   * Starts a child whose shard was lost in a new slot elsewhere.
   *
   * @param child its number
   * @param respec what was given with {@link ChildSpec}
   * @returns where it lives, once it is ready
   */
  respawn(child: number, respec: unknown): Promise<RefAddress>;
}

/** A child, for who asks a supervisor for its children. */
export interface ChildInfo {
  readonly id: string | undefined;
  readonly path: string;
  /** `undefined` while it starts. */
  readonly address: RefAddress | undefined;
  readonly restart: Restart;
}

/**
 * The supervision of one supervisor (OTP `supervisor`): what becomes of children whose incarnations
 * end, in which order they stop and start, and when the supervisor itself must fail.
 *
 * A child is known by a number of its supervisor's, since its slot may not be known yet when its
 * first news arrives. Of a child's slot it takes for granted that news of it arrive in order; that
 * it tells the end of each incarnation once; and that a slot that is down lets be what tells it to
 * stop or kill and keep itself.
 */
export class Supervision {
  readonly #host: SupervisionHost;
  readonly #children = new ChildTable();
  #policy: Policy;
  /** Made by the first failure. */
  #intensity: RestartIntensity | undefined;
  #group: GroupRestart | undefined;
  /** Consecutive restarts of the group. */
  #streak = 0;
  /** The supervisor was told that it has failed: nothing is restarted any more. */
  #failed = false;
  #restarts = 0;
  /** Made when the first child is to end. */
  #shutdown: Shutdown | undefined;

  /** @throws {RangeError|TypeError} when the options are unsound; see {@link Policy} */
  constructor(host: SupervisionHost, options?: SupervisionOptions) {
    this.#host = host;
    this.#policy = options ? new Policy(options) : DEFAULT_POLICY;
  }

  /** Children restarted so far. */
  get restarts(): number {
    return this.#restarts;
  }

  /** How many children there are. */
  get size(): number {
    return this.#children.size;
  }

  /** The children, in the order of their start. */
  children(): readonly ChildInfo[] {
    return this.#children.list().map((child) => ({
      ...{ id: child.known?.id, path: child.path, address: child.address, restart: child.restart },
    }));
  }

  /**
   * Sets other options for the failures from now on; restarts so far are forgotten.
   *
   * @throws {RangeError|TypeError} when the options are unsound; see {@link Policy}
   */
  allow(options: SupervisionOptions): void {
    const policy = new Policy(options);
    if (this.#policy.limit.perChild) {
      for (const { known } of this.#children.list()) if (known) known.intensity = undefined;
    }
    this.#policy = policy;
    this.#intensity = undefined;
    this.#streak = 0;
    this.#failed = false;
  }

  /**
   * Announces a child that is about to be started; returns its number.
   *
   * @throws {DuplicateIdError} when the id is another child's
   */
  add(spec: ChildSpec): number {
    return this.#children.add(spec).number;
  }

  /** The child has started, in this slot. */
  started(number: number, address: RefAddress): void {
    const child = this.#children.get(number);
    // It was given up while it started: nobody else knows that it exists.
    if (!child) return this.#host.signal(address, { type: "kill", keep: false });
    if (child.state !== "starting") return; // it failed, and was decided on, before this was known
    this.#children.place(child, address);
    this.#ready(child);
  }

  /** The child was told to restart, and is ready. */
  restarted(number: number): void {
    const child = this.#children.get(number);
    if (child?.state === "restarting") this.#ready(child);
  }

  /** The child's slot has ended, or never came to be. */
  ended(number: number): void {
    const child = this.#children.get(number);
    if (!child) return;
    this.#remove(child);
    this.#group?.advance();
  }

  /** An incarnation of the child ended: restarts it, ends it, or fails the supervisor. */
  exited(number: number, address: RefAddress, reason: ExitReason): void {
    const child = this.#children.get(number);
    if (!child) return this.#host.signal(address, { type: "end" });
    if (child.isDown) return;
    const stopped = child.state === "stopping";
    this.#children.place(child, address);
    this.#leaves(child, "down");
    if (child.condemned) return this.#host.signal(address, { type: "end" });
    if (stopped) return this.#group?.advance();
    const clean = child.restart === "transient" && isClean(reason);
    if (clean || child.restart === "temporary" || this.#failed) return this.#condemn(child);
    this.#fail(child, reason);
  }

  /** A shard is gone, and so are the children in it: starts them elsewhere, or forgets them. */
  shardLost(shard: number): void {
    const reason = exitReason("shard-lost");
    const failed: Child[] = [];
    for (const child of this.#children.list().filter((child) => child.isIn(shard))) {
      const returns = child.restart !== "temporary" && child.known?.respec !== undefined;
      if (!returns || child.condemned || this.#failed) {
        this.#remove(child);
        continue;
      }
      const decided = child.state === "down" || child.state === "stopping";
      this.#children.place(child, undefined);
      this.#leaves(child, "lost");
      if (!decided && !this.#group?.covers(child)) failed.push(child);
    }
    const [first] = failed;
    if (this.#policy.limit.perChild) {
      for (const child of failed) if (this.#allows(child, reason)) this.#recover(child);
    } else if (first && this.#allows(first, reason)) { // the loss is one failure, whatever it took
      if (this.#policy.together) this.#recover(first);
      else for (const child of failed) this.#recover(child);
    }
    this.#group?.advance();
  }

  /** Stops one child and waits for its end; what is no child (any more) is let be. */
  stop(which: RefAddress | string): Promise<void> {
    const child = this.#children.find(which);
    return child ? this.#ending.stop(child) : Promise.resolve();
  }

  /** Stops all children, the youngest first or together, each within its shutdown time. */
  stopAll(): Promise<void> {
    this.#cancelGroup();
    if (this.#children.size === 0) return Promise.resolve();
    return this.#ending.stopAll(this.#policy.strategy === "dynamic");
  }

  /** Kills all children, the youngest first, and waits for none: their supervisor was killed. */
  killAll(): void {
    this.#cancelGroup();
    for (const child of this.#children.list().reverse()) {
      child.condemned = true;
      this.#kill(child);
    }
    this.#shutdown?.abandon();
    this.#shutdown = undefined;
  }

  /** The child is down, and should not be. */
  #fail(child: Child, reason: ExitReason): void {
    if (this.#group?.covers(child)) this.#group.advance();
    else if (this.#allows(child, reason)) this.#recover(child);
  }

  /** Counts a failure; one that is too many ends the child or fails the supervisor. */
  #allows(child: Child, reason: ExitReason): boolean {
    const { limit } = this.#policy;
    const { intensity, withinMs, perChild } = limit;
    const counted = perChild
      ? child.rare.intensity ??= limit.anew()
      : this.#intensity ??= limit.anew();
    if (counted.allow(this.#host.clock.now())) return true;
    const message =
      `${child.path} failed more than ${intensity} times in ${withinMs} ms, last: ${reason.message}`;
    if (!perChild) {
      this.#failed = true;
      this.#cancelGroup();
    }
    this.#condemn(child);
    if (perChild) this.#host.gaveUp(child.path, message);
    else this.#host.exceeded(message);
    return false;
  }

  /** Restarts a child that is down, and what goes with it, now or after a delay. */
  #recover(child: Child): void {
    const { backoff, together } = this.#policy;
    if (together || this.#group) {
      this.#streak = backoff?.nextStreak(this.#streak, this.#ranMs(child)) ?? 0;
      const delayMs = backoff?.delayMs(this.#streak, this.#host.random()) ?? 0;
      this.#group ??= this.#newGroup();
      return this.#group.fail(this.#concerned(child), delayMs);
    }
    if (!backoff) return this.#restart(child);
    const { rare } = child;
    rare.streak = backoff.nextStreak(rare.streak, this.#ranMs(child));
    rare.timer = this.#host.clock.setTimer(() => {
      rare.timer = undefined;
      if (!this.#failed) this.#restart(child);
    }, backoff.delayMs(rare.streak, this.#host.random()));
  }

  /** The children that a failure of one has restarted. */
  #concerned(child: Child): Iterable<Child> {
    const { strategy, together } = this.#policy;
    if (strategy === "one_for_all") return this.#children.list();
    return together
      ? this.#children.list().filter(({ number }) => number >= child.number)
      : [child];
  }

  #newGroup(): GroupRestart {
    return new GroupRestart({
      clock: this.#host.clock,
      stop: (child) => {
        if (child.restart === "temporary") child.condemned = true;
        this.#tellStop(child);
      },
      kill: (child) => this.#kill(child),
      restart: (child) => this.#restart(child),
      done: () => this.#group = undefined,
    });
  }

  #restart(child: Child): void {
    this.#restarts++;
    child.clearTimer(this.#host.clock);
    if (this.#policy.backoff) child.rare.readyAt = this.#host.clock.now();
    const { address } = child;
    if (!address) return void this.#respawn(child);
    child.state = "restarting";
    this.#host.signal(address, { type: "restart" });
  }

  async #respawn(child: Child): Promise<void> {
    child.state = "starting";
    const attempt = ++child.rare.respawns;
    try {
      const address = await this.#host.respawn(child.number, child.rare.respec);
      if (child.rare.respawns === attempt) this.started(child.number, address);
    } catch (error) {
      if (child.rare.respawns !== attempt || child.state !== "starting") return;
      this.#leaves(child, "lost");
      if (child.condemned) this.ended(child.number);
      else this.#fail(child, exitReason("error", describe(error)));
    }
  }

  #ready(child: Child): void {
    child.state = "running";
    this.#notReadyBefore(child);
    if (child.condemned) this.#tellStop(child);
    this.#group?.advance();
  }

  /** The child has no incarnation any more. */
  #leaves(child: Child, state: "down" | "lost"): void {
    if (child.state !== "running") this.#notReadyBefore(child);
    child.state = state;
  }

  /** Notes that a child that was restarted has not been running until now. */
  #notReadyBefore({ known }: Child): void {
    if (known?.readyAt !== undefined) known.readyAt = this.#host.clock.now();
  }

  /** How long it had been running, in milliseconds; for ever if it was never restarted. */
  #ranMs(child: Child): number {
    return this.#host.clock.now() - (child.known?.readyAt ?? -Infinity);
  }

  /** Sees to it that a child ends, and is not restarted. */
  #condemn(child: Child): void {
    if (child.condemned) return;
    child.condemned = true;
    child.clearTimer(this.#host.clock);
    const { address } = child;
    if (child.state === "lost") this.ended(child.number);
    else if (child.state === "down" && address) this.#host.signal(address, { type: "end" });
  }

  #tellStop(child: Child): void {
    const { address, shutdownMs } = child;
    if (!address || (child.state !== "running" && child.state !== "restarting")) return;
    child.state = "stopping";
    this.#host.signal(address, { type: "stop", shutdownMs, keep: !child.condemned });
  }

  /** Kills a child; one that is to end is then forgotten, since nothing can keep it from ending. */
  #kill(child: Child): void {
    const { address, condemned, state } = child;
    if (state === "gone") return;
    // A child that was never heard of has nothing to kill yet; `started` does when it appears.
    if (address) this.#host.signal(address, { type: "kill", keep: !condemned });
    if (condemned) this.ended(child.number);
  }

  get #ending(): Shutdown {
    return this.#shutdown ??= new Shutdown(this.#children, {
      clock: this.#host.clock,
      condemn: (child) => this.#condemn(child),
      stop: (child) => this.#tellStop(child),
      kill: (child) => this.#kill(child),
    });
  }

  #remove(child: Child): void {
    child.clearTimer(this.#host.clock);
    child.state = "gone";
    child.condemned = true;
    this.#children.remove(child);
    child.known?.end?.resolve();
    this.#shutdown?.removed(child);
  }

  #cancelGroup(): void {
    this.#group?.cancel();
    this.#group = undefined;
  }
}
