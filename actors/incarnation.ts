import { REF } from "../values/mod.ts";
import type { ActorContext } from "./context.ts";
import { Context } from "./actor_context.ts";
import type { TimerId } from "./clock.ts";
import { MAX_DELAY_MS } from "./constants.ts";
import type { Message } from "./message.ts";
import type { Slot } from "./slot.ts";
import { unknownHandler } from "./slot_errors.ts";

type Handler = (...args: never[]) => unknown;

/** Names that an own property may have without being a handler that can be called. */
const FORBIDDEN = new Set(["then", "constructor", "__proto__"]);

/**
 * One life of an actor: its handlers, its hooks, its timers, and the fence that is closed when it
 * ends. Code of a dead incarnation that still runs finds `alive` false everywhere.
 */
export class Incarnation {
  readonly slot: Slot;
  readonly number: number;
  readonly context: ActorContext;
  alive = true;
  current: Message | undefined;
  /** Whether its start, a handler or a hook is running: an ask to itself would wait for ever. */
  occupied = true;
  readonly #handlers = new Map<string, Handler>();
  /** Asks whose reply was deferred, each with what aborts its signal, if that was looked at. */
  readonly #deferred = new Map<Message, AbortController | undefined>();
  readonly #timers = new Set<TimerId>();
  readonly #monitors = new Set<Disposable>();
  readonly #endHooks: (() => void)[] = [];
  /** Handlers that something was told to call before they were known. */
  readonly #expected = new Set<string>();
  readonly #stopHooks: (() => void | Promise<void>)[] = [];
  #keep: (() => unknown) | undefined;
  readonly #gone = Promise.withResolvers<undefined>();
  #currentDeferred = false;
  #abort: AbortController | undefined;

  constructor(slot: Slot, number: number) {
    this.slot = slot;
    this.number = number;
    this.context = new Context(this);
  }

  /** Settles when this has ended. */
  get gone(): Promise<undefined> {
    return this.#gone.promise;
  }

