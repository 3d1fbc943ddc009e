import type { GroupChange, GroupSnapshot } from "./group_table.ts";

/** What a watcher's listener is told: who joined the group, or who left it. */
export type GroupEvent<T> =
  | { readonly group: string; readonly joined: readonly T[] }
  | { readonly group: string; readonly left: readonly T[] };

/** Where a {@link GroupView} gets the present state from, and where its events go. */
export interface GroupViewParts<T> {
  /** A string that is equal for equal members. */
  readonly keyOf: (member: T) => string;
  /** Asks for a snapshot (`Groups.watch`), to be handed to {@link GroupView.answered}. */
  readonly ask: () => void;
  /** Told of what changes after the first snapshot, in order and without a gap. */
  readonly listener: (event: GroupEvent<T>) => void;
}

/**
 * What one watcher knows of one group. The snapshot it asked for and the changes that it is told
 * travel apart: the view puts them in order by their versions, holds what came too soon, ignores
 * what a snapshot has already, and asks again where a change was lost. The listener then gets what
 * the new snapshot says joined and left; who did both in the gap is not mentioned.
 */
export class GroupView<T> {
  readonly #group: string;
  readonly #parts: GroupViewParts<T>;
  #members = new Map<string, T>();
  #version = 0;
  /** Changes that came while a snapshot was asked for; `undefined` while none is. */
  #held: GroupChange<T>[] | undefined = [];
  #answered = false;

  /** Asks for its first snapshot at once. */
  constructor(group: string, parts: GroupViewParts<T>) {
    this.#group = group;
    this.#parts = parts;
    parts.ask();
  }

  /** Who is in the group, in the order of joining, as far as it is known here. */
  get members(): T[] {
    return [...this.#members.values()];
  }

  /** Takes the snapshot that was asked for. */
  answered({ version, members }: GroupSnapshot<T>): void {
    const { keyOf, listener } = this.#parts;
    const held = this.#held ?? [];
    this.#held = undefined;
    const before = this.#members;
    this.#members = new Map(members.map((member) => [keyOf(member), member]));
    this.#version = version;
    if (this.#answered) {
      const left = [...before].filter(([key]) => !this.#members.has(key)).map(([, one]) => one);
      const joined = members.filter((member) => !before.has(keyOf(member)));
      if (left.length > 0) listener({ group: this.#group, left });
      if (joined.length > 0) listener({ group: this.#group, joined });
    }
    this.#answered = true;
    for (const change of held) this.changed(change);
  }

  /** Takes a change that this watcher was told. */
  changed(change: GroupChange<T>): void {
    if (this.#held) return void this.#held.push(change);
    if (change.version <= this.#version) return;
    if (change.version > this.#version + 1) {
      // What the gap had is not known; what comes before the answer is in it, or follows it.
      this.#held = [change];
      return this.#parts.ask();
    }
    this.#version = change.version;
    const { keyOf, listener } = this.#parts;
    if ("joined" in change) {
      for (const member of change.joined) this.#members.set(keyOf(member), member);
      listener({ group: this.#group, joined: change.joined });
    } else {
      for (const member of change.left) this.#members.delete(keyOf(member));
      listener({ group: this.#group, left: change.left });
    }
  }
}
