import type { Subscribing } from "../bus.ts";
import { MAX_DELAY_MS } from "../constants.ts";
import type {
  ActorContext,
  CallOptions,
  ChildRef,
  DeferredReply,
  Down,
  MessageInfo,
  SentExit,
} from "../context.ts";
import type { HandlersOf } from "../definition.ts";
import { ActorError, EndedError } from "../errors.ts";
import type { ExitReason } from "../exit_reason.ts";
import { groupNameProblem } from "../groups/group_table.ts";
import type { GroupEvent } from "../groups/group_view.ts";
import type { AnyRef, Ref } from "../ref.ts";
import type { BoxPort } from "./box_port.ts";
import type { BoxRefs } from "./box_refs.ts";
import { startTicker, startTimer } from "./box_timers.ts";
import { wireOf } from "./faults.ts";
import { EXITS } from "./protocol.ts";
import { reachProblem } from "./reach.ts";

/** What the owner has called, with values that it sends. */
export type Listener = (...args: unknown[]) => unknown;

/** The message in hand, as the context needs to know it. */
export interface InHand {
  readonly id: number;
  readonly info: MessageInfo;
  /** Whether its reply comes later. */
  deferred: boolean;
  /** Whether it was refused. */
  refused: boolean;
}

/** What a context needs of the box that it is in. */
export interface ContextBox {
  readonly port: BoxPort;
  readonly refs: BoxRefs;
  readonly self: Ref;
  readonly path: string;
  /** What of its node the actor may use: see `Reach`. */
  readonly reach: readonly string[];
  readonly queued: number;
  readonly inHand: InHand | undefined;
  /** Whether the incarnation lives; after its end the context does nothing. */
  readonly alive: boolean;
  /** A fresh copy of what the last incarnation kept. */
  kept(): unknown;
  keep(state: () => unknown): void;
  /**
   * Tells the owner what is kept at this moment, if that has changed since it was told last.
   *
   * @returns why that cannot be kept, if it cannot
   */
  tellKept(): { readonly error: unknown } | undefined;
  onStop(hook: () => void | Promise<void>): void;
  onEnd(hook: () => void): void;
  /** A deferred reply was given: its message is done with. */
  settledDeferred(id: number): void;
  /** Takes a listener under a number of its own. */
  listen(listener: Listener): number;
  /** Takes, or forgets, the listener of a number. */
  listenAs(id: number, listener: Listener | undefined): void;
}

const SENT_EXITS: readonly SentExit[] = ["normal", "shutdown", "error", "killed"];

const INERT: Disposable = { [Symbol.dispose]() {} };

/** The context of an actor in a box: what leaves the box is forwarded, and done by its owner. */
export class BoxContext implements ActorContext {
  readonly #box: ContextBox;

  constructor(box: ContextBox) {
    this.#box = box;
  }

  get self(): AnyRef {
    return this.#box.self;
  }

  get path(): string {
    return this.#box.path;
  }

  get queued(): number {
    return this.#box.queued;
  }

  get message(): MessageInfo | undefined {
    return this.#box.inHand?.info;
  }

  keep(state: () => unknown): void {
    this.#box.keep(state);
  }

  kept<T>(): T | undefined {
    return this.#box.kept() as T | undefined;
  }

  save(): Promise<void> {
    const problem = this.#box.alive ? this.#box.tellKept() : undefined;
    const saved = problem ? Promise.reject(problem.error) : this.#perform("save", []);
    return unheard(saved) as Promise<void>;
  }

  term<T>(): T | undefined {
    throw unavailable("term");
  }

  spawn<H>(): Promise<Ref<H>> {
    return Promise.reject(unavailable("spawn"));
  }

  children(): readonly ChildRef[] {
    return [];
  }

  supervise(): void {
    throw unavailable("supervise");
  }

  stopChild(): Promise<void> {
    return Promise.reject(unavailable("stopChild"));
  }

