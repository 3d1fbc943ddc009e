import { REF } from "../values/mod.ts";
import type { Subscribing } from "./bus.ts";
import { MAX_REASON_LENGTH } from "./constants.ts";
import type {
  ActorContext,
  CallOptions,
  ChildRef,
  DeferredReply,
  Down,
  MessageInfo,
  SentExit,
} from "./context.ts";
import type { ActorDefinition, HandlersOf } from "./definition.ts";
import { EndedError, handlerError, MailboxFullError } from "./errors.ts";
import type { GroupEvent } from "./groups/group_view.ts";
import type { Incarnation } from "./incarnation.ts";
import type { Kernel } from "./kernel.ts";
import { link, requestStop, unlink } from "./life.ts";
import { notPersistent } from "./persistence.ts";
import type { AnyRef, Ref } from "./ref.ts";
import type { SupervisionOptions } from "./supervision/policy.ts";
import type { SpawnOptions } from "./spawn_options.ts";
import { startTicker, startTimer } from "./timers.ts";

const SENT_EXITS: readonly SentExit[] = ["normal", "shutdown", "error", "killed"];

const INERT: Disposable = { [Symbol.dispose]() {} };

/** The context of one incarnation; inert once that has ended. */
export class Context implements ActorContext {
  readonly #incarnation: Incarnation;
  #self: AnyRef | undefined;

  constructor(incarnation: Incarnation) {
    this.#incarnation = incarnation;
  }

  /** The incarnation behind a context that the runtime made. */
  static incarnationOf(ctx: ActorContext): Incarnation {
    if (#incarnation in ctx) return (ctx as Context).#incarnation;
    throw new TypeError("this context is not one of an actor in this shard");
  }

  get #kernel(): Kernel {
    return this.#incarnation.slot.kernel;
  }

  get self(): AnyRef {
    return this.#self ??= this.#kernel.ref(this.#incarnation.slot.address, this.#incarnation);
  }

  get path(): string {
    return this.#incarnation.slot.path;
  }

  get queued(): number {
    return this.#incarnation.slot.mailbox.size;
  }

