import { type ActorError, type AnyRef, callHandler, type Ref } from "../mod.ts";
import type { RefOptions } from "../ref.ts";
import type { Journal } from "./journal.ts";

/** How a message is sent. */
export type Lane = "tell" | "send" | "ask" | "stream";

/** Sends numbered messages, and takes down that it did and what became of what it waited for. */
export class Courier {
  readonly #journal: Journal;
  readonly #shard: number;
  /** Sends, asks and streams that are not settled. */
  pending = 0;
  /** Answers that are not what was asked for. */
  readonly wrong: string[] = [];

  /** @param shard that of the sender */
  constructor(journal: Journal, shard: number) {
    this.#journal = journal;
    this.#shard = shard;
  }

  /** Sends one message; what it is waited for for settles in time, and is nobody else's to wait for. */
  async dispatch(
    lane: Lane,
    to: AnyRef,
    handler: string,
    options: RefOptions,
    ...args: unknown[]
  ): Promise<void> {
    const number = this.#journal.number(this.#shard);
    this.#journal.write("sent", number, lane);
    const ref = (to as Ref).with(options);
    if (lane === "tell") return void callHandler(ref, lane, handler, [number, ...args]);
    this.pending++;
    try {
      const result = callHandler(ref, lane, handler, [number, ...args]);
      if (lane === "stream") await this.#read(number, result as AsyncIterable<unknown>, args[0]);
      else if (lane === "ask") this.#check(number, await result);
      else await result;
      this.#journal.write("settled", number, "ok");
    } catch (error) {
      this.#journal.write("settled", number, (error as ActorError).code ?? (error as Error).name);
    } finally {
      this.pending--;
    }
  }

  /** Reads a stream to its end, or leaves it after its first item if it is to have a single one. */
  async #read(number: string, items: AsyncIterable<unknown>, count: unknown): Promise<void> {
    let expected = 0;
    for await (const item of items) {
      if (item !== expected++) this.wrong.push(`${number}: item ${item} in place of ${expected}`);
      if (count === 1) return;
    }
  }

  #check(number: string, reply: unknown): void {
    if (reply !== number) this.wrong.push(`${number} was answered with ${String(reply)}`);
  }
}
