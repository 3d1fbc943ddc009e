/**
 * Reading the states of a machine: what is wrong with them is said when the actor starts.
 *
 * @module
 */
import { MAX_DELAY_MS } from "../constants.ts";
import type { EnterHook, EventHandler, StateTimeout } from "./state_machine_types.ts";

/** A state as the machine uses it. */
export interface State {
  readonly enter: EnterHook | undefined;
  readonly timeout: StateTimeout | undefined;
  readonly events: ReadonlyMap<string, EventHandler>;
}

/** Name of a state's time-out, and of the handler of its messages: `timeout(life, entry, event, …args)`. */
export const TIMEOUT = "timeout";

/** Name of what a state does first. */
const ENTER = "enter";

type Entries = readonly (readonly [name: string, value: unknown])[];

/**
 * Reads states.
 *
 * @param states an object of states, each an object of events, `enter` and `timeout`
 * @param any the events that every state handles
 * @throws {TypeError} when a state, or a part of one, is none
 * @throws {RangeError} when a time-out is no time
 */
export function statesOf(states: unknown, any: object): Map<string, State> {
  const found = new Map<string, State>();
  for (const [name, state] of entriesOf(states, "states")) {
    const where = `state "${name}"`;
    const entries = entriesOf(state, where);
    const enter = entries.find(([property]) => property === ENTER)?.[1];
    const timeout = entries.find(([property]) => property === TIMEOUT)?.[1];
    const events = readEvents(
      entries.filter(([property]) => property !== ENTER && property !== TIMEOUT),
      state,
      where,
    );
    if (enter !== undefined && typeof enter !== "function") {
      throw new TypeError(`"${ENTER}" of ${where} is ${typeof enter}: give a function`);
    }
    if (timeout !== undefined) {
      checkTimeout(timeout, where, (event) => events.has(event) || Object.hasOwn(any, event));
    }
    found.set(name, {
      enter: enter?.bind(state) as EnterHook | undefined,
      timeout: timeout as StateTimeout | undefined,
      events,
    });
  }
  return found;
}

/**
 * Reads events that are no state's.
 *
 * @throws {TypeError} when one is no function, or has a name that means something else in a state
 */
export function eventsOf(events: unknown, where: string): Map<string, EventHandler> {
  const entries = entriesOf(events, where);
  for (const [name] of entries) {
    if (name === ENTER || name === TIMEOUT) {
      throw new TypeError(`"${name}" in ${where} is no event: it is a property of a state`);
    }
  }
  return readEvents(entries, events, where);
}

function readEvents(entries: Entries, self: unknown, where: string): Map<string, EventHandler> {
  const found = new Map<string, EventHandler>();
  for (const [name, handler] of entries) {
    if (typeof handler !== "function") {
      throw new TypeError(`"${name}" in ${where} is ${typeof handler}: events are functions`);
    }
    found.set(name, handler.bind(self) as EventHandler);
  }
  return found;
}

function checkTimeout(timeout: unknown, where: string, isEvent: (name: string) => boolean): void {
  if (!Array.isArray(timeout)) {
    throw new TypeError(`"${TIMEOUT}" of ${where} is ${typeof timeout}: give [ms, event, …args]`);
  }
  const [afterMs, event] = timeout as unknown[];
  if (!(typeof afterMs === "number" && afterMs >= 0 && afterMs <= MAX_DELAY_MS)) {
    throw new RangeError(
      `"${TIMEOUT}" of ${where} is after ${String(afterMs)}: give 0 to ${MAX_DELAY_MS} ms`,
    );
  }
  if (typeof event !== "string" || !isEvent(event)) {
    throw new TypeError(
      `"${TIMEOUT}" of ${where} is the event "${String(event)}", which it does not handle`,
    );
  }
}

/** Own properties only: what an object inherits is neither a state nor an event. */
function entriesOf(object: unknown, what: string): Entries {
  if (typeof object === "object" && object !== null) return Object.entries(object);
  throw new TypeError(`${what} is ${object === null ? "null" : typeof object}: give an object`);
}
