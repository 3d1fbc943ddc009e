import type { Subscribing } from "../bus.ts";
import type { ActorContext, SentExit } from "../context.ts";
import { MailboxFullError } from "../errors.ts";
import type { AnyRef } from "../ref.ts";
import { REF } from "../../values/mod.ts";
import { MAX_GROUP_WATCHES, MAX_SUBSCRIPTIONS } from "./constants.ts";
import { ProtocolError } from "./fields.ts";
import { type Reach, reachProblem } from "./reach.ts";

/** Takes what a listener in the box is to be called with; settles when it has been. */
type Fired = (values: unknown[], last: boolean) => Promise<unknown>;

/** What a box may have done on the context of its incarnation, beside messages to its refs. */
export class Deeds {
  readonly #ctx: ActorContext;
  readonly #reach: readonly Reach[];
  readonly #exited: (exit: unknown[]) => Promise<unknown>;
  /** What belongs to the slot, and outlives the box: it is counted here. */
  readonly #subscribed = new Set<string>();
  #watches = 0;

  /**
   * @param reach what of its node the box may use
   * @param exited has the box take an exit that it traps: a ref, a kind and words
   */
  constructor(
    ctx: ActorContext,
    reach: readonly Reach[],
    exited: (exit: unknown[]) => Promise<unknown>,
  ) {
    this.#ctx = ctx;
    this.#reach = reach;
    this.#exited = exited;
  }

  /**
   * Does what has an answer.
   *
   * @returns the answer, or a promise of it
   * @throws {TypeError|RangeError} where the box may not ask for that: the answer is this error
   */
  perform(what: string, args: unknown[], signal: AbortSignal): unknown {
    const problem = reachProblem(what, this.#reach);
    if (problem) throw problem;
    const ctx = this.#ctx;
    switch (what) {
      case "publish":
        return ctx.publish(text(args[0]), args[1]);
      case "subscribe":
        this.#count(what, args);
        return ctx.subscribe(text(args[0]), text(args[1]), record(args[2]) as Subscribing);
      case "serve":
        this.#count(what, args);
        return ctx.serve(text(args[0]), text(args[1]));
      case "call": {
        const { deadlineMs } = record(args[2]);
        const options = typeof deadlineMs === "number" ? { deadlineMs, signal } : { signal };
        return ctx.call(text(args[0]), list(args[1]), options);
      }
      case "lookup":
        return ctx.lookup(text(args[0]));
      case "save":
        return ctx.save();
      case "join":
        this.#count(what, args);
        return ctx.join(text(args[0]));
      case "leave":
        return ctx.leave(text(args[0]));
      case "members":
        return ctx.members(text(args[0]));
      default:
        throw new TypeError(`a box asked for "${what}", which nobody performs`);
    }
  }

  /**
   * Does what has no answer.
   *
   * @throws {ProtocolError|TypeError|RangeError} where no host would ask for that
   */
  act(what: string, args: readonly unknown[]): void {
    this.#mustReach(what);
    const ctx = this.#ctx;
    switch (what) {
      case "stop":
        return ctx.stop();
      case "link":
        return ctx.link(ref(args[0]));
      case "unlink":
        return ctx.unlink(ref(args[0]));
      case "exit":
        return ctx.exit(ref(args[0]), text(args[1]) as SentExit, text(args[2]));
      case "trap":
        return ctx.trapExit(({ ref, reason }) => this.#exited([ref, reason.kind, reason.message]));
      case "untrap":
        return ctx.trapExit(undefined);
      case "stash":
        return this.#stash();
      case "unstash":
        return ctx.unstash();
      default:
        throw new ProtocolError("a frame that has done what nobody does");
    }
  }

  /** A ref to whoever holds a name. */
  named(name: string): AnyRef {
    this.#mustReach("named");
    return this.#ctx.named(name);
  }

  /** Our own host would have refused this itself: the frame is forged. */
  #mustReach(deed: string): void {
    if (reachProblem(deed, this.#reach)) throw new ProtocolError(`a frame that is out of reach`);
  }

  /** Where there is no room, the box cannot be told any more: the sender is. */
  #stash(): void {
    try {
      this.#ctx.stash();
    } catch (error) {
      if (!(error instanceof MailboxFullError)) throw error;
      this.#ctx.refuse(error);
    }
  }

  /** What belongs to the slot outlives the box: it is bounded by itself. */
  #count(what: string, args: readonly unknown[]): void {
    const key = JSON.stringify([what, text(args[0]), args[1] ?? null]);
    if (this.#subscribed.size >= MAX_SUBSCRIPTIONS && !this.#subscribed.has(key)) {
      throw new RangeError(
        `an actor in a box subscribes, serves and joins ${MAX_SUBSCRIPTIONS} at most`,
      );
    }
    this.#subscribed.add(key);
  }

  /**
   * Has `fired` called, between two messages, with what is listened for.
   *
   * @param fired takes the values for the listener, and whether they are the last
   * @throws {ProtocolError|TypeError|RangeError} where no host would listen for that
   */
  listen(what: string, args: readonly unknown[], fired: Fired): Disposable {
    switch (what) {
      case "monitor":
        return this.#ctx.monitor(ref(args[0]), ({ reason }) => {
          return fired([reason.kind, reason.message], true);
        });
      case "group":
        this.#mustReach("watchGroup");
        if (++this.#watches > MAX_GROUP_WATCHES) {
          throw new RangeError(`an actor in a box watches ${MAX_GROUP_WATCHES} groups at most`);
        }
        return this.#ctx.watchGroup(text(args[0]), (event) => fired([event], false));
      default:
        throw new ProtocolError("a frame that listens for what nobody tells");
    }
  }
}

function ref(value: unknown): AnyRef {
  const isRef = typeof value === "object" && value !== null && REF in value;
  if (!isRef) throw new ProtocolError("a frame that lacks a ref");
  return value as AnyRef;
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("a request out of a box lacks a text");
  return value;
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new TypeError("a request out of a box lacks a list");
  return value;
}

function record(value: unknown): Record<string, unknown> {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null) {
    throw new TypeError("a request out of a box lacks a record");
  }
  return value as Record<string, unknown>;
}
