import { Context } from "./actor_context.ts";
import type { BoxInside } from "./box/mod.ts";
import { failed } from "./life.ts";
import type { Kernel } from "./kernel.ts";

/** What boxes need of a kernel, and what a kernel that closes has to wait for. */
export class BoxSupport {
  /** Handed to every box. */
  readonly inside: BoxInside;
  readonly #closing = new Set<Promise<void>>();

  constructor(kernel: Kernel) {
    this.inside = {
      clock: kernel.clock,
      fail(ctx, reason, error) {
        const { slot, alive } = Context.incarnationOf(ctx);
        if (alive) failed(slot, reason, `(${reason.kind})`, error);
      },
      report(ctx, handler, error) {
        kernel.crashed(Context.incarnationOf(ctx).slot, handler, error);
      },
      closing: (done) => {
        this.#closing.add(done);
        done.finally(() => this.#closing.delete(done));
      },
    };
  }

  /** Settles when every box that was closed is gone. */
  async closed(): Promise<void> {
    while (this.#closing.size > 0) await Promise.all(this.#closing);
  }
}