  stop(): void {
    this.#do("stop");
  }

  monitor(ref: AnyRef, listener: (down: Down) => void): Disposable {
    const box = this.#box;
    const id = box.listen((kind, message) => {
      box.listenAs(id, undefined);
      return listener({ ref, reason: { kind, message } as ExitReason });
    });
    return this.#listen(id, "monitor", ref);
  }

  link(ref: AnyRef): void {
    this.#do("link", ref);
  }

  unlink(ref: AnyRef): void {
    this.#do("unlink", ref);
  }

  trapExit(listener: ((exit: Down) => void) | undefined): void {
    const take = listener &&
      ((ref: unknown, kind: unknown, message: unknown) =>
        listener({ ref: ref as AnyRef, reason: { kind, message } as ExitReason }));
    this.#box.listenAs(EXITS, take);
    this.#do(listener ? "trap" : "untrap");
  }

  exit(ref: AnyRef, kind: SentExit, message: string = kind): void {
    if (!SENT_EXITS.includes(kind)) {
      throw new RangeError(`exit got the kind "${kind}": give one of ${SENT_EXITS.join(", ")}`);
    }
    this.#do("exit", ref, kind, message);
  }

  stash(): void {
    const { inHand } = this.#box;
    if (!inHand) throw new TypeError("stash puts the message in hand aside: there is none");
    if (inHand.deferred || inHand.refused) {
      throw new TypeError(
        `the reply to "${inHand.info.handler}" has been taken over: put a message aside, or defer ` +
          `or refuse it, not both`,
      );
    }
    this.#do("stash");
  }

  unstash(): void {
    this.#do("unstash");
  }

  onStop(hook: () => void | Promise<void>): void {
    this.#box.onStop(hook);
  }

  onEnd(hook: () => void): void {
    this.#box.onEnd(hook);
  }

  named<D = unknown>(name: string): Ref<HandlersOf<D>> {
    this.#mustReach("named");
    return this.#box.refs.named(name) as unknown as Ref<HandlersOf<D>>;
  }

  join(group: string): Promise<void> {
    return this.#perform("join", [group]) as Promise<void>;
  }

  leave(group: string): Promise<void> {
    return this.#perform("leave", [group]) as Promise<void>;
  }

  members<D = unknown>(group: string): Promise<Ref<HandlersOf<D>>[]> {
    return this.#perform("members", [group]) as Promise<Ref<HandlersOf<D>>[]>;
  }

  watchGroup(group: string, listener: (event: GroupEvent<AnyRef>) => void): Disposable {
    this.#mustReach("watchGroup");
    const problem = groupNameProblem(group);
    if (problem) throw problem;
    const id = this.#box.listen((event) => listener(event as GroupEvent<AnyRef>));
    return this.#listen(id, "group", group);
  }

  lookup<D = unknown>(name: string): Promise<Ref<HandlersOf<D>> | undefined> {
    return this.#perform("lookup", [name]) as Promise<Ref<HandlersOf<D>> | undefined>;
  }