  /**
   * Takes what the factory returned.
   *
   * @throws {TypeError} when it is no object of functions
   */
  setHandlers(made: unknown): void {
    const path = this.slot.spec.path;
    if (typeof made !== "object" || made === null) {
      throw new TypeError(
        `the factory of ${path} returned ${made === null ? "null" : typeof made}: ` +
          `return an object of handlers, { name(…) { … } }`,
      );
    }
    for (const name of Object.keys(made)) {
      const handler = (made as Record<string, unknown>)[name];
      if (FORBIDDEN.has(name)) {
        throw new TypeError(`${path} has a handler "${name}": choose another name`);
      }
      if (typeof handler !== "function") {
        throw new TypeError(
          `"${name}" of ${path} is ${typeof handler}: handlers are functions, state is closure`,
        );
      }
      this.#handlers.set(name, handler.bind(made) as Handler);
    }
    for (const name of this.#expected) this.expectHandler(name);
    this.#expected.clear();
    this.occupied = false;
  }

  /**
   * Makes sure that there is such a handler, now or, during the start, as soon as they are known.
   *
   * @throws {UnknownHandlerError} when there is none
   */
  expectHandler(name: string): void {
    if (this.#handlers.size === 0) this.#expected.add(name);
    else if (!this.#handlers.has(name)) {
      throw unknownHandler(this.slot.spec.path, name, this.handlerNames);
    }
  }

  /** The handler of that name, own properties only. */
  handler(name: string): Handler | undefined {
    return this.#handlers.get(name);
  }

  get handlerNames(): readonly string[] {
    return [...this.#handlers.keys()];
  }

  /** The incarnation starts on a message, or on a hook. */
  begin(message: Message | undefined): void {
    this.current = message;
    this.occupied = true;
    this.#currentDeferred = false;
  }

  /** It is done with it; true when the reply was deferred. */
  end(): boolean {
    if (this.current && this.#currentDeferred && this.#deferred.has(this.current)) {
      this.#deferred.set(this.current, this.#abort);
    }
    this.current = undefined;
    this.occupied = false;
    this.#abort = undefined;
    return this.#currentDeferred;
  }

  /** Takes over the reply to the current message; `undefined` when there is none to take. */
  defer(): Message | undefined {
    const message = this.current;
    if (!message) return undefined;
    this.#currentDeferred = true;
    this.#deferred.set(message, undefined);
    return message;
  }

  /** A deferred reply is settled; false when it was already. */
  settleDeferred(message: Message): boolean {
    return this.#deferred.delete(message);
  }

  /** Takes the replies that are still owed. */
  takeDeferred(): Message[] {
    const owed = [...this.#deferred.keys()];
    this.#deferred.clear();
    return owed;
  }

  /** Signal of a message; that of one that is done with is aborted only when this has ended. */
  signalOf(message: Message): AbortSignal {
    if (!this.alive) return AbortSignal.abort();
    if (message === this.current) return (this.#abort ??= new AbortController()).signal;
    const controller = this.#deferred.get(message) ?? new AbortController();
    if (this.#deferred.has(message)) this.#deferred.set(message, controller);
    return controller.signal;
  }

  /** Aborts the signal of an ask that is handled or deferred; false when this is none of them. */
  abort(replyShard: number, correlation: number): boolean {
    const given = (m: Message) => m.correlation === correlation && m.replyShard === replyShard;
    if (this.current && given(this.current)) {
      this.#abort?.abort();
      return true;
    }
    for (const [message, controller] of this.#deferred) {
      if (!given(message)) continue;
      controller?.abort();
      return true;
    }
    return false;
  }

  onEnd(hook: () => void): void {
    this.#endHooks.push(hook);
  }

  keep(state: () => unknown): void {
    this.#keep = state;
  }

  /** Evaluates what is to be kept; `undefined` when nothing was registered. */
  takeKept(): { value: unknown } | undefined {
    return this.#keep && { value: this.#keep() };
  }

  onStop(hook: () => void | Promise<void>): void {
    this.#stopHooks.push(hook);
  }

  /** Runs the stop hooks, the last registered first; one that fails does not keep the others. */
  async runStopHooks(failed: (error: unknown) => void): Promise<void> {
    this.occupied = true;
    for (const hook of this.#stopHooks.reverse()) {
      try {
        await hook();
      } catch (error) {
        failed(error);
      }
    }
  }

  /** Takes a monitor that is to go when this incarnation ends; returns it. */
  own(monitor: Disposable): Disposable {
    this.#monitors.add(monitor);
    return {
      [Symbol.dispose]: () => {
        this.#monitors.delete(monitor);
        monitor[Symbol.dispose]();
      },
    };
  }

  /**
   * A timer that dies with this incarnation.
   *
   * @throws {RangeError} for a delay that is no time
   * @throws {ValueError} for an argument outside of the domain of values
   */
  after(delayMs: number, handler: string, args: unknown[]): Disposable {
    if (!(delayMs >= 0 && delayMs <= MAX_DELAY_MS)) {
      throw new RangeError(`delayMs is ${delayMs}: give 0 to ${MAX_DELAY_MS} ms`);
    }
    const { kernel } = this.slot;
    const copied = args.map((arg, i) => this.slot.localCopy(arg, `args[${i}]`, this));
    const id = kernel.clock.setTimer(() => {
      this.#timers.delete(id);
      kernel.tell(this.slot.address, handler, copied, this, {});
    }, delayMs);
    this.#timers.add(id);
    return {
      [Symbol.dispose]: () => {
        this.#timers.delete(id);
        kernel.clock.clearTimer(id);
      },
    };
  }

  /** Ends it: nothing that it still does has an effect. */
  fence(): void {
    this.alive = false;
    this.current = undefined;
    this.#gone.resolve(undefined);
    for (const id of this.#timers) this.slot.kernel.clock.clearTimer(id);
    this.#timers.clear();
    for (const monitor of this.#monitors) monitor[Symbol.dispose]();
    this.#monitors.clear();
    this.#abort?.abort();
    for (const controller of this.#deferred.values()) controller?.abort();
    for (const hook of this.#endHooks.splice(0)) {
      try {
        hook();
      } catch (error) {
        this.slot.kernel.crashed(this.slot, "(onEnd)", error);
      }
    }
  }

  get [REF](): { shard: number; slot: number } {
    return this.slot.address;
  }
}
