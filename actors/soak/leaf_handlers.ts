import type { ActorContext, AnyRef, SentExit } from "../mod.ts";

/** What a leaf takes down, and how. */
export interface Notes {
  /** The handler of a message that no other can have ended has come to its end. */
  handled(number: string): void;
  /** So has one that awaited, or streamed. */
  returned(number: string): void;
}

/** Messages that a leaf puts aside at most; the smallest mailbox of the tree holds 4. */
const HOARD = 3;

/** Items of a stream whose reader leaves after the first. */
const LEFT_EARLY = 1;

/**
 * What every leaf can be told, wherever it is: each handler takes the number of its message first,
 * and takes down, as the last thing that it does, that it came to its end.
 */
// deno-lint-ignore explicit-module-boundary-types -- the handlers are their type
export function leafHandlers(ctx: ActorContext, notes: Notes) {
  let alive = true;
  let stashing = false;
  let hoarded = 0;
  const owed: (() => void)[] = [];
  ctx.onEnd(() => alive = false);

  /** What a handler that ran through answers. */
  const done = (number: string): string => {
    if (alive) notes.handled(number);
    return number;
  };
  const doneLater = (number: string): string => {
    if (alive) notes.returned(number);
    return number;
  };

  return {
    work: (number: string): string => done(number),
    /** Holds its actor for a moment. */
    slow: (number: string, ms: number): Promise<string> =>
      new Promise<void>((resolve) => setTimeout(resolve, ms)).then(() => doneLater(number)),
    fail(_number: string): void {
      throw new RangeError("chaos");
    },
    failLater: (_number: string): Promise<void> => Promise.reject(new RangeError("chaos")),
    refuse(_number: string): void {
      ctx.refuse(new RangeError("not now"));
    },
    refuseAndFail(_number: string): void {
      ctx.refuse(new RangeError("not now"));
      throw new RangeError("chaos");
    },
    /** Puts what it is told aside, from now on. */
    hoard(number: string): string {
      stashing = true;
      return done(number);
    },
    treasure(number: string): string {
      // A mailbox full of what is put aside would take nothing that brings it back.
      if (!stashing || hoarded === HOARD) return done(number);
      hoarded++;
      try {
        ctx.stash();
      } catch (error) {
        ctx.refuse(error);
      }
      return number;
    },
    /** Brings back what was put aside, and replies to whom it owes. */
    release(number: string): string {
      stashing = false;
      hoarded = 0;
      ctx.unstash();
      for (const reply of owed.splice(0)) reply();
      return done(number);
    },
    defer(number: string): void {
      const reply = ctx.deferReply();
      owed.push(() => reply.ok(number));
      done(number);
    },
    count(number: string, to: number): Iterable<number> {
      return { [Symbol.iterator]: () => counting(to, () => doneLater(number)) };
    },
    /** A stream that fails half-way. */
    countAndFail(_number: string, to: number): Iterable<number> {
      const fail = () => {
        throw new RangeError("chaos");
      };
      return { [Symbol.iterator]: () => counting(to, fail) };
    },
    stop(number: string): string {
      ctx.stop();
      return done(number);
    },
    link(number: string, other: AnyRef): string {
      ctx.link(other);
      return done(number);
    },
    trap(number: string): string {
      ctx.trapExit(() => {});
      return done(number);
    },
    exit(number: string, other: AnyRef, kind: SentExit): string {
      ctx.exit(other, kind, "chaos");
      return done(number);
    },
  };
}

/** Counts from 0 to below `to`, or as far as its reader goes. */
function counting(to: number, ended: () => void): Iterator<number> {
  let next = 0;
  const end = (): IteratorResult<number> => {
    ended();
    return { done: true, value: undefined };
  };
  return {
    next: () => next < to + LEFT_EARLY ? { done: false, value: next++ } : end(),
    return: end,
  };
}
