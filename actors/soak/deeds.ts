import type { AnyRef, RefOptions, SentExit } from "../mod.ts";
import { REF } from "../../values/mod.ts";
import type { Courier, Lane } from "./courier.ts";
import type { Errand } from "./leaf.ts";
import type { LeafPlan } from "./plan.ts";
import { between, oneOf, type Random, weighted } from "./random.ts";
import { actorProcesses, killProcess } from "./victims.ts";

/** How often each kind of deed is done, in proportion. */
const WEIGHTS = {
  talk: 60,
  errand: 25,
  stream: 6,
  hoard: 4,
  defer: 3,
  refuse: 3,
  nonsense: 1,
  fail: 6,
  stop: 2,
  exit: 3,
  link: 2,
  failBranch: 0.2,
  spin: 0.1,
  hog: 0.05,
  sigkill: 0.2,
  loseShard: 0.2,
} as const;

/** A kind of deed. */
export type DeedKind = keyof typeof WEIGHTS;

const TALK = ["work", "work", "work", "work", "slow", "treasure"] as const;
const LANES: readonly Lane[] = ["tell", "tell", "tell", "send", "ask"];
const EXITS: readonly SentExit[] = ["error", "error", "killed", "shutdown", "normal"];
/** A shard that is lost more than 3 times in 5 s stays away. */
const BETWEEN_LOSSES_MS = 2_000;

/** An actor of the tree, where it was last. */
export interface Home {
  readonly path: string;
  readonly ref: AnyRef;
}

/** What deeds need to know of the actors of the tree. */
export interface Cast {
  readonly leaves: ReadonlyMap<string, LeafPlan>;
  named(name: string): AnyRef;
}

/** Does things to the actors of a tree, at random: messages of every kind, and every way to die. */
export class Deeds {
  readonly #random: Random;
  readonly #courier: Courier;
  readonly #cast: Cast;
  readonly #names: readonly string[];
  readonly #done: { [kind in DeedKind]?: number } = {};
  #homes: readonly Home[] = [];
  #lastLossMs = -Infinity;
  #count = 0;

  constructor(random: Random, courier: Courier, cast: Cast) {
    this.#random = random;
    this.#courier = courier;
    this.#cast = cast;
    this.#names = [...cast.leaves.values()].map(({ name }) => name).filter((name) => name !== "");
  }

  /** How many there were. */
  get count(): number {
    return this.#count;
  }

  /** The same, by kind. */
  get done(): { readonly [kind in DeedKind]?: number } {
    return this.#done;
  }

  /** Tells where the actors are. */
  moved(homes: readonly Home[]): void {
    this.#homes = homes;
  }

