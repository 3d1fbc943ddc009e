import type { ActorContext } from "../context.ts";
import { UnknownHandlerError } from "../errors.ts";
import { sameRef } from "../ref.ts";
import type {
  EventHandler,
  EventsOf,
  MachineHandlers,
  StateName,
  StatesOf,
} from "./state_machine_types.ts";
import { isOutcome, type Outcome } from "./state_outcome.ts";
import { eventsOf, type State, statesOf, TIMEOUT } from "./state_spec.ts";

/** The part of an actor's context that a state machine lives on. */
export type MachineContext =
  & Pick<ActorContext, "after" | "keep" | "kept" | "message" | "path" | "refuse" | "self">
  & {
    /** Puts the message being handled aside. */
    stash(): void;
    /** Puts what is aside back before the rest of the mailbox, in the order of its arrival. */
    unstash(): void;
  };

/** What {@link stateMachine} makes a machine of. */
export interface MachineSpec<S, A> {
  /** Name of the state that the machine starts in, unless it kept another. */
  readonly initial: NoInfer<StateName<S>>;
  /** The states by name: the events that each handles, its `enter` and its `timeout`. */
  readonly states: S;
  /** Events that are handled so in every state that does not handle them itself. */
  readonly any?: A;
  /**
   * Whether the next incarnation starts in the state in which this one ended; a function says what
   * else it is to have, for {@link keptData}. A machine that keeps calls `ctx.keep` itself.
   */
  readonly keep?: boolean | (() => unknown);
}

/**
 * Makes the handlers of an actor that is a state machine, after OTP's `gen_statem`.
 *
 * Each state is an object of events: handlers of which each returns what it comes to, `next(state,
 * reply?)`, `stay(reply?)`, `repeat(reply?)`, `postpone()`, or nothing, which is `stay()`. Two
 * properties are no events. `enter(from)` is called, without waiting, when the machine has come into
 * the state, at its start too. `timeout: [ms, event, …args]` is an event of the machine's own, when
 * it has been in the state for so long; leaving the state cancels it, even when it is queued.
 *
 * An event that neither the present state nor `any` handles is the sender's error: an
 * `UnknownHandlerError` that names the state and the events there are, and a dead letter. Only own
 * properties are states and events.
 *
 * TypeScript works out the handlers when parameters have types of their own, `from` of `enter` too.
 * An event that several states handle takes what suits all of them.
 *
 * Data is the closure's. With `keep`, the state (and what the function returns) survives a restart;
 * the restored state is entered anew, with a time-out that starts from zero.
 *
 * @param ctx the actor's context; the machine takes its `stash`, and with `keep` its `keep`
 * @param spec the states
 * @returns what the factory is to return: the union of all events
 * @throws {TypeError} when a state, an event or a time-out is none
 * @throws {RangeError} when `initial`, or the state that was kept, is not among the states
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ActorSystem, defineActor, keptData, next, stateMachine, stay } from "../mod.ts";
 *
 * const turnstile = defineActor(import.meta, (ctx) => {
 *   let coins = keptData<number>(ctx) ?? 0;
 *   return stateMachine(ctx, {
 *     initial: "locked",
 *     states: {
 *       locked: {
 *         coin(n: number) {
 *           coins += n;
 *           return next("unlocked", "go");
 *         },
 *       },
 *       unlocked: {
 *         timeout: [10_000, "push"],
 *         push() {
 *           return next("locked");
 *         },
 *       },
 *     },
 *     any: { coins: () => stay(coins) },
 *     keep: () => coins,
 *   });
 * });
 *
 * await using system = await ActorSystem.start({ userShards: 0 });
 * const ref = await system.spawn(turnstile, { placement: "here" });
 * await assert.rejects(ref.ask.push(), /in state "locked" has no event "push": it has coin, coins/);
 * assert.equal(await ref.ask.coin(2), "go");
 * await ref.ask.push();
 * assert.equal(await ref.ask.coins(), 2);
 * ```
 */
export function stateMachine<
  const S extends StatesOf<S>,
  const A extends EventsOf<A, S> = Record<never, never>,
>(ctx: MachineContext, spec: MachineSpec<S, A>): MachineHandlers<S, A> {
  const { initial, states, any = {}, keep = false } = spec;
  const machine = new StateMachine(ctx, statesOf(states, any), eventsOf(any, "any"), initial, keep);
  return machine.handlers as MachineHandlers<S, A>;
}

/** What a machine's `keep` returned when its last incarnation ended; `undefined` if there is none. */
export function keptData<D>(ctx: Pick<ActorContext, "kept">): D | undefined {
  return ctx.kept<Partial<Kept> | null>()?.data as D | undefined;
}

/** What a machine keeps. */
interface Kept {
  readonly state: string;
  readonly data?: unknown;
}

/** A machine that runs. What it calls its own is the actor's, which handles one event at a time. */
class StateMachine {
  readonly handlers: Record<string, (...args: never[]) => unknown> = Object.create(null);
  readonly #ctx: MachineContext;
  readonly #states: ReadonlyMap<string, State>;
  readonly #any: ReadonlyMap<string, EventHandler>;
  #name: string;
  #state: State;
  /** Counts the times that a state was entered: what a time-out belongs to. */
  #entry = 0;
  /** Tells the time-outs of this machine from those that the last incarnation left in the mailbox. */
  readonly #life = crypto.randomUUID();
  #timer: Disposable | undefined;
  #hasPostponed = false;
  /** Entries whose time-out came and was postponed: it is handled though they are over. */
  readonly #due = new Set<number>();

