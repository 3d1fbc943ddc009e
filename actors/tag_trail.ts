import { TAGS_REMEMBERED, TAGS_REPORTED } from "./constants.ts";

/**
 * The tags of the last messages that a shard has handled, of all of its actors together: so an
 * actor costs no memory for them, and a message two writes.
 */
export class TagTrail {
  readonly #slots = new Uint32Array(TAGS_REMEMBERED);
  readonly #tags = new Array<string>(TAGS_REMEMBERED).fill("");
  #next = 0;

  /** A message for this handler of this slot is about to be handled. */
  add(slot: number, tag: string): void {
    const at = this.#next;
    this.#slots[at] = slot;
    this.#tags[at] = tag;
    this.#next = (at + 1) & (TAGS_REMEMBERED - 1);
  }

  /** The slot's last tags, oldest first, {@link TAGS_REPORTED} at most; slots are above 0, modulo 2³². */
  last(slot: number): string[] {
    const tags: string[] = [];
    for (let i = 1; i <= TAGS_REMEMBERED && tags.length < TAGS_REPORTED; i++) {
      const at = (this.#next - i) & (TAGS_REMEMBERED - 1);
      if (this.#slots[at] === slot) tags.push((this.#tags[at] as string).slice(0, 128));
    }
    return tags.reverse();
  }
}
