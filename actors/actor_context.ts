import { REF } from "../values/mod.ts";
import type { Subscribing } from "./bus.ts";
import type { ActorContext, CallOptions, DeferredReply, Down, MessageInfo } from "./context.ts";
import type { ActorDefinition, HandlersOf } from "./definition.ts";
import { EndedError, handlerError } from "./errors.ts";
import type { Incarnation } from "./incarnation.ts";
import type { Kernel } from "./kernel.ts";
import type { AnyRef, Ref } from "./ref.ts";
import type { IntensityOptions } from "./restart_intensity.ts";
import type { SpawnOptions } from "./spawn_options.ts";

const INERT: Disposable = { [Symbol.dispose]() {} };

/** The context of one incarnation; inert once that has ended. */
export class Context implements ActorContext {
  readonly #incarnation: Incarnation;
  #self: AnyRef | undefined;

  constructor(incarnation: Incarnation) {
    this.#incarnation = incarnation;
  }

  get #kernel(): Kernel {
    return this.#incarnation.slot.kernel;
  }

  get self(): AnyRef {
    return this.#self ??= this.#kernel.ref(this.#incarnation.slot.address, this.#incarnation);
  }

  get path(): string {
    return this.#incarnation.slot.spec.path;
  }

  get queued(): number {
    return this.#incarnation.slot.queued;
  }

  get message(): MessageInfo | undefined {
    const message = this.#incarnation.current;
    if (!message) return undefined;
    const incarnation = this.#incarnation;
    const kernel = this.#kernel;
    const { sender } = message;
    return {
      handler: message.handler,
      caller: message.caller,
      sender: sender && kernel.ref(sender, incarnation),
      remainingMs: message.deadline - kernel.clock.now(),
      get signal() {
        return incarnation.signalOf(message);
      },
    };
  }

  keep(state: () => unknown): void {
    this.#incarnation.keep(state);
  }

  kept<T>(): T | undefined {
    const { slot } = this.#incarnation;
    return slot.localCopy(slot.kept, "kept", this.#incarnation) as T | undefined;
  }

  save(): Promise<void> {
    return this.#whileAlive(() => this.#incarnation.slot.save(this.#incarnation));
  }

  term<T>(name: string): T | undefined {
    return this.#kernel.terms.get(name) as T | undefined;
  }

  spawn<A extends unknown[], H>(
    definition: ActorDefinition<A, H>,
    options: SpawnOptions<A>,
  ): Promise<Ref<H>> {
    return this.#whileAlive(() =>
      this.#kernel.spawner.spawn(definition, options, this.#incarnation.slot, this.#incarnation)
    );
  }

  supervise(options: IntensityOptions): void {
    if (this.#incarnation.alive) this.#incarnation.slot.supervision.allow(options);
  }

  stop(): void {
    if (this.#incarnation.alive) this.#incarnation.slot.requestStop("normal");
  }

  stopChild(child: AnyRef): Promise<void> {
    return this.#whileAlive(() => this.#incarnation.slot.supervision.stop(child[REF]));
  }

  monitor(ref: AnyRef, listener: (down: Down) => void): Disposable {
    const incarnation = this.#incarnation;
    if (!incarnation.alive) return INERT;
    const monitor = incarnation.own(
      this.#kernel.monitor(ref[REF], (reason) => {
        monitor[Symbol.dispose]();
        incarnation.slot.enqueueHook(incarnation, () => listener({ ref, reason }));
      }),
    );
    return monitor;
  }

  onStop(hook: () => void | Promise<void>): void {
    this.#incarnation.onStop(hook);
  }

  onEnd(hook: () => void): void {
    this.#incarnation.onEnd(hook);
  }

  lookup<D = unknown>(name: string): Promise<Ref<HandlersOf<D>> | undefined> {
    return this.#whileAlive(async () => {
      const address = await this.#kernel.spawner.lookup(name);
      return address && this.#kernel.ref<HandlersOf<D>>(address, this.#incarnation);
    });
  }

  after(delayMs: number, handler: string, ...args: unknown[]): Disposable {
    return this.#incarnation.alive ? this.#incarnation.after(delayMs, handler, args) : INERT;
  }

  deferReply(): DeferredReply {
    const incarnation = this.#incarnation;
    const kernel = this.#kernel;
    const message = incarnation.alive ? incarnation.defer() : undefined;
    return {
      ok(value?: unknown): void {
        if (message && incarnation.settleDeferred(message)) kernel.reply(message, value);
      },
      fail(error: unknown): void {
        if (!message || !incarnation.settleDeferred(message)) return;
        kernel.settle(message, error ?? handlerError(error), undefined);
      },
    };
  }

  refuse(error: unknown): void {
    const message = this.#incarnation.alive ? this.#incarnation.defer() : undefined;
    if (!message || !this.#incarnation.settleDeferred(message)) return;
    const to = this.#incarnation.slot.address;
    this.#kernel.bury(to, message, "refused", () => (error ?? handlerError(error)) as Error);
  }

  publish(topic: string, payload: unknown): Promise<void> {
    if (!this.#incarnation.alive) return Promise.resolve();
    return this.#kernel.bus.publish(topic, payload);
  }

  subscribe(pattern: string, handler: string, options: Subscribing = {}): Promise<void> {
    return this.#whileAlive(() => {
      this.#incarnation.expectHandler(handler);
      const target = this.self;
      return this.#kernel.bus.subscribe({ ...options, pattern, target, handler, form: "single" });
    });
  }

  serve(procedure: string, handler: string): Promise<void> {
    return this.#whileAlive(() => {
      this.#incarnation.expectHandler(handler);
      return this.#kernel.bus.serve(procedure, this.self, handler);
    });
  }

  call(
    procedure: string,
    args: readonly unknown[] = [],
    options: CallOptions = {},
  ): Promise<unknown> {
    return this.#whileAlive(() =>
      this.#kernel.bus.call(procedure, args, options, this.#incarnation)
    );
  }

  /** Runs `action`; in a dead incarnation, rejects without doing anything. */
  #whileAlive<T>(action: () => Promise<T>): Promise<T> {
    if (this.#incarnation.alive) {
      try {
        return action();
      } catch (error) {
        return Promise.reject(error);
      }
    }
    const refused = Promise.reject(new EndedError(`this incarnation of ${this.path} has ended`));
    refused.catch(() => {/* dead code may well not wait for it */});
    return refused;
  }
}
