import { ActorError } from "../errors.ts";

/** Groups that have members or watchers at one time, on one node. */
export const MAX_GROUPS = 65_536;

/** Characters (UTF-16 code units) that the name of a group may have. */
export const MAX_GROUP_NAME_LENGTH = 128;

/** Who is in a group, as of a version. */
export interface GroupSnapshot<T> {
  /** Counts the changes of the group; the next change has this one's plus 1. */
  readonly version: number;
  /** In the order in which they joined. */
  readonly members: readonly T[];
}

/** One change of a group: who joined it, or who left it. Never both, and never nobody. */
export type GroupChange<T> =
  | { readonly group: string; readonly version: number; readonly joined: readonly T[] }
  | { readonly group: string; readonly version: number; readonly left: readonly T[] };

/** Called after each change of a watched group. It must not change the table that calls it. */
export type GroupListener<T> = (change: GroupChange<T>) => void;

interface Group<T> {
  version: number;
  readonly members: Map<string, T>;
  readonly watchers: Map<string, GroupListener<T>>;
}

/**
 * Process groups, after OTP's `pg`: a group has a name, members in the order of their joining, and
 * watchers that are told of every change. It begins with its first member or watcher and ends with
 * its last.
 *
 * Unlike in `pg`, a member is in a group or it is not: joining again changes nothing, and one leave
 * undoes it. Members and watchers are known by keys, strings that are equal for equal ones.
 */
export class GroupTable<T> {
  readonly #limit: number;
  readonly #groups = new Map<string, Group<T>>();
  /** Names of the groups that a member, or a watcher, is to be taken out of when it has ended. */
  readonly #joined = new Map<string, Set<string>>();
  readonly #watched = new Map<string, Set<string>>();
  /** No group's version is above it: a group that begins again goes on, and old news shows as old. */
  #changes = 0;

  /** @param limit groups that there may be at one time; {@link MAX_GROUPS} unless given */
  constructor(limit: number = MAX_GROUPS) {
    this.#limit = limit;
  }

  /** Groups that have members or watchers. */
  get size(): number {
    return this.#groups.size;
  }

