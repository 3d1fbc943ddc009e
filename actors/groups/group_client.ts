import { REF } from "../../values/mod.ts";
import { GROUPS, serviceOf } from "../own_slots.ts";
import type { Kernel } from "../kernel.ts";
import { type AnyRef, type Ref, refKey } from "../ref.ts";
import { type GroupChange, groupNameProblem } from "./group_table.ts";
import { type GroupEvent, GroupView } from "./group_view.ts";
import type { Groups } from "./groups.ts";

/** Called with what changes in a watched group. */
export type GroupListener = (event: GroupEvent<AnyRef>) => void;

interface Watched {
  readonly view: GroupView<AnyRef>;
  readonly listeners: Set<GroupListener>;
}

/**
 * One shard's way to the node's process groups: a shard watches each group once, whatever the number
 * of its actors that do.
 */
export class GroupClient {
  readonly #kernel: Kernel;
  readonly #watched = new Map<string, Watched>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Puts an actor into a group; settles when it is in it. */
  async join(group: string, member: AnyRef): Promise<void> {
    const slot = this.#kernel.localSlot(member[REF]);
    if (slot) slot.extra.grouped = true; // the groups are told when it has ended
    await this.#groups.ask.join(group, member);
  }

  /** Takes an actor out of a group; settles when it is out. */
  async leave(group: string, member: AnyRef): Promise<void> {
    await this.#groups.ask.leave(group, member);
  }

  /** The members now, in the order in which they joined. */
  async members(group: string): Promise<AnyRef[]> {
    return await this.#groups.ask.members(group);
  }

  /** Has `listener` called with each change from now on, in order and without a gap. */
  watch(group: string, listener: GroupListener): Disposable {
    const problem = groupNameProblem(group);
    if (problem) throw problem;
    let watched = this.#watched.get(group);
    if (!watched) this.#watched.set(group, watched = this.#open(group));
    const { listeners } = watched;
    listeners.add(listener);
    return {
      [Symbol.dispose]: () => {
        if (!listeners.delete(listener) || listeners.size > 0) return;
        if (this.#watched.get(group) !== watched) return;
        this.#watched.delete(group);
        this.#groups.tell.unwatch(group, this.#watcher);
      },
    };
  }

  /** The groups actor has told this shard of a change. */
  changed(change: GroupChange<AnyRef>): void {
    this.#watched.get(change.group)?.view.changed(change);
  }

  /** A slot that had joined a group has ended. */
  gone(member: AnyRef): void {
    this.#groups.tell.gone(member);
  }

  get #groups(): Ref<Groups> {
    return this.#kernel.ref<Groups>(GROUPS);
  }

  /** What is told of changes: the shard's service actor. */
  get #watcher(): AnyRef {
    return this.#kernel.ref(serviceOf(this.#kernel.shard));
  }

  #open(group: string): Watched {
    const listeners = new Set<GroupListener>();
    const view = new GroupView<AnyRef>(group, {
      keyOf: refKey,
      ask: () => {
        this.#groups.ask.watch(group, this.#watcher, "groupChanged").then(
          (snapshot) => view.answered(snapshot),
          (error) => {
            // There are too many groups, or the system stops. Who watches anew asks anew.
            this.#watched.delete(group);
            this.#kernel.crashed(undefined, "(watch group)", error);
          },
        );
      },
      listener: (event) => {
        for (const listener of [...listeners]) {
          try {
            listener(event);
          } catch (error) {
            // It is its user's own: the others, and the shard's service, go on.
            this.#kernel.crashed(undefined, "(watch group)", error);
          }
        }
      },
    });
    return { view, listeners };
  }
}
