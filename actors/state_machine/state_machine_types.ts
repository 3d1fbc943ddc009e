/**
 * The types of state machines: what a specification may hold, and which handlers come out of it.
 *
 * @module
 */
import type { Next, Outcome, Postpone, Repeat, Stay } from "./state_outcome.ts";

/** The handler of an event in one state, or in any. Returning nothing is `stay()`. */
export type EventHandler<N extends string = string> = (
  ...args: never[]
) => Outcome<N> | void | Promise<Outcome<N> | void>;

/** Called when the machine has come into a state; `from` is the one before, if there was one. */
export type EnterHook = (from: string | undefined) => void;

/** What the machine is told when it has been in a state for that long. */
export type StateTimeout = readonly [afterMs: number, event: string, ...args: unknown[]];

/** Names of the states. */
export type StateName<S> = keyof S & string;

/** Names of the events that some state handles. */
export type EventName<S> = NameIn<S[keyof S]>;
type NameIn<T> = T extends unknown ? Exclude<keyof T & string, "enter" | "timeout"> : never;

/** What the states `S` must be: objects of handlers that lead to states of `S` alone. */
export type StatesOf<S> = {
  readonly [K in keyof S]: {
    readonly [E in keyof S[K]]: E extends "enter" ? EnterHook
      : E extends "timeout" ? StateTimeout
      : EventHandler<StateName<S>>;
  };
};

/** What the events `A` must be: handlers that lead to states of `S` alone. */
export type EventsOf<A, S> = { readonly [E in keyof A]: EventHandler<StateName<S>> };

/** The handlers of a machine: every event of its states, and those that it handles in any. */
export type MachineHandlers<S, A> = {
  readonly [E in EventName<S> | (keyof A & string)]: (
    ...args: ArgsOf<HandlerOf<S[keyof S], E> | HandlerOf<A, E>>
  ) => ReplyOf<HandlerOf<S[keyof S], E> | HandlerOf<A, E>>;
};

type HandlerOf<T, E extends string> = T extends { readonly [K in E]: infer F } ? F : never;

/** What the sender gets: the reply of whichever handler it comes to. */
type ReplyOf<F> = F extends (...args: never[]) => infer R ? ReplyIn<Awaited<R>> : never;
type ReplyIn<O> = O extends Postpone ? never
  : O extends Next<string, infer R> | Stay<infer R> | Repeat<infer R> ? R
  : undefined;

/** What the sender must give: what suits each of the handlers that it may come to. */
type ArgsOf<F> = true extends IsUnion<ParametersOf<F>> ? Merged<ParametersOf<F>> : ParametersOf<F>;

type ParametersOf<F> = F extends (...args: infer P extends unknown[]) => unknown ? P : never;
type IsUnion<T, U = T> = T extends unknown ? [U] extends [T] ? false : true : never;

/** Place by place what suits all; handlers that take fewer arguments are given the rest in vain. */
type Merged<P extends unknown[], Done extends unknown[] = []> = `${Done["length"]}` extends
  IndexIn<P> ? Merged<P, [...Done, ItemAt<P, `${Done["length"]}`>]> : Done;
type IndexIn<P> = P extends unknown ? keyof P & `${number}` : never;
type ItemAt<P, I extends string> = (
  P extends { readonly [K in I]: infer T } ? (item: T) => void : never
) extends (item: infer T) => void ? T : never;
