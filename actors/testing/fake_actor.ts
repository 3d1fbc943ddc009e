/** An actor for tests of what lives on a context alone. @module */
import assert from "node:assert/strict";
import { REF } from "../../values/mod.ts";
import type { ActorContext } from "../context.ts";
import type { AnyRef } from "../ref.ts";
import type { MachineContext } from "../state_machine/state_machine.ts";
import { FakeClock } from "../testing.ts";

type Handlers = { readonly [event: string]: (...args: never[]) => unknown };

/** A message of a {@link FakeActor}, and the reply to it. */
export interface Told {
  readonly handler: string;
  readonly args: unknown[];
  readonly sender: AnyRef | undefined;
  reply?: unknown;
}

/** An actor around a machine, in its simplest words: a mailbox, a stash, timers. */
export class FakeActor implements MachineContext {
  readonly self: AnyRef = { [REF]: { shard: 0, slot: 7 } };
  readonly path = "machine";
  readonly clock = new FakeClock();
  readonly refused: unknown[] = [];
  /** What was handled, and not put aside: the handlers' names. */
  readonly done: string[] = [];
  mailbox: Told[] = [];
  aside: Told[] = [];
  handlers: Handlers = {};
  #current: Told | undefined;
  #isAside = false;
  #keep: (() => unknown) | undefined;
  #kept: unknown;

  /** Starts an incarnation that has what the last one kept. */
  start(make: (ctx: MachineContext) => unknown): this {
    if (this.#keep) this.#kept = structuredClone(this.#keep());
    this.handlers = make(this) as Handlers;
    return this;
  }

  /** Has a message handled, and what else is in the mailbox; returns the reply to it. */
  async tell(handler: string, ...args: unknown[]): Promise<unknown> {
    const told: Told = { handler, args, sender: undefined };
    this.mailbox.push(told);
    await this.run();
    return told.reply;
  }

  /** Has everything in the mailbox handled. */
  async run(): Promise<void> {
    for (let told = this.mailbox.shift(); told; told = this.mailbox.shift()) {
      this.#current = told;
      this.#isAside = false;
      told.reply = await this.handlers[told.handler]!(...told.args as never[]);
      this.#current = undefined;
      if (!this.#isAside) this.done.push(told.handler);
    }
  }

  get message(): NonNullable<ActorContext["message"]> | undefined {
    return this.#current && {
      handler: this.#current.handler,
      sender: this.#current.sender,
      caller: undefined,
      remainingMs: Infinity,
      signal: AbortSignal.abort(),
    };
  }

  after(delayMs: number, handler: string, ...args: unknown[]): Disposable {
    const id = this.clock.setTimer(
      () => this.mailbox.push({ handler, args, sender: this.self }),
      delayMs,
    );
    return { [Symbol.dispose]: () => this.clock.clearTimer(id) };
  }

  keep(state: () => unknown): void {
    this.#keep = state;
  }

  kept<T>(): T | undefined {
    return this.#kept as T | undefined;
  }

  refuse(error: unknown): void {
    this.refused.push(error);
  }

  stash(): void {
    assert(this.#current, "only a message that is being handled can be put aside");
    this.#isAside = true;
    this.aside.push(this.#current);
  }

  unstash(): void {
    this.mailbox.unshift(...this.aside.splice(0));
  }
}
