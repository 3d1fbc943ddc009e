import { copyArguments, type RefAddress, type Value } from "../values/mod.ts";
import { PLAIN } from "./envelope.ts";
import type { Incarnation } from "./incarnation.ts";
import type { Kernel } from "./kernel.ts";
import { Message, TELL } from "./message.ts";
import { NO_OPTIONS, type RefOptions, type Target } from "./ref.ts";
import type { Slot } from "./slot.ts";

/** Where the messages of a ref to an actor of this node go; they are sent by `owner`. */
export class LocalTarget implements Target {
  readonly address: RefAddress;
  readonly #kernel: Kernel;
  readonly #owner: Incarnation | undefined;
  #slot: Slot | undefined = undefined;

  constructor(kernel: Kernel, address: RefAddress, owner: Incarnation | undefined) {
    this.#kernel = kernel;
    this.address = address;
    this.#owner = owner;
  }

  tell(handler: string, args: unknown[], options: RefOptions): void {
    const owner = this.#owner;
    if (options === NO_OPTIONS && (owner === undefined || owner.alive)) {
      // The common case of all: between two actors of this shard, and no more than that.
      const slot = this.#slot ??= this.#kernel.localSlot(this.address);
      if (slot !== undefined && slot.state === "ended") this.#slot = undefined;
      else if (slot !== undefined) {
        const refs = copyArguments(args);
        const sender = owner === undefined ? undefined : owner.slot.address;
        return slot.receive(new Message(TELL, handler, args as Value[], refs, sender, PLAIN));
      }
    }
    this.#kernel.post.tell(this.address, handler, args, this.#owner, options);
  }

  send(handler: string, args: unknown[], options: RefOptions): Promise<void> {
    return this.#kernel.post.send(this.address, handler, args, this.#owner, options);
  }

  ask(handler: string, args: unknown[], options: RefOptions): Promise<unknown> {
    return this.#kernel.post.ask(this.address, handler, args, this.#owner, options);
  }

  stream(handler: string, args: unknown[], options: RefOptions): AsyncIterableIterator<unknown> {
    return this.#kernel.post.stream(this.address, handler, args, this.#owner, options);
  }
}