  constructor(
    ctx: MachineContext,
    states: ReadonlyMap<string, State>,
    any: ReadonlyMap<string, EventHandler>,
    initial: string,
    keep: boolean | (() => unknown),
  ) {
    this.#ctx = ctx;
    this.#states = states;
    this.#any = any;
    const kept = keep ? keptState(ctx) : undefined;
    this.#name = kept ?? initial;
    this.#state = this.#find(this.#name, kept === undefined ? "initial" : "the state it kept");
    if (keep) ctx.keep(() => toKeep(this.#name, keep));
    this.#expose(any);
    for (const { events, timeout } of states.values()) {
      this.#expose(events);
      if (timeout) this.handlers[TIMEOUT] = (...args) => this.#timedOut(...args);
    }
    this.#enter(this.#name, this.#state, undefined);
  }

  #expose(events: ReadonlyMap<string, EventHandler>): void {
    for (const event of events.keys()) {
      this.handlers[event] = (...args) => this.#handle(event, args, undefined);
    }
  }

  /** Handles an event; `entry` says whose time-out it is. */
  #handle(event: string, args: never[], entry: number | undefined): unknown {
    const handler = this.#state.events.get(event) ?? this.#any.get(event);
    if (!handler) return this.#refuse(event);
    const outcome = handler(...args);
    return outcome instanceof Promise
      ? outcome.then((settled) => this.#take(event, settled, entry))
      : this.#take(event, outcome, entry);
  }

  #take(event: string, outcome: Outcome | void, entry: number | undefined): unknown {
    if (outcome === undefined) return undefined;
    if (!isOutcome(outcome)) {
      throw new TypeError(
        `"${event}" in state "${this.#name}" of ${this.#ctx.path} returned ${typeof outcome}: ` +
          `return next(state, reply), stay(reply), repeat(reply), postpone(), or nothing`,
      );
    }
    if (outcome.kind === "postpone") {
      if (entry !== undefined) this.#due.add(entry);
      this.#hasPostponed = true;
      return this.#ctx.stash();
    }
    if (outcome.kind === "repeat") this.#enter(this.#name, this.#state, this.#name);
    if (outcome.kind === "next" && outcome.state !== this.#name) this.#change(outcome.state);
    return outcome.reply;
  }

  #change(to: string): void {
    const from = this.#name;
    this.#enter(to, this.#find(to, `next() in state "${from}"`), from);
    if (!this.#hasPostponed) return;
    this.#hasPostponed = false;
    this.#ctx.unstash();
  }

  #enter(name: string, state: State, from: string | undefined): void {
    const { enter, timeout } = state;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#name = name;
    this.#state = state;
    this.#entry++;
    const entered: unknown = enter?.(from);
    if (entered instanceof Promise) {
      entered.catch(() => {/* what is wrong is that there is a promise at all */});
      throw new TypeError(
        `"enter" of state "${name}" of ${this.#ctx.path} returned a promise: what has to be ` +
          `waited for is an event`,
      );
    }
    if (!timeout) return;
    const [afterMs, event, ...args] = timeout;
    this.#timer = this.#ctx.after(afterMs, TIMEOUT, this.#life, this.#entry, event, ...args);
  }

  /** A time-out came: of this state, of one that was left since, or a message of somebody else's. */
  #timedOut(...message: unknown[]): unknown {
    const { message: info, self } = this.#ctx;
    if (!info?.sender || !sameRef(info.sender, self)) return this.#refuse(TIMEOUT);
    const [life, entry, event, ...args] = message as [string, number, string, ...never[]];
    if (life !== this.#life || (entry !== this.#entry && !this.#due.delete(entry))) return;
    return this.#handle(event, args, entry);
  }

  #refuse(event: string): void {
    const state = this.#name;
    const handlers = [...new Set([...this.#state.events.keys(), ...this.#any.keys()])];
    this.#ctx.refuse(
      new UnknownHandlerError(
        `${this.#ctx.path} in state "${state}" has no event "${event}": it has ` +
          `${handlers.join(", ") || "none"}`,
        { handler: event, state, handlers },
      ),
    );
  }

  #find(name: string, what: string): State {
    const state = this.#states.get(name);
    if (state) return state;
    throw new RangeError(
      `${what} is "${name}", which is no state of ${this.#ctx.path}: it has ` +
        [...this.#states.keys()].join(", "),
    );
  }
}

function toKeep(state: string, keep: true | (() => unknown)): Kept {
  const data = keep === true ? undefined : keep();
  return data === undefined ? { state } : { state, data };
}

/** @throws {TypeError} when something was kept that is no machine's */
function keptState(ctx: MachineContext): string | undefined {
  const kept = ctx.kept<unknown>();
  if (kept === undefined) return undefined;
  const { state } = (kept ?? {}) as { readonly state?: unknown };
  if (typeof state === "string") return state;
  throw new TypeError(`${ctx.path} kept something that is no state machine's: it has no "state"`);
}
