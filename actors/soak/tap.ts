import type { DeadReason } from "../dead_letters.ts";
import type { Message } from "../message.ts";
import { isOwnSlot } from "../own_slots.ts";
import { Post } from "../post.ts";
import type { RefAddress } from "../../values/mod.ts";
import { Journal } from "./journal.ts";

let journal: Journal | undefined;
let original: Post["bury"] | undefined;

/**
 * The journal of this isolate, opened by the first who asks for it. From then on the dead letters of
 * this isolate's kernel are taken down by number: the kernel itself keeps no more than their count.
 */
export function tapped(path: string): Journal {
  if (journal) return journal;
  const opened = journal = new Journal(path);
  const { bury } = Post.prototype;
  original = bury;
  Post.prototype.bury = function (
    this: Post,
    to: RefAddress,
    message: Message,
    reason: DeadReason,
    error?: () => Error,
  ): void {
    const [first] = message.args;
    if (!isOwnSlot(to.shard, to.slot)) {
      opened.write("dead", typeof first === "string" ? first : "", reason);
    }
    bury.call(this, to, message, reason, error);
  };
  return opened;
}

/** Closes the journal of this isolate, and takes nothing down any more. */
export function untap(): void {
  if (original) Post.prototype.bury = original;
  journal?.[Symbol.dispose]();
  journal = original = undefined;
}
