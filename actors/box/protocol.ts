/**
 * What a box and its owner say to each other: frames, arrays of plain data led by their operation.
 * What comes out of a box is parsed here, once and strictly, as it may be anything.
 *
 * @module
 */
import type { WireError } from "../errors.ts";
import { MAX_HANDLERS, MAX_NAME_UNITS, MAX_STACK_UNITS, MAX_WORDS_UNITS } from "./constants.ts";
import type { Lifted, Parcel } from "./parcel.ts";

/** Any frame, as carriers carry it. */
export type Frame = readonly [op: string, ...fields: unknown[]];

/** A frame out of a box makes no sense. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** An error as it leaves a box: its class and stack beside the form that travels. */
export interface Fault {
  readonly name: string;
  readonly stack: string;
  readonly wire: WireError;
}

/** What a box starts from. */
export interface StartInfo {
  /** URL of the agent's module. */
  readonly url: string;
  /** The bundled agent; a Worker imports the module itself. */
  readonly code: string | null;
  readonly path: string;
  readonly args: readonly Parcel[];
  readonly kept: Parcel;
}

/** A message on its way into a box. */
export interface Call {
  readonly handler: string;
  readonly args: readonly Parcel[];
  readonly sender: number | null;
  readonly caller: string | null;
  /** Milliseconds that are left to reply; `null` when nobody waits. */
  readonly remainingMs: number | null;
  readonly queued: number;
}

/** Frames into a box. */
export type ToBox =
  | readonly ["start", info: StartInfo]
  | readonly ["call", id: number, call: Call]
  | readonly ["abort", id: number]
  | readonly ["hook", id: number, listener: number, args: readonly Parcel[]]
  | readonly ["stop", id: number]
  | readonly ["settled", request: number, result: Parcel]
  | readonly ["failed", request: number, error: WireError, builtIn: string | null];

/** Options of a message out of a box. */
export interface SentOptions {
  readonly deadlineMs: number | null;
  readonly priority: boolean;
}

/** Frames out of a box, parsed. */
export type FromBox =
  | { readonly op: "ready"; readonly handlers: readonly string[]; readonly kept: Kept }
  | { readonly op: "unstarted"; readonly fault: Fault }
  | { readonly op: "done"; readonly id: number; readonly result: Parcel; readonly kept: Kept }
  | { readonly op: "threw"; readonly id: number; readonly fault: Fault; readonly kept: Kept }
  | { readonly op: "invalid"; readonly id: number; readonly error: WireError; readonly kept: Kept }
  | { readonly op: "defer"; readonly id: number }
  | { readonly op: "reply"; readonly id: number; readonly result: Parcel }
  | { readonly op: "fail"; readonly id: number; readonly error: WireError }
  | { readonly op: "refuse"; readonly id: number; readonly error: WireError }
  | { readonly op: "uncaught"; readonly fault: Fault }
  | { readonly op: "report"; readonly where: string; readonly fault: Fault }
  | { readonly op: "stop" }
  | ({ readonly op: "tell" } & Sent)
  | ({ readonly op: "send"; readonly request: number } & Sent)
  | ({ readonly op: "ask"; readonly request: number } & Sent)
  | {
    readonly op: "perform";
    readonly request: number;
    readonly what: string;
    readonly args: readonly Parcel[];
    readonly kept: Kept;
  }
  | { readonly op: "cancel"; readonly request: number }
  | { readonly op: "listen"; readonly listener: number; readonly handle: number }
  | { readonly op: "unlisten"; readonly listener: number }
  | { readonly op: "forget"; readonly handle: number; readonly times: number };

/** A message that a box sends. */
export interface Sent {
  readonly handle: number;
  readonly handler: string;
  readonly args: readonly Parcel[];
  readonly options: SentOptions;
}

/** What is to be kept: `null` when it is as it was. */
export type Kept = Parcel | null;

/**
 * Parses a frame out of a box.
 *
 * @throws {ProtocolError} when it is none
 */
export function parseFromBox(frame: unknown): FromBox {
  if (!Array.isArray(frame)) throw new ProtocolError("a frame that is no list");
  const op = frame[0] as FromBox["op"];
  const fields = new Fields(op, frame);
  const parsed = parseFields(op, fields);
  fields.end();
  return parsed;
}

