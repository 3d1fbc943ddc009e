import assert from "node:assert/strict";
import type { Restart } from "../../spawn_options.ts";
import type { SupervisionOptions } from "../policy.ts";
import type { News, OtherNews, Slots } from "./slots.ts";

/** The options that decide when a supervisor fails, and which children a failure concerns. */
export type Bounds = Required<Pick<SupervisionOptions, "strategy" | "intensity" | "withinMs">>;

/**
 * What a supervision has to do, derived from what it learns: whether its supervisor must fail and
 * which children must live in the end. It checks the order in which children stop and restart.
 */
export class Oracle {
  /** Children that must live when everything has settled, each with its restart type. */
  readonly living = new Map<number, Restart>();
  /** Failures were more than the intensity allows, or the supervisor was told to stop. */
  mustFail = false;
  stopped = false;
  readonly #slots: Slots;
  readonly #options: Bounds;
  /** Times of the failures that count. */
  readonly #failures: number[] = [];
  /** Children that are to be restarted: whatever befalls them before is no other failure. */
  readonly #doomed = new Set<number>();
  /** Those of them that were ready when they came to be so. */
  readonly #wereReady = new Set<number>();
  readonly #ready = new Set<number>();
  readonly #down = new Set<number>();
  /** Told to stop, or to restart, and not heard of since. */
  readonly #stopping = new Set<number>();
  readonly #restarting = new Set<number>();

  constructor(slots: Slots, options: Bounds) {
    this.#slots = slots;
    this.#options = options;
    slots.onNews = (child, news) => this.#learns(child, news);
    slots.onSignal = (child, told, keep) => this.#tells(child, told, keep);
  }

  /** A child was spawned. */
  spawned(child: number, restart: Restart): void {
    this.living.set(child, restart);
  }

  /** The supervisor stops. */
  stopAll(): void {
    this.stopped = true;
    this.living.clear();
  }

  get #isOver(): boolean {
    return this.mustFail || this.stopped;
  }

  get #together(): boolean {
    const { strategy } = this.#options;
    return strategy === "one_for_all" || strategy === "rest_for_one";
  }

  #learns(child: number, news: News | OtherNews): void {
    if (news === "lost") return this.#loses(child);
    this.#restarting.delete(child);
    if (news === "ended") return void this.living.delete(child);
    if (news === "ready" || news === "respawned") return void this.#ready.add(child);
    const wasTold = this.#stopping.delete(child);
    const restart = this.living.get(child);
    this.#ready.delete(child);
    this.#down.add(child);
    if (!restart || wasTold || this.#isOver) return;
    const clean = news === "normal" || news === "shutdown";
    if (restart === "temporary" || (clean && restart === "transient")) this.living.delete(child);
    else if (!this.#doomed.has(child)) this.#fails(child);
  }

  #loses(shard: number): void {
    const failed: number[] = [];
    for (const { path, address } of this.#slots.supervision.children()) {
      if (address?.shard !== shard) continue;
      const child = Number(path.replace("parent/", ""));
      this.#stopping.delete(child);
      this.#restarting.delete(child);
      this.#ready.delete(child);
      this.#down.add(child);
      if (this.living.get(child) === "temporary") this.living.delete(child);
      if (this.living.has(child) && !this.#doomed.has(child)) failed.push(child);
    }
    if (!this.#isOver && failed[0] !== undefined) this.#fails(...failed);
  }

  #fails(...children: number[]): void {
    const now = this.#slots.clock.now();
    const { intensity, withinMs, strategy } = this.#options;
    this.#failures.push(now);
    if (this.#failures.filter((at) => at > now - withinMs).length > intensity) {
      this.mustFail = true;
      return this.living.clear();
    }
    const first = strategy === "one_for_all" ? 0 : children[0] ?? 0;
    const concerned = this.#together
      ? [...this.living.keys()].filter((child) => child >= first)
      : children;
    for (const child of concerned) {
      if (this.living.get(child) === "temporary") this.living.delete(child);
      else {
        this.#doomed.add(child);
        if (this.#ready.has(child)) this.#wereReady.add(child);
      }
    }
  }

  #tells(child: number, told: string, keep: boolean): void {
    if (told === "stop" && keep) {
      assert(!this.#isOver, `${child} is kept though its supervisor ends`);
      assert(this.#doomed.has(child), `${child} is stopped without a cause`);
      const others = [...this.#stopping].filter((other) => this.living.has(other));
      assert.deepEqual(others, [], `${child} is stopped while others still stop`);
      for (const other of this.#wereReady) {
        const early = other > child && this.living.has(other) && !this.#down.has(other);
        assert(!early, `${child} is stopped before ${other}, which is younger`);
      }
      this.#stopping.add(child);
    } else if (told === "restart" || told === "respawn") {
      assert(!this.#isOver, `${child} is restarted though its supervisor ends`);
      if (this.#together) {
        // One that was still starting elsewhere when it was to stop is waited for in its turn.
        const unready = [...this.#restarting].filter((other) => !this.#doomed.has(other))
          .concat(...this.#stopping).filter((other) => this.living.has(other));
        assert.deepEqual(unready, [], `${child} did not wait`);
        const next = [...this.#doomed].filter((child) => this.living.has(child));
        assert.equal(child, Math.min(...next), "children restart in the order of their start");
      }
      this.#doomed.delete(child);
      this.#wereReady.delete(child);
      this.#down.delete(child);
      this.#restarting.add(child);
    }
  }
}