  /** Does something. */
  async another(nowMs: number): Promise<void> {
    const kind = weighted(this.#random, WEIGHTS);
    if (kind === "loseShard") {
      if (nowMs - this.#lastLossMs < BETWEEN_LOSSES_MS) return;
      this.#lastLossMs = nowMs;
    }
    this.#count++;
    if (await this.#do(kind)) this.#done[kind] = (this.#done[kind] ?? 0) + 1;
  }

  /** Whether it could be done. */
  async #do(kind: DeedKind): Promise<boolean> {
    switch (kind) {
      case "talk": {
        const to = this.#anyone();
        const [lane, handler] = [oneOf(this.#random, LANES), oneOf(this.#random, TALK)];
        const times = between(this.#random, 1, 40);
        for (let i = 0; i < times; i++) this.#post(lane, to, handler, this.#options(), 2);
        return true;
      }
      case "errand":
        return this.#tellOne((leaf) => leaf.isShared, "run", this.#errand());
      case "stream": {
        const leaf = this.#leaf(() => true);
        const handler = oneOf(this.#random, ["count", "count", "countAndFail"]);
        const credit = between(this.#random, 1, 4);
        if (leaf) this.#post("stream", leaf.ref, handler, { credit }, between(this.#random, 1, 9));
        return leaf !== undefined;
      }
      case "hoard":
        return this.#tellOne(() => true, oneOf(this.#random, ["hoard", "hoard", "release"]));
      case "defer": {
        const leaf = this.#leaf(() => true);
        if (leaf) this.#post("ask", leaf.ref, "defer", { deadlineMs: 1_000 });
        if (leaf && this.#random() < 0.7) this.#post("tell", leaf.ref, "release", {});
        return leaf !== undefined;
      }
      case "refuse":
        return this.#tellOne(
          () => true,
          oneOf(this.#random, ["refuse", "refuse", "refuseAndFail"]),
        );
      case "nonsense":
        return this.#tellOne(() => true, oneOf(this.#random, ["nonsense", "constructor"]));
      case "fail":
        return this.#tellOne(() => true, oneOf(this.#random, ["fail", "failLater"]));
      case "stop":
        return this.#tellOne((leaf) => leaf.restart === "permanent", "stop");
      case "exit": {
        const [by, to] = [this.#leaf(() => true), this.#leaf(isPermanent)];
        const kind = oneOf(this.#random, EXITS);
        if (by && to) this.#post("tell", by.ref, "exit", {}, to.ref, kind);
        return by !== undefined && to !== undefined;
      }
      case "link": {
        const [one, other] = [this.#leaf(isPermanent), this.#leaf(isPermanent)];
        if (one && this.#random() < 0.2) this.#post("tell", one.ref, "trap", {});
        if (one && other) this.#post("tell", one.ref, "link", {}, other.ref);
        return one !== undefined && other !== undefined;
      }
      case "failBranch": {
        const branch = this.#home(({ path }) => !this.#cast.leaves.has(path));
        if (branch) this.#post("ask", branch.ref, "fail", {});
        return branch !== undefined;
      }
      case "spin":
      case "hog":
        return this.#tellOne((leaf) => leaf.placement === "process", kind);
      case "sigkill": {
        const pids = await actorProcesses();
        return pids.length > 0 && killProcess(oneOf(this.#random, pids));
      }
      case "loseShard":
        return this.#tellOne((leaf) => leaf.isShared, "loseShard");
    }
  }

  /** Sends a leaf that is as wanted one message, in any way. */
  #tellOne(wanted: (leaf: LeafOf) => boolean, handler: string, ...args: unknown[]): boolean {
    const leaf = this.#leaf(wanted);
    if (leaf) this.#post(oneOf(this.#random, LANES), leaf.ref, handler, this.#options(), ...args);
    return leaf !== undefined;
  }

  #errand(): Errand {
    const byName = this.#names.length > 0 && this.#random() < 0.4;
    const other = this.#leaf(() => true);
    const to = byName || !other ? oneOf(this.#random, this.#names) : other.ref;
    const streams = typeof to !== "string" && this.#random() < 0.1;
    return {
      lane: streams ? "stream" : oneOf(this.#random, LANES),
      handler: streams ? "count" : oneOf(this.#random, TALK),
      to,
      times: between(this.#random, 1, 30),
      deadlineMs: between(this.#random, 1, 400),
      priority: this.#random() < 0.2,
    };
  }

  #options(): RefOptions {
    const priority = this.#random() < 0.1;
    const signal = this.#random() < 0.05 ? { signal: AbortSignal.timeout(5) } : {};
    return { deadlineMs: between(this.#random, 1, 800), priority, ...signal };
  }

  #post(lane: Lane, to: AnyRef, handler: string, options: RefOptions, ...args: unknown[]): void {
    void this.#courier.dispatch(lane, to, handler, options, ...args);
  }

  /** A leaf by its ref, which may be stale, or by its name. */
  #anyone(): AnyRef {
    const byName = this.#names.length > 0 && this.#random() < 0.3;
    const leaf = byName ? undefined : this.#leaf(() => true);
    return leaf?.ref ?? this.#cast.named(oneOf(this.#random, this.#names));
  }

  #home(wanted: (home: Home) => boolean): Home | undefined {
    for (let tries = 0; this.#homes.length > 0 && tries < 200; tries++) {
      const home = oneOf(this.#random, this.#homes);
      if (wanted(home)) return home;
    }
    return undefined;
  }

  #leaf(wanted: (leaf: LeafOf) => boolean): (Home & LeafOf) | undefined {
    let found: LeafOf | undefined;
    const home = this.#home(({ path, ref }) => {
      const plan = this.#cast.leaves.get(path);
      if (!plan) return false;
      const { restart, placement } = plan;
      found = { restart, placement, isShared: ref[REF].shard !== 0 };
      return wanted(found);
    });
    return home && found && { ...home, ...found };
  }
}

/** What is wanted of a leaf. */
interface LeafOf extends Pick<LeafPlan, "restart" | "placement"> {
  /** Whether it lives in a Worker among many. */
  readonly isShared: boolean;
}

function isPermanent({ restart }: LeafOf): boolean {
  return restart === "permanent";
}
