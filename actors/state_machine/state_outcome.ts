/**
 * What an event of a state machine comes to: the values that its handlers return.
 *
 * @module
 */

/** To another state, with a reply. */
export class Next<N extends string, R> {
  readonly kind = "next";
  constructor(readonly state: N, readonly reply: R) {}
}

/** No change, with a reply. */
export class Stay<R> {
  readonly kind = "stay";
  constructor(readonly reply: R) {}
}

/** Into the same state anew, with a reply. */
export class Repeat<R> {
  readonly kind = "repeat";
  constructor(readonly reply: R) {}
}

/** Not in this state: when it has changed. */
export class Postpone {
  readonly kind = "postpone";
}

/** What an event's handler may return, besides nothing, which is `stay()`. */
export type Outcome<N extends string = string> =
  | Next<N, unknown>
  | Stay<unknown>
  | Repeat<unknown>
  | Postpone;

/**
 * Changes to another state: its `enter` runs, its time-out starts, and what was postponed is handled
 * again. To the state that the machine is in, nothing of that happens, as with OTP's `next_state`.
 *
 * @param state name of the state
 * @param reply what the sender gets, a value of the one domain
 */
export function next<const N extends string, R = undefined>(state: N, reply?: R): Next<N, R> {
  return new Next(state, reply as R);
}

/**
 * Stays in the state; its time-out runs on.
 *
 * @param reply what the sender gets, a value of the one domain
 */
export function stay<R = undefined>(reply?: R): Stay<R> {
  return new Stay(reply as R);
}

/**
 * Enters the same state anew: its `enter` runs, and its time-out starts again from zero. What was
 * postponed stays so (OTP's `repeat_state`).
 *
 * @param reply what the sender gets, a value of the one domain
 */
export function repeat<R = undefined>(reply?: R): Repeat<R> {
  return new Repeat(reply as R);
}

/**
 * Puts the event aside, asker and deadline included, until the state has changed; then it is handled
 * before what came after it. What is put aside counts as queued: the mailbox's bound holds for it.
 */
export function postpone(): Postpone {
  return new Postpone();
}

/** Whether something that a handler returned is an outcome. */
export function isOutcome(value: unknown): value is Outcome {
  return value instanceof Next || value instanceof Stay || value instanceof Repeat ||
    value instanceof Postpone;
}