  get message(): MessageInfo | undefined {
    const message = this.#incarnation.current;
    if (!message) return undefined;
    const incarnation = this.#incarnation;
    const kernel = this.#kernel;
    const { sender } = message;
    return {
      handler: message.handler,
      caller: message.envelope.caller,
      sender: sender && kernel.ref(sender, incarnation),
      remainingMs: message.envelope.remainingMs(kernel.clock.now()),
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
    return this.#whileAlive(() => {
      const { slot } = this.#incarnation;
      const persistence = slot.extras?.persistence;
      if (!persistence) throw notPersistent(slot.path);
      return persistence.save(() => this.#incarnation.takeKept());
    });
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

  supervise(options: SupervisionOptions): void {
    if (this.#incarnation.alive) this.#incarnation.slot.supervision.allow(options);
  }

  stop(): void {
    if (this.#incarnation.alive) requestStop(this.#incarnation.slot, "normal");
  }

  children(): ChildRef[] {
    const incarnation = this.#incarnation;
    if (!incarnation.alive || !incarnation.slot.children) return [];
    return incarnation.slot.children.children().map(({ id, path, restart, address }) => ({
      ...{ id, path, restart },
      ref: address && this.#kernel.ref({ run: this.#kernel.run, ...address }, incarnation),
    }));
  }

  stopChild(child: AnyRef | string): Promise<void> {
    return this.#whileAlive(() => {
      const which = typeof child === "string" ? child : child[REF];
      if (typeof which !== "string" && !this.#kernel.isOurs(which)) return Promise.resolve();
      return this.#incarnation.slot.supervision.stop(which);
    });
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

  link(ref: AnyRef): void {
    if (this.#incarnation.alive) link(this.#incarnation.slot, ref[REF]);
  }

  unlink(ref: AnyRef): void {
    if (this.#incarnation.alive) unlink(this.#incarnation.slot, ref[REF]);
  }

  trapExit(listener: ((exit: Down) => void) | undefined): void {
    this.#incarnation.trap = listener;
  }

  exit(ref: AnyRef, kind: SentExit, message: string = kind): void {
    if (!SENT_EXITS.includes(kind)) {
      throw new RangeError(`exit got the kind "${kind}": give one of ${SENT_EXITS.join(", ")}`);
    }
    if (!this.#incarnation.alive) return;
    const from = this.#incarnation.slot.address;
    const words = message.slice(0, MAX_REASON_LENGTH);
    this.#kernel.signal(ref[REF], { type: "exit", from, kind, message: words, linked: false });
  }

  stash(): void {
    const incarnation = this.#incarnation;
    if (!incarnation.alive || incarnation.stash()) return;
    if (!incarnation.current) {
      throw new TypeError("stash puts the message in hand aside: there is none");
    }
    if (incarnation.isDeferred) {
      throw new TypeError(
        `the reply to "${incarnation.current.handler}" has been taken over: put a message aside, ` +
          `or defer or refuse it, not both`,
      );
    }
    const { bound } = incarnation.slot.mailbox;
    throw new MailboxFullError(
      `${this.path} has no room to put "${incarnation.current.handler}" aside: its mailbox, which ` +
        `counts what is put aside, holds ${bound}`,
      { bound },
    );
  }

  unstash(): void {
    if (!this.#incarnation.alive) return;
    this.#incarnation.slot.mailbox.unstash();
    this.#incarnation.slot.wake();
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

  named<D = unknown>(name: string): Ref<HandlersOf<D>> {
    return this.#kernel.named<HandlersOf<D>>(name, this.#incarnation);
  }

  join(group: string): Promise<void> {
    return this.#whileAlive(() => this.#kernel.groups.join(group, this.self));
  }

  leave(group: string): Promise<void> {
    return this.#whileAlive(() => this.#kernel.groups.leave(group, this.self));
  }

  members<D = unknown>(group: string): Promise<Ref<HandlersOf<D>>[]> {
    return this.#whileAlive(async () => {
      const members = await this.#kernel.groups.members(group);
      return members.map((ref) => this.#kernel.ref<HandlersOf<D>>(ref[REF], this.#incarnation));
    });
  }

  watchGroup(group: string, listener: (event: GroupEvent<AnyRef>) => void): Disposable {
    const incarnation = this.#incarnation;
    if (!incarnation.alive) return INERT;
    return incarnation.own(
      this.#kernel.groups.watch(group, (event) => {
        incarnation.slot.enqueueHook(incarnation, () => listener(event));
      }),
    );
  }

  after(delayMs: number, handler: string, ...args: unknown[]): Disposable {
    if (!this.#incarnation.alive) return INERT;
    return startTimer(this.#incarnation, delayMs, handler, args);
  }

  every(periodMs: number, handler: string, ...args: unknown[]): Disposable {
    if (!this.#incarnation.alive) return INERT;
    return startTicker(this.#incarnation, periodMs, handler, args);
  }

  deferReply(): DeferredReply {
    const incarnation = this.#incarnation;
    const kernel = this.#kernel;
    const message = incarnation.alive ? incarnation.defer() : undefined;
    return {
      ok(value?: unknown): void {
        if (message && incarnation.settleDeferred(message)) kernel.post.reply(message, value);
      },
      fail(error: unknown): void {
        if (!message || !incarnation.settleDeferred(message)) return;
        kernel.post.settle(message, error ?? handlerError(error));
      },
    };
  }

  refuse(error: unknown): void {
    if (!this.#incarnation.alive) return;
    const message = this.#incarnation.refuse();
    if (!message) return;
    const { slot } = this.#incarnation;
    slot.bury(message, "refused", () => (error ?? handlerError(error)) as Error);
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
