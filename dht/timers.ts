import type { ActorContext } from "../actors/mod.ts";

/** Timers of an actor with a function each: `ctx.after` tells a handler, which fires them here. */
export class Timers {
  readonly #ctx: ActorContext;
  readonly #handler: string;
  readonly #actions = new Map<number, () => void>();
  #next = 1;

  /** @param handler the handler that is told a timer's number, and calls {@link Timers.fire} */
  constructor(ctx: ActorContext, handler: string) {
    this.#ctx = ctx;
    this.#handler = handler;
  }

  /** Calls `action` in `delayMs`, unless the timer is disposed of before. */
  after(delayMs: number, action: () => void): Disposable {
    const number = this.#next++;
    this.#actions.set(number, action);
    const timer = this.#ctx.after(delayMs, this.#handler, number);
    return {
      [Symbol.dispose]: () => {
        this.#actions.delete(number);
        timer[Symbol.dispose]();
      },
    };
  }

  /** A timer's time is up. */
  fire(number: number): void {
    const action = this.#actions.get(number);
    this.#actions.delete(number);
    action?.();
  }
}