  after(delayMs: number, handler: string, ...args: unknown[]): Disposable {
    if (!(delayMs >= 0 && delayMs <= MAX_DELAY_MS)) {
      throw new RangeError(`delayMs is ${delayMs}: give 0 to ${MAX_DELAY_MS} ms`);
    }
    return startTimer(delayMs, this.#teller(handler, args));
  }

  every(periodMs: number, handler: string, ...args: unknown[]): Disposable {
    if (!(periodMs >= 1 && periodMs <= MAX_DELAY_MS)) {
      throw new RangeError(`periodMs is ${periodMs}: give 1 to ${MAX_DELAY_MS} ms`);
    }
    return startTicker(periodMs, this.#teller(handler, args));
  }

  deferReply(): DeferredReply {
    const box = this.#box;
    const { port, refs, inHand, alive } = box;
    if (!inHand || !alive) return { ok() {}, fail() {} };
    const { id, info } = inHand;
    inHand.deferred = true;
    port.send(["defer", id]);
    let owed = true;
    const settle = (frame: () => readonly [string, ...unknown[]]) => {
      if (!owed) return;
      owed = false;
      box.settledDeferred(id);
      if (!box.alive) return;
      try {
        port.send(frame());
      } catch (error) {
        port.send(["fail", id, wireOf(error)]); // outside of the domain, or too large
      }
    };
    return {
      ok: (value) => settle(() => ["reply", id, refs.pack(value, `result of ${info.handler}`)]),
      fail: (error) => settle(() => ["fail", id, wireOf(error)]),
    };
  }

  refuse(error: unknown): void {
    const { port, inHand, alive } = this.#box;
    if (!inHand || !alive) return;
    inHand.refused = true;
    port.send(["refuse", inHand.id, wireOf(error)]);
  }

  publish(topic: string, payload: unknown): Promise<void> {
    const names = ["topic", "payload"];
    return unheard(this.#perform("publish", [topic, payload], names)) as Promise<void>;
  }

  subscribe(pattern: string, handler: string, options: Subscribing = {}): Promise<void> {
    return this.#perform("subscribe", [pattern, handler, options]) as Promise<void>;
  }

  serve(procedure: string, handler: string): Promise<void> {
    return this.#perform("serve", [procedure, handler]) as Promise<void>;
  }

  call(
    procedure: string,
    args: readonly unknown[] = [],
    { deadlineMs, signal }: CallOptions = {},
  ): Promise<unknown> {
    const options = deadlineMs === undefined ? {} : { deadlineMs };
    return this.#perform("call", [procedure, [...args], options], undefined, signal);
  }

  /** Has something done that has no answer. */
  #do(what: string, ...args: unknown[]): void {
    this.#mustReach(what);
    const { port, refs, alive } = this.#box;
    const packed = refs.packArgs(args);
    if (alive) port.send(["do", what, packed]);
  }

  /** Has the listener of that number called. */
  #listen(id: number, what: string, about: unknown): Disposable {
    const box = this.#box;
    const args = [box.refs.pack(about, what)];
    if (!box.alive) return INERT;
    box.port.send(["listen", id, what, args]);
    return {
      [Symbol.dispose]: () => {
        box.listenAs(id, undefined);
        if (box.alive) box.port.send(["unlisten", id]);
      },
    };
  }

  /** Has something done that has an answer. */
  #perform(
    what: string,
    args: readonly unknown[],
    names?: readonly string[],
    signal?: AbortSignal,
  ): Promise<unknown> {
    const { port, refs, alive, path } = this.#box;
    if (!alive) {
      return unheard(Promise.reject(new EndedError(`this incarnation of ${path} has ended`)));
    }
    try {
      this.#mustReach(what);
      const packed = args.map((arg, i) => refs.pack(arg, names?.[i] ?? `args[${i}]`));
      return port.request((request) => ["perform", request, what, packed], signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** @throws {ActorError} `out-of-reach` */
  #mustReach(deed: string): void {
    const problem = reachProblem(deed, this.#box.reach);
    if (problem) throw problem;
  }

  /** Tells this actor, through its mailbox, with the arguments as they are now. */
  #teller(handler: string, args: readonly unknown[]): () => void {
    const box = this.#box;
    const copies = args.map((arg, i) => box.refs.copy(arg, `args[${i}]`));
    return () => {
      if (box.alive) box.self.tell[handler]?.(...copies as never[]);
    };
  }
}

/** A promise that need not be awaited: its rejection alone fails nobody. */
function unheard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {/* its owner reports what is to be reported */});
  return promise;
}

function unavailable(what: string): ActorError {
  return new ActorError(
    "boxed",
    `ctx.${what} is not there in a worker or process of its own: leave it to the actor that ` +
      `spawned this one, and ask that`,
  );
}
