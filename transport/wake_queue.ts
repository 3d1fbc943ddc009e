/** What a {@linkcode WakeQueue} holds. The fields are the queue's: nobody else writes them. */
export interface Sleeper {
  /** When it wants to be woken; `Infinity` when it is not in the queue. */
  wakeAt: number;
  /** Where it stands in the queue; −1 when it does not. */
  wakeIndex: number;
}

/**
 * Who is to be woken next: a binary heap whose members know their place, so that moving a deadline,
 * which every packet does, is O(log n) and allocates nothing.
 */
export class WakeQueue<T extends Sleeper> {
  readonly #heap: T[] = [];

  /** How many sleep. */
  get size(): number {
    return this.#heap.length;
  }

  /** The earliest time at which one is to be woken; `Infinity` when none sleeps. */
  get earliest(): number {
    return this.#heap[0]?.wakeAt ?? Infinity;
  }

  /**
   * Sets when a sleeper is to be woken.
   *
   * @param sleeper Who; it joins the queue if it is not in it.
   * @param at When, in the caller's clock; `Infinity` takes it out.
   */
  set(sleeper: T, at: number): void {
    if (at === sleeper.wakeAt) return;
    if (at === Infinity) return this.remove(sleeper);
    const earlier = at < sleeper.wakeAt;
    sleeper.wakeAt = at;
    if (sleeper.wakeIndex < 0) {
      sleeper.wakeIndex = this.#heap.length;
      this.#heap.push(sleeper);
    }
    if (earlier) this.#up(sleeper);
    else this.#down(sleeper);
  }

  /** Takes a sleeper out; nothing happens if it is not in. */
  remove(sleeper: T): void {
    const at = sleeper.wakeIndex;
    if (at < 0) return;
    sleeper.wakeIndex = -1;
    sleeper.wakeAt = Infinity;
    const last = this.#heap.pop();
    if (last === undefined || last === sleeper) return;
    this.#place(last, at);
    this.#up(last);
    this.#down(last);
  }

  /** Takes out the earliest, if its time has come by `now`. */
  due(now: number): T | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.wakeAt > now) return undefined;
    this.remove(first);
    return first;
  }

  #place(sleeper: T, at: number): void {
    this.#heap[at] = sleeper;
    sleeper.wakeIndex = at;
  }

  #up(sleeper: T): void {
    let at = sleeper.wakeIndex;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.#heap[parentAt];
      if (parent === undefined || parent.wakeAt <= sleeper.wakeAt) break;
      this.#place(parent, at);
      at = parentAt;
    }
    this.#place(sleeper, at);
  }

  #down(sleeper: T): void {
    let at = sleeper.wakeIndex;
    while (true) {
      const left = this.#heap[2 * at + 1];
      const right = this.#heap[2 * at + 2];
      const child = right && left && right.wakeAt < left.wakeAt ? right : left;
      if (child === undefined || child.wakeAt >= sleeper.wakeAt) break;
      const childAt = child.wakeIndex;
      this.#place(child, at);
      at = childAt;
    }
    this.#place(sleeper, at);
  }
}
