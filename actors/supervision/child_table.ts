import type { RefAddress } from "../../values/mod.ts";
import { Child, type ChildSpec } from "./child.ts";
import { DuplicateIdError } from "./duplicate_id_error.ts";

/** How many numbers the table holds at least before it looks for holes. */
const MIN_RECENT = 64;

/**
 * The children of a supervisor in the order of their start, found by number; by id or by address
 * as well, at the price of an index that only its first use makes.
 *
 * The recent ones are in an array, which costs a child a third of the time and of the memory that
 * a `Map` takes. When half of the array is holes, those that are left move to a `Map`, once.
 */
export class ChildTable {
  /** By number, less {@link #base}. */
  #recent: (Child | undefined)[] = [];
  #base = 1;
  /** How many there are in {@link #recent}. */
  #recentSize = 0;
  #old: Map<number, Child> | undefined;
  #byId: Map<string, Child> | undefined;
  /** By shard, then by slot. */
  #byAddress: Map<number, Map<number, Child>> | undefined;

  get size(): number {
    return this.#recentSize + (this.#old?.size ?? 0);
  }

  /** @throws {DuplicateIdError} when the id is another child's */
  add(spec: ChildSpec): Child {
    const { id } = spec;
    if (id !== undefined) {
      const other = this.#byId?.get(id);
      if (other) {
        throw new DuplicateIdError(
          `id "${id}" is that of ${other.path} already: give each child of a supervisor its own`,
          { id },
        );
      }
    }
    const child = new Child(this.#base + this.#recent.length, spec);
    this.#recent.push(child);
    this.#recentSize++;
    if (id !== undefined) (this.#byId ??= new Map()).set(id, child);
    return child;
  }

  get(number: number): Child | undefined {
    return number < this.#base ? this.#old?.get(number) : this.#recent[number - this.#base];
  }

  find(which: RefAddress | string): Child | undefined {
    if (typeof which === "string") return this.#byId?.get(which);
    if (!this.#byAddress) {
      this.#byAddress = new Map();
      for (const child of this.list()) this.#index(child);
    }
    return this.#byAddress.get(which.shard)?.get(which.slot);
  }

  /** Notes where a child lives, or that it has no slot. */
  place(child: Child, address: RefAddress | undefined): void {
    this.#unindex(child);
    child.address = address;
    this.#index(child);
  }

  remove(child: Child): void {
    if (child.number < this.#base) this.#old?.delete(child.number);
    else {
      this.#recent[child.number - this.#base] = undefined;
      this.#recentSize--;
      const { length } = this.#recent;
      if (length >= MIN_RECENT && this.#recentSize * 2 < length) this.#sweep();
    }
    this.#unindex(child);
    const id = child.known?.id;
    if (id !== undefined) this.#byId?.delete(id);
  }

  /** In the order of their start. */
  list(): Child[] {
    const children = [...this.#old?.values() ?? []];
    for (const child of this.#recent) if (child) children.push(child);
    return children;
  }

  #sweep(): void {
    for (const child of this.#recent) {
      if (child) (this.#old ??= new Map()).set(child.number, child);
    }
    this.#base += this.#recent.length;
    this.#recent = [];
    this.#recentSize = 0;
  }

  #index(child: Child): void {
    if (!this.#byAddress) return;
    const { address } = child;
    if (!address) return;
    const slots = this.#byAddress.get(address.shard) ?? new Map<number, Child>();
    this.#byAddress.set(address.shard, slots.set(address.slot, child));
  }

  #unindex(child: Child): void {
    if (!this.#byAddress) return;
    const { address } = child;
    if (address) this.#byAddress.get(address.shard)?.delete(address.slot);
  }
}
