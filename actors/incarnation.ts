import { Context } from "./actor_context.ts";
import type { TimerId } from "./clock.ts";
import type { ActorContext, Down } from "./context.ts";
import { DeferredReplies, isGiven } from "./deferred_replies.ts";
import type { Message } from "./message.ts";
import type { Slot } from "./slot.ts";
import { unknownHandler } from "./slot_errors.ts";

type Handler = (...args: unknown[]) => unknown;
type HandlerTable = { readonly [name: string]: Handler };

/** Names that an own property may have without being a handler that can be called. */
const FORBIDDEN = new Set(["then", "constructor", "__proto__"]);

/** What became of the reply to a message, other than that it is what the handler returned. */
export type Taken = "deferred" | "stashed" | "refused" | undefined;

const NO_HANDLERS: HandlerTable = Object.freeze(Object.create(null));

/** What few incarnations have, made for those that do. */
class Rare {
  keep: (() => unknown) | undefined;
  /** Aborts the signal of the current message. */
  abort: AbortController | undefined;
  readonly deferred = new DeferredReplies();
  readonly timers = new Set<TimerId>();
  readonly owned = new Set<Disposable>();
  readonly endHooks: (() => void)[] = [];
  readonly stopHooks: (() => void | Promise<void>)[] = [];
  /** Handlers that something was told to call before they were known. */
  expected: Set<string> | undefined;
  gone: PromiseWithResolvers<undefined> | undefined;
  /** Takes exits in place of failing by them. */
  trap: ((exit: Down) => void) | undefined;
}

/**
 * One life of an actor: its handlers, its hooks, its timers, and the fence that is closed when it
 * ends. Code of a dead incarnation that still runs finds `alive` false everywhere.
 */
export class Incarnation {
  readonly slot: Slot;
  readonly number: number;
  readonly context: ActorContext;
  alive = true;
  current: Message | undefined = undefined;
  /** Whether the message in hand is answered already, and this is a step of its stream. */
  isStepping = false;
  /** Whether its start or a hook is running. */
  inHook = true;
  /** Whether more is to be done than forget the current message when that is handled. */
  isSpecial = false;
  /** What the factory returned. */
  handlers: HandlerTable = NO_HANDLERS;
  #taken: Taken = undefined;
  /** The handler that was called last: most actors are told the same thing again. */
  #lastName: string | undefined = undefined;
  #last: Handler | undefined = undefined;
  #rare: Rare | undefined = undefined;

  constructor(slot: Slot, number: number) {
    this.slot = slot;
    this.number = number;
    this.context = new Context(this);
  }

  /** Whether its start came to its end. */
  get wasUp(): boolean {
    return this.handlers !== NO_HANDLERS;
  }