  /**
   * Puts a member into a group.
   *
   * @returns false when it is in it already
   * @throws {TypeError} for a name that is no well-formed string
   * @throws {RangeError} for a name that is empty or too long
   * @throws {ActorError} `too-many-groups` when it would be a group more than there may be
   */
  join(group: string, key: string, member: T): boolean {
    const entry = this.#open(group);
    if (entry.members.has(key)) return false;
    entry.members.set(key, member);
    note(this.#joined, key, group);
    this.#tell(group, entry, "joined", [member]);
    return true;
  }

  /** Takes a member out of a group; false when it is not in it. */
  leave(group: string, key: string): boolean {
    const entry = this.#groups.get(group);
    if (!entry?.members.has(key)) return false;
    strike(this.#joined, key, group);
    this.#remove(group, entry, [key]);
    return true;
  }

  /**
   * Takes a member that has ended out of all of its groups, in the order in which it joined them.
   *
   * @returns how many they were, which is what it costs
   */
  memberGone(key: string): number {
    const groups = this.#joined.get(key);
    if (!groups) return 0;
    this.#joined.delete(key);
    for (const group of groups) this.#remove(group, this.#groups.get(group) as Group<T>, [key]);
    return groups.size;
  }

  /** Takes out all members whose key matches: of each group, those who leave it leave at once. */
  membersGone(matches: (key: string) => boolean): void {
    const leaving = new Map<string, Set<string>>();
    for (const [key, groups] of this.#joined) {
      if (!matches(key)) continue;
      this.#joined.delete(key);
      for (const group of groups) note(leaving, group, key);
    }
    for (const [group, keys] of leaving) {
      this.#remove(group, this.#groups.get(group) as Group<T>, keys);
    }
  }

  /** The members of a group in the order in which they joined it; none for one that is not there. */
  members(group: string): T[] {
    return [...this.#groups.get(group)?.members.values() ?? []];
  }

  /**
   * Has `listener` told of every change of a group from now on. A watcher watches a group once:
   * its new listener takes the old one's place.
   *
   * @returns the members now; the first change that the listener gets is the next one
   * @throws what {@link GroupTable.join} does
   */
  watch(group: string, key: string, listener: GroupListener<T>): GroupSnapshot<T> {
    const entry = this.#open(group);
    entry.watchers.set(key, listener);
    note(this.#watched, key, group);
    return { version: entry.version, members: [...entry.members.values()] };
  }

  /** Has a watcher told no more; false when it does not watch the group. */
  unwatch(group: string, key: string): boolean {
    const entry = this.#groups.get(group);
    if (!entry?.watchers.delete(key)) return false;
    strike(this.#watched, key, group);
    this.#close(group, entry);
    return true;
  }

  /** Forgets a watcher that has ended; returns how many groups it watched. */
  watcherGone(key: string): number {
    const groups = [...this.#watched.get(key) ?? []];
    for (const group of groups) this.unwatch(group, key);
    return groups.length;
  }

  /** Forgets all watchers whose key matches. */
  watchersGone(matches: (key: string) => boolean): void {
    for (const key of [...this.#watched.keys()]) if (matches(key)) this.watcherGone(key);
  }

  #open(name: string): Group<T> {
    const found = this.#groups.get(name);
    if (found) return found;
    const problem = groupNameProblem(name);
    if (problem) throw problem;
    if (this.#groups.size >= this.#limit) {
      throw new ActorError(
        "too-many-groups",
        `there are ${this.#limit} groups, and "${name}" would be one more: leave groups that are ` +
          `not needed, or put what they tell apart into the messages`,
        { limit: this.#limit },
      );
    }
    const group = { version: this.#changes, members: new Map(), watchers: new Map() };
    this.#groups.set(name, group);
    return group;
  }

  #remove(name: string, group: Group<T>, keys: Iterable<string>): void {
    const left: T[] = [];
    for (const key of keys) {
      left.push(group.members.get(key) as T);
      group.members.delete(key);
    }
    this.#tell(name, group, "left", left);
    this.#close(name, group);
  }

  #tell(group: string, entry: Group<T>, what: "joined" | "left", members: readonly T[]): void {
    this.#changes++;
    const version = ++entry.version;
    const change = what === "joined"
      ? { group, version, joined: members }
      : { group, version, left: members };
    for (const listener of entry.watchers.values()) listener(change);
  }

  #close(name: string, group: Group<T>): void {
    if (group.members.size === 0 && group.watchers.size === 0) this.#groups.delete(name);
  }
}

/** What is wrong with the name of a group, if anything. */
export function groupNameProblem(name: unknown): Error | undefined {
  if (typeof name !== "string") {
    return new TypeError(`the name of a group is ${typeof name}: give a string`);
  }
  if (name.length === 0 || name.length > MAX_GROUP_NAME_LENGTH) {
    return new RangeError(
      `the name of a group has ${name.length} characters: 1 to ${MAX_GROUP_NAME_LENGTH}`,
    );
  }
  if (!name.isWellFormed()) {
    return new TypeError(
      `the name of a group, ${JSON.stringify(name)}, has half of a surrogate pair: give whole ` +
        `characters`,
    );
  }
  return undefined;
}

/** Adds to the set that `sets` has under `key`. */
function note(sets: Map<string, Set<string>>, key: string, item: string): void {
  const set = sets.get(key);
  if (set) set.add(item);
  else sets.set(key, new Set([item]));
}

/** Takes out of the set that `sets` has under `key`. */
function strike(sets: Map<string, Set<string>>, key: string, item: string): void {
  const set = sets.get(key);
  if (set?.delete(item) && set.size === 0) sets.delete(key);
}
