import type { RefAddress } from "../../../values/mod.ts";
import { type ExitKind, exitReason } from "../../exit_reason.ts";
import { FakeClock, settle } from "../../testing.ts";
import type { ChildSpec } from "../child.ts";
import type { SupervisionOptions } from "../policy.ts";
import type { ChildSignal } from "../signals.ts";
import { Supervision, type SupervisionHost } from "../supervision.ts";

/** What a slot tells its supervisor. */
export type News = "ready" | "ended" | ExitKind;

/** What a supervisor learns otherwise: of a shard, or of a child that it started elsewhere. */
export type OtherNews = "lost" | "respawned" | "not respawned";

/** A place for the incarnations of a child, as an actor's slot is one, and its way to and fro. */
export interface Slot {
  readonly child: number;
  readonly address: RefAddress;
  state: "starting" | "running" | "stopping" | "down" | "ended";
  /** How the news that its first incarnation is ready arrives. */
  first: PromiseWithResolvers<RefAddress> | "spawn" | undefined;
  /** How many of its next starts fail, and whether it stops only when it is killed. */
  failures: number;
  stubborn: boolean;
  stop: { readonly keep: boolean } | undefined;
  readonly inbox: ChildSignal[];
  readonly outbox: News[];
}

/** Children to be, with what a test wants of their slots. */
export interface SpawnSpec extends Partial<ChildSpec> {
  readonly shard?: number;
  /** It is ready when the test says so. */
  readonly held?: boolean;
}

/**
 * A supervisor and its children's slots. Signals and news are on their way until the test delivers
 * them: those of one slot in order, those of different slots in any.
 */
export class Slots implements SupervisionHost {
  readonly clock = new FakeClock();
  readonly supervision: Supervision;
  /** By number of the slot, its index. */
  readonly all: Slot[] = [];
  /** What children were told and what they told, in order: `stop 3`, `shutdown 3`, `restart 1`. */
  readonly log: string[] = [];
  readonly exceededBy: string[] = [];
  readonly givenUp: string[] = [];
  /** How many of the next starts in another slot fail. */
  failedRespawns = 0;
  /** From 0 to below 1. */
  chance = 0;
  /** Shard of the next slots that children are respawned in. */
  respawnShard = 2;
  /** Children that are ready only when they are taken out of here. */
  readonly held = new Set<number>();
  /** Called before the supervisor gets news, and when it tells something. */
  onNews: (child: number, news: News | OtherNews) => void = () => {};
  onSignal: (child: number, told: ChildSignal["type"] | "respawn", keep: boolean) => void =
    () => {};

  #spawned = 0;

  constructor(options: SupervisionOptions = {}) {
    this.supervision = new Supervision(this, options);
  }

  random(): number {
    return this.chance;
  }

  signal(address: RefAddress, signal: ChildSignal): void {
    const slot = this.all[address.slot];
    if (!slot) throw new Error(`slot ${address.slot} was told to ${signal.type}, and never was`);
    const keep = "keep" in signal && signal.keep;
    this.onSignal(slot.child, signal.type, keep);
    this.log.push(`${signal.type}${keep ? "" : FOR_GOOD[signal.type] ?? ""} ${slot.child}`);
    if (slot.state !== "ended") slot.inbox.push(signal);
  }

  exceeded(message: string): void {
    this.exceededBy.push(message);
    void this.supervision.stopAll(); // as a slot does when its incarnation fails
  }

  gaveUp(path: string): void {
    this.givenUp.push(path);
  }

  respawn(child: number): Promise<RefAddress> {
    this.onSignal(child, "respawn", false);
    this.log.push(`respawn ${child}`);
    const first = Promise.withResolvers<RefAddress>();
    const slot = this.#add(child, this.respawnShard, first);
    if (this.failedRespawns > 0) {
      this.failedRespawns--;
      slot.failures = 1;
    }
    return first.promise;
  }

  /** Adds a child, `parent/<number>`, whose slot starts in shard 1 unless told otherwise. */
  spawn({ shard = 1, held = false, ...spec }: SpawnSpec = {}): number {
    const path = `parent/${this.#spawned + 1}`;
    const child = this.supervision.add({
      ...{ path, restart: "permanent", shutdownMs: 100 },
      ...spec,
    });
    this.#spawned = child;
    if (held) this.held.add(child);
    this.#add(child, shard, "spawn");
    return child;
  }

  /** The slot that a child has now. */
  slot(child: number): Slot {
    const slot = this.all.findLast((slot) => slot.child === child);
    if (!slot) throw new RangeError(`there is no child ${child}`);
    return slot;
  }

