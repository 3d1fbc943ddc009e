import { NameTable } from "./name_table.ts";

/** Tells a shard who holds a name now; `undefined` when nobody does. */
export type TellShard<T> = (shard: number, name: string, holder: T | undefined) => void;

/**
 * The names of a node, and the shards that know who holds which: one that asks is told at once, and
 * once more when that name is released. It has to ask anew then, so there are watchers only of names
 * that are held, and none has to leave.
 */
export class WatchedNames<T> extends NameTable<T> {
  readonly #tell: TellShard<T>;
  /** Shards that know of the holder, by name. */
  readonly #watchers = new Map<string, Set<number>>();

  /** @param tell sends the news on its way; those to one shard must arrive in the order told */
  constructor(tell: TellShard<T>) {
    super();
    this.#tell = tell;
  }

  /** Tells a shard who holds the name; if somebody does, also when it is released. */
  watch(name: string, shard: number): void {
    const holder = this.find(name);
    if (holder !== undefined) {
      const shards = this.#watchers.get(name);
      if (shards) shards.add(shard);
      else this.#watchers.set(name, new Set([shard]));
    }
    this.#tell(shard, name, holder);
  }

  /** Names that some shard watches. */
  get watched(): number {
    return this.#watchers.size;
  }

  override release(name: string, claim: number): void {
    super.release(name, claim);
    this.#tellIfFree(name);
  }

  override releaseWhere(matches: (holder: T) => boolean): void {
    super.releaseWhere(matches);
    for (const name of [...this.#watchers.keys()]) this.#tellIfFree(name);
  }

  /** A shard is gone: it is told nothing any more. */
  unwatch(shard: number): void {
    for (const [name, shards] of this.#watchers) {
      if (shards.delete(shard) && shards.size === 0) this.#watchers.delete(name);
    }
  }

  #tellIfFree(name: string): void {
    if (this.find(name) !== undefined) return;
    const shards = this.#watchers.get(name);
    this.#watchers.delete(name);
    for (const shard of shards ?? []) this.#tell(shard, name, undefined);
  }
}
