import { copyValue, type Value, ValueError } from "../values/mod.ts";

/** What an error carries besides its words: plain data, so that it survives the way to the asker. */
export type ErrorData = { readonly [key: string]: Value };

/**
 * A failure that the runtime reports to a caller. `code` is stable and is what travels; catch by
 * class where one exists, else compare the code. Errors look the same from the same shard, from
 * another shard and from another node.
 */
export class ActorError extends Error {
  /** Stable, lower-case, dashed: `deadline`, `ended`, `handler` … */
  readonly code: string;
  /** Facts about the failure, by name. */
  readonly data: ErrorData;

  constructor(code: string, message: string, data: ErrorData = {}) {
    super(message);
    this.name = new.target.name;
    this.code = code;
    this.data = data;
  }
}

/** The handler threw. `data.name` is the class of what it threw, `message` the words. */
export class HandlerError extends ActorError {
  constructor(message: string, data: ErrorData = {}) {
    super("handler", message, data);
  }
}

/** The actor has no such handler; `data.handlers` lists those it has. */
export class UnknownHandlerError extends ActorError {
  constructor(message: string, data: ErrorData = {}) {
    super("unknown-handler", message, data);
  }
}

/** No reply came within the deadline; whether the handler ran is not known. */
export class DeadlineError extends ActorError {
  constructor(message: string, data: ErrorData = {}) {
    super("deadline", message, data);
  }
}

/** The target ended, or never was; `data.reason` is the kind of its end. */
export class EndedError extends ActorError {
  constructor(message: string, data: ErrorData = {}) {
    super("ended", message, data);
  }
}

/** The target's mailbox was full and its overflow policy refuses; `data.bound` is its size. */
export class MailboxFullError extends ActorError {
  constructor(message: string, data: ErrorData = {}) {
    super("mailbox-full", message, data);
  }
}

/** An actor asked itself: it would wait for its own turn for ever. */
export class SelfAskError extends ActorError {
  constructor(message: string, data: ErrorData = {}) {
    super("self-ask", message, data);
  }
}

/** An actor could not be started; the message holds the cause. */
export class SpawnError extends ActorError {
  constructor(message: string, data: ErrorData = {}) {
    super("spawn", message, data);
  }
}

/** The name is another actor's. */
export class NameTakenError extends ActorError {
  constructor(message: string, data: ErrorData = {}) {
    super("name-taken", message, data);
  }
}

/** An error as it travels between shards and nodes. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly data: ErrorData;
}

type Revive = (message: string, data: ErrorData) => Error;

const revivers = new Map<string, Revive>([
  ["handler", (m, d) => new HandlerError(m, d)],
  ["unknown-handler", (m, d) => new UnknownHandlerError(m, d)],
  ["deadline", (m, d) => new DeadlineError(m, d)],
  ["ended", (m, d) => new EndedError(m, d)],
  ["mailbox-full", (m, d) => new MailboxFullError(m, d)],
  ["self-ask", (m, d) => new SelfAskError(m, d)],
  ["spawn", (m, d) => new SpawnError(m, d)],
  ["name-taken", (m, d) => new NameTakenError(m, d)],
  ["value", reviveValueError],
]);

/** A ValueError writes its own words, `path is found: advice`: what travelled is taken apart. */
function reviveValueError(message: string, data: ErrorData): Error {
  const path = String(data.path ?? "");
  const found = String(data.found ?? "");
  const prefix = `${path} is ${found}: `;
  const advice = message.startsWith(prefix) ? message.slice(prefix.length) : message;
  return new ValueError(path, found, advice);
}

/** Teaches {@link fromWire} to make a class of a higher floor out of its code. */
export function registerError(code: string, revive: Revive): void {
  revivers.set(code, revive);
}

/**
 * Turns whatever was thrown into the form that travels. Stacks stay at home, and so does data that
 * is outside of the domain of values: it could not cross to another shard.
 */
export function toWire(thrown: unknown): WireError {
  if (isA(ActorError, thrown)) {
    return { code: text(thrown.code), message: text(thrown.message), data: safeData(thrown.data) };
  }
  if (isA(ValueError, thrown)) {
    const data = { path: text(thrown.path), found: text(thrown.found) };
    return { code: "value", message: text(thrown.message), data };
  }
  const { code, message, data } = handlerError(thrown);
  return { code, message, data };
}

/** Makes the error that a caller catches out of the form that travelled. */
export function fromWire(wire: WireError): Error {
  const revive = revivers.get(wire.code);
  if (revive) return revive(wire.message, wire.data);
  return new ActorError(wire.code, wire.message, wire.data);
}

/** Words for whatever was thrown. Never throws, whatever that is. */
export function describe(thrown: unknown): string {
  if (!isA(Error, thrown)) return text(thrown);
  try {
    return `${text(thrown.name)}: ${text(thrown.message)}`;
  } catch {
    return NO_WORDS; // a getter that throws
  }
}

/** The {@link HandlerError} for whatever a handler threw. */
export function handlerError(thrown: unknown): HandlerError {
  if (!isA(Error, thrown)) return new HandlerError(text(thrown), { name: typeof thrown });
  try {
    return new HandlerError(text(thrown.message), { name: text(thrown.name) });
  } catch {
    return new HandlerError(NO_WORDS, { name: "Error" }); // a getter that throws
  }
}

const NO_WORDS = "something that cannot be put in words was thrown";

/** `instanceof`, which itself throws for a revoked proxy. */
function isA<T>(type: abstract new (...args: never[]) => T, thrown: unknown): thrown is T {
  try {
    return thrown instanceof type;
  } catch {
    return false;
  }
}

/** A well-formed string, as the domain of values wants it. */
function text(value: unknown): string {
  try {
    return String(value).toWellFormed();
  } catch {
    return NO_WORDS; // an object without a prototype, or whose toString throws
  }
}

function safeData(data: unknown): ErrorData {
  try {
    return copyValue(data, "data") as ErrorData;
  } catch {
    return {};
  }
}