  /** An incarnation ends by itself. */
  exit(child: number, kind: ExitKind = "error"): void {
    const slot = this.slot(child);
    if (slot.state === "running" || slot.state === "stopping") this.#down(slot, kind);
  }

  /** A shard is gone with its slots and what they had to tell; the supervisor learns it at once. */
  lose(shard: number): void {
    const lost = this.all.filter((s) => s.address.shard === shard && s.state !== "ended");
    for (const slot of lost) {
      slot.state = "ended";
      slot.inbox.length = slot.outbox.length = 0;
    }
    this.onNews(shard, "lost");
    this.supervision.shardLost(shard);
    for (const { first, child } of lost) {
      if (first === "spawn") this.#tell(child, "ended");
      else if (first) this.#reject(child, first);
    }
  }

  /** Delivers one of what is on its way; false when nothing is. */
  async step(choice = 0): Promise<boolean> {
    const ways = this.all.filter((slot) =>
      slot.outbox.length > 0 || slot.inbox.length > 0 || this.#mayStart(slot)
    );
    const slot = ways[choice % Math.max(1, ways.length)];
    if (!slot) return false;
    const signal = slot.inbox.shift();
    const news = signal ? undefined : slot.outbox.shift();
    if (signal) this.#obey(slot, signal);
    else if (news) this.#tell(slot.child, news, slot);
    else this.#start(slot);
    await settle(1);
    return true;
  }

  /** Delivers all that is on its way, and returns what was told meanwhile. */
  async drain(): Promise<string[]> {
    await settle(1);
    while (await this.step()) { /* one after another */ }
    return this.log.splice(0);
  }

  #add(child: number, shard: number, first: Slot["first"]): Slot {
    const slot: Slot = {
      ...{ child, first, address: { shard, slot: this.all.length }, state: "starting" },
      ...{ failures: 0, stubborn: false, stop: undefined, inbox: [], outbox: [] },
    };
    this.all.push(slot);
    return slot;
  }

  #mayStart(slot: Slot): boolean {
    return slot.state === "starting" && !this.held.has(slot.child);
  }

  #start(slot: Slot): void {
    const { first, address, stop } = slot;
    if (slot.failures > 0) {
      slot.failures--;
      if (first === undefined) return this.#down(slot, "error");
      slot.state = "ended";
      if (first === "spawn") slot.outbox.push("ended");
      else this.#reject(slot.child, first);
      return;
    }
    slot.state = "running";
    if (first === undefined || first === "spawn") slot.outbox.push("ready");
    else {
      slot.first = undefined;
      this.onNews(slot.child, "respawned");
      first.resolve(address);
    }
    if (stop) this.#stop(slot, stop.keep);
  }

  #reject(child: number, first: PromiseWithResolvers<RefAddress>): void {
    this.onNews(child, "not respawned");
    first.reject(new Error("did not start"));
  }

  #obey(slot: Slot, signal: ChildSignal): void {
    switch (signal.type) {
      case "stop":
        return this.#stop(slot, signal.keep);
      case "kill":
        if (!signal.keep) return this.#end(slot);
        slot.stop = undefined;
        if (slot.state !== "down") this.#down(slot, "killed");
        return;
      case "restart":
        if (slot.state === "down") slot.state = "starting";
        return;
      case "end":
        return this.#end(slot);
    }
  }

  #stop(slot: Slot, keep: boolean): void {
    if (slot.state === "down") return keep ? undefined : this.#end(slot);
    slot.stop = { keep };
    if (slot.state === "starting") return;
    slot.state = "stopping";
    if (!slot.stubborn) this.#down(slot, "shutdown");
  }

  #down(slot: Slot, kind: ExitKind): void {
    if (slot.state === "ended") return;
    if (slot.stop?.keep === false) return this.#end(slot);
    slot.stop = undefined;
    slot.state = "down";
    slot.outbox.push(kind);
  }

  #end(slot: Slot): void {
    if (slot.state === "ended") return;
    slot.state = "ended";
    slot.outbox.push("ended");
  }

  #tell(child: number, news: News, slot: Slot = this.slot(child)): void {
    this.onNews(child, news);
    this.log.push(`${news} ${child}`);
    const { supervision } = this;
    if (news === "ended") return supervision.ended(child);
    if (news !== "ready") {
      return supervision.exited(child, slot.address, exitReason(news, `was ${news}`));
    }
    const { first } = slot;
    slot.first = undefined;
    if (first === "spawn") supervision.started(child, slot.address);
    else supervision.restarted(child);
  }
}

/** How the log marks that a child is told to end for good, and not to wait for a restart. */
const FOR_GOOD: { readonly [type: string]: string } = { stop: "!", kill: "!" };