function parseFields(op: FromBox["op"], fields: Fields): FromBox {
  switch (op) {
    case "stop":
      return { op };
    case "ready":
      return { op, handlers: fields.names(), kept: fields.kept() };
    case "unstarted":
    case "uncaught":
      return { op, fault: fields.fault() };
    case "done":
      return { op, id: fields.index(), result: fields.parcel(), kept: fields.kept() };
    case "threw":
      return { op, id: fields.index(), fault: fields.fault(), kept: fields.kept() };
    case "invalid":
      return { op, id: fields.index(), error: fields.wire(), kept: fields.kept() };
    case "defer":
      return { op, id: fields.index() };
    case "reply":
      return { op, id: fields.index(), result: fields.parcel() };
    case "fail":
    case "refuse":
      return { op, id: fields.index(), error: fields.wire() };
    case "report":
      return { op, where: fields.text(MAX_NAME_UNITS), fault: fields.fault() };
    case "tell":
      return { op, ...fields.sent() };
    case "send":
    case "ask":
      return { op, request: fields.index(), ...fields.sent() };
    case "perform":
      return {
        op,
        request: fields.index(),
        what: fields.text(MAX_NAME_UNITS),
        args: fields.parcels(),
        kept: fields.kept(),
      };
    case "cancel":
      return { op, request: fields.index() };
    case "listen":
      return { op, listener: fields.index(), handle: fields.index() };
    case "unlisten":
      return { op, listener: fields.index() };
    case "forget":
      return { op, handle: fields.index(), times: fields.index() };
    default:
      throw new ProtocolError(`a frame with the unknown operation ${show(op)}`);
  }
}

/** The fields of one frame, taken one after the other. */
class Fields {
  readonly #op: string;
  readonly #frame: readonly unknown[];
  #next = 1;

  constructor(op: string, frame: readonly unknown[]) {
    this.#op = op;
    this.#frame = frame;
  }

  end(): void {
    if (this.#next !== this.#frame.length) this.#refuse("has fields that it should not have");
  }

  index(): number {
    return this.#index(this.#take());
  }

  text(maxUnits: number): string {
    return this.#text(this.#take(), maxUnits);
  }

  names(): string[] {
    const names = this.#list(this.#take());
    if (names.length > MAX_HANDLERS) this.#refuse(`names more than ${MAX_HANDLERS} handlers`);
    return names.map((name) => this.#text(name, MAX_NAME_UNITS));
  }

  parcel(): Parcel {
    return this.#parcel(this.#take());
  }

  parcels(): Parcel[] {
    return this.#list(this.#take()).map((parcel) => this.#parcel(parcel));
  }

  kept(): Kept {
    const kept = this.#take();
    return kept === null ? null : this.#parcel(kept);
  }

  fault(): Fault {
    const { name, stack, wire } = this.#record(this.#take());
    return {
      name: this.#text(name, MAX_NAME_UNITS),
      stack: this.#text(stack, MAX_STACK_UNITS),
      wire: this.#wire(wire),
    };
  }

  wire(): WireError {
    return this.#wire(this.#take());
  }

  sent(): Sent {
    const handle = this.index();
    const handler = this.text(MAX_NAME_UNITS);
    const args = this.parcels();
    const { deadlineMs, priority } = this.#record(this.#take());
    if (deadlineMs !== null && typeof deadlineMs !== "number") this.#refuse("has no deadline");
    if (typeof priority !== "boolean") this.#refuse("has no priority");
    return {
      ...{ handle, handler, args },
      options: { deadlineMs: deadlineMs as number | null, priority: priority as boolean },
    };
  }

  #take(): unknown {
    if (this.#next >= this.#frame.length) this.#refuse("lacks a field");
    return this.#frame[this.#next++];
  }

  #index(value: unknown): number {
    if (!Number.isSafeInteger(value) || (value as number) < 0) this.#refuse("has no number");
    return value as number;
  }

  #text(value: unknown, maxUnits: number): string {
    if (typeof value !== "string") return this.#refuse("has no text");
    if (value.length > maxUnits) return this.#refuse(`has more than ${maxUnits} units of text`);
    return value;
  }

  #list(value: unknown): unknown[] {
    return Array.isArray(value) ? value : this.#refuse("has no list");
  }

  #record(value: unknown): Record<string, unknown> {
    const plain = typeof value === "object" && value !== null && !Array.isArray(value) &&
      !ArrayBuffer.isView(value) && !(value instanceof Date);
    return plain ? value as Record<string, unknown> : this.#refuse("has no record");
  }

  #parcel(value: unknown): Parcel {
    const parcel = this.#list(value);
    if (parcel.length < 2) return parcel as Parcel;
    if (parcel.length > 2) this.#refuse("has no parcel");
    for (const item of this.#list(parcel[1])) {
      const [path, handle, ...more] = this.#list(item);
      this.#index(handle);
      if (more.length > 0) this.#refuse("has no parcel");
      for (const key of this.#list(path)) {
        if (typeof key !== "string") this.#index(key);
      }
    }
    return parcel as [never, Lifted[]];
  }

  #wire(value: unknown): WireError {
    const { code, message, data } = this.#record(value);
    return {
      code: this.#text(code, MAX_NAME_UNITS),
      message: this.#text(message, MAX_WORDS_UNITS),
      data: this.#record(data) as WireError["data"],
    };
  }

  #refuse(what: string): never {
    throw new ProtocolError(`a frame "${this.#op}" that ${what}`);
  }
}

function show(op: unknown): string {
  return typeof op === "string" ? JSON.stringify(op.slice(0, 40)) : typeof op;
}