  /** What few incarnations have; made by this access. */
  get #more(): Rare {
    return this.#rare ??= new Rare();
  }

  /** Takes exits in place of failing by them. */
  get trap(): ((exit: Down) => void) | undefined {
    return this.#rare?.trap;
  }

  set trap(listener: ((exit: Down) => void) | undefined) {
    if (listener !== undefined || this.#rare) this.#more.trap = listener;
  }

  /** Settles when this has ended. */
  get gone(): Promise<undefined> {
    const gone = this.#more.gone ??= Promise.withResolvers();
    if (!this.alive) gone.resolve(undefined);
    return gone.promise;
  }

  /**
   * Takes what the factory returned.
   *
   * @throws {TypeError} when it is no object of functions
   */
  setHandlers(made: unknown): void {
    if (typeof made !== "object" || made === null) {
      throw new TypeError(
        `the factory of ${this.slot.path} returned ${made === null ? "null" : typeof made}: ` +
          `return an object of handlers, { name(…) { … } }`,
      );
    }
    const table = made as HandlerTable;
    for (const name of Object.keys(table)) {
      if (FORBIDDEN.has(name)) {
        throw new TypeError(`${this.slot.path} has a handler "${name}": choose another name`);
      }
      if (typeof table[name] !== "function") {
        throw new TypeError(
          `"${name}" of ${this.slot.path} is ${typeof table[name]}: handlers are functions, ` +
            `state is closure`,
        );
      }
    }
    this.handlers = table;
    this.inHook = false;
    for (const name of this.#rare?.expected ?? []) this.expectHandler(name);
  }

  /**
   * Makes sure that there is such a handler, now or, during the start, as soon as they are known.
   *
   * @throws {UnknownHandlerError} when there is none
   */
  expectHandler(name: string): void {
    if (this.handlers === NO_HANDLERS) (this.#more.expected ??= new Set()).add(name);
    else if (this.handler(name) === undefined) {
      throw unknownHandler(this.slot.path, name, this.handlerNames);
    }
  }

  /** The handler of that name, own properties only. */
  handler(name: string): Handler | undefined {
    if (name === this.#lastName) return this.#last;
    const { handlers } = this;
    if (!Object.hasOwn(handlers, name)) return undefined;
    const handler = handlers[name];
    if (typeof handler !== "function") return undefined;
    this.#lastName = name;
    return this.#last = handler;
  }

  get handlerNames(): readonly string[] {
    return Object.keys(this.handlers);
  }

  /** The incarnation starts on a message, or on a hook. */
  begin(message: Message | undefined): void {
    this.current = message;
    this.inHook = message === undefined;
  }

  /** Whether its start, a handler or a hook is running: an ask to itself would wait for ever. */
  get occupied(): boolean {
    return this.inHook || this.current !== undefined;
  }

  /** It is done with it; says whether the reply, or the message itself, was put aside. */
  end(): Taken {
    const taken = this.#taken;
    if (this.isSpecial) this.#endSpecially();
    this.current = undefined;
    this.inHook = false;
    this.isStepping = false;
    return taken;
  }

  #endSpecially(): void {
    const { current } = this;
    const rare = this.#rare;
    if (rare) {
      if (current) rare.deferred.setAbort(current, rare.abort);
      rare.abort = undefined;
    }
    this.#taken = undefined;
    this.isSpecial = false;
  }

  /** Takes over the reply to the current message; `undefined` when there is none to take. */
  defer(): Message | undefined {
    const message = this.current;
    if (!message || this.#taken === "stashed" || this.#taken === "refused") return undefined;
    this.#taken = "deferred";
    this.isSpecial = true;
    this.#more.deferred.add(message);
    return message;
  }

  /** Refuses the current message; `undefined` when there is none that is still open. */
  refuse(): Message | undefined {
    const message = this.current;
    if (!message || this.#taken === "stashed" || this.#taken === "refused") return undefined;
    if (this.#taken === "deferred" && !this.settleDeferred(message)) return undefined;
    this.#taken = "refused";
    this.isSpecial = true;
    return message;
  }

  /** A deferred reply is settled; false when it was already. */
  settleDeferred(message: Message): boolean {
    return this.#rare?.deferred.delete(message) ?? false;
  }

  /** Takes the replies that are still owed. */
  takeDeferred(): Message[] {
    if (!this.#rare) return [];
    return this.#rare.deferred.takeAll();
  }

  /** The message in hand, unless it was put aside and is in the mailbox, or refused. */
  get inHand(): Message | undefined {
    return this.#taken === "stashed" || this.#taken === "refused" ? undefined : this.current;
  }

  /** Whether the reply to the message in hand has been taken over. */
  get isDeferred(): boolean {
    return this.#taken === "deferred" || this.#taken === "refused";
  }

  /** Puts the current message aside; false when the mailbox has no room for it. */
  stash(): boolean {
    if (this.#taken === "stashed") return true;
    if (!this.current || this.#taken !== undefined || this.isStepping) return false;
    if (!this.slot.mailbox.stash(this.current)) return false;
    this.slot.keptAside(this.current);
    this.#taken = "stashed";
    this.isSpecial = true;
    return true;
  }

  /** Signal of a message; that of one that is done with is aborted only when this has ended. */
  signalOf(message: Message): AbortSignal {
    if (!this.alive || message.envelope.givenUp) return AbortSignal.abort();
    if (message === this.current) {
      this.isSpecial = true;
      return (this.#more.abort ??= new AbortController()).signal;
    }
    return this.#rare?.deferred.signalOf(message) ?? new AbortController().signal;
  }

  /** Aborts the signal of an ask that is handled or deferred; false when this is none of them. */
  abort(given: { readonly replyShard: number; readonly correlation: number }): boolean {
    const { current } = this;
    if (current && isGiven(current.envelope, given)) {
      current.envelope.givenUp = true; // also if it is put aside
      this.#rare?.abort?.abort();
      return true;
    }
    return this.#rare?.deferred.giveUp(given) ?? false;
  }

  onEnd(hook: () => void): void {
    if (!this.alive) return this.#runEndHook(hook); // what it opened after its end is closed at once
    this.#more.endHooks.push(hook);
  }

  keep(state: () => unknown): void {
    this.#more.keep = state;
  }

  /** Evaluates what is to be kept; `undefined` when nothing was registered. */
  takeKept(): { value: unknown } | undefined {
    const keep = this.#rare?.keep;
    return keep && { value: keep() };
  }

  onStop(hook: () => void | Promise<void>): void {
    this.#more.stopHooks.push(hook);
  }

  /** Whether something is to be run before it stops. */
  get hasStopHooks(): boolean {
    return this.#rare !== undefined && this.#rare.stopHooks.length > 0;
  }

  /** Runs the stop hooks, the last registered first; one that fails does not keep the others. */
  async runStopHooks(failed: (error: unknown) => void): Promise<void> {
    this.inHook = true;
    for (const hook of this.#rare?.stopHooks.reverse() ?? []) {
      try {
        await hook();
      } catch (error) {
        failed(error);
      }
    }
  }

  /** Takes a monitor, or another thing that is to go when this incarnation ends; returns it. */
  own(thing: Disposable): Disposable {
    const { owned } = this.#more;
    owned.add(thing);
    return {
      [Symbol.dispose]: () => {
        owned.delete(thing);
        thing[Symbol.dispose]();
      },
    };
  }

  /** Calls `due` once after `delayMs`, unless this has ended before, or the timer is disposed of. */
  timer(delayMs: number, due: () => void): Disposable {
    const { clock } = this.slot.kernel;
    const { timers } = this.#more;
    const id = clock.setTimer(() => {
      timers.delete(id);
      due();
    }, delayMs);
    timers.add(id);
    return {
      [Symbol.dispose]: () => {
        timers.delete(id);
        clock.clearTimer(id);
      },
    };
  }

  /** Ends it: nothing that it still does has an effect. */
  fence(): void {
    this.alive = false;
    this.current = undefined;
    const rare = this.#rare;
    if (!rare) return;
    rare.gone?.resolve(undefined);
    const { clock } = this.slot.kernel;
    for (const id of rare.timers) clock.clearTimer(id);
    for (const thing of rare.owned) thing[Symbol.dispose]();
    rare.abort?.abort();
    rare.deferred.abortAll();
    for (const hook of rare.endHooks.splice(0)) this.#runEndHook(hook);
  }

  #runEndHook(hook: () => void): void {
    const failed = (error: unknown) => this.slot.kernel.crashed(this.slot, "(onEnd)", error);
    try {
      // One that is async is not waited for; that it rejects must not be the end of a process.
      const done: unknown = hook();
      if (done instanceof Promise) done.catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}
