/**
 * What a box and its owner say to each other: frames, arrays of plain data led by their operation.
 * What comes out of a box is parsed here, once and strictly, as it may be anything.
 *
 * @module
 */
import type { WireError } from "../errors.ts";
import { MAX_NAME_UNITS } from "./constants.ts";
import { Fields, ProtocolError } from "./fields.ts";
import type { Parcel } from "./parcel.ts";

/** The listener in a box that takes exits. */
export const EXITS = 0;

/** Any frame, as carriers carry it. */
export type Frame = readonly [op: string, ...fields: unknown[]];

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
  /** What of its node it may use; the owner sees to it, the context says so early. */
  readonly reach: readonly string[];
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
  /** Whether its sender reads a stream: the handler answers item by item. */
  readonly streamed: boolean;
}

/** Frames into a box. */
export type ToBox =
  | readonly ["start", info: StartInfo]
  | readonly ["call", id: number, call: Call]
  | readonly ["abort", id: number]
  | readonly ["hook", id: number, listener: number, args: readonly Parcel[]]
  | readonly ["next", id: number, stream: number]
  | readonly ["leave", id: number, stream: number]
  | readonly ["stop", id: number]
  | readonly ["settled", request: number, result: Parcel]
  | readonly ["failed", request: number, error: WireError, builtIn: string | null];

/** Options of a message out of a box; `null` where it names none. */
export interface SentOptions {
  readonly deadlineMs: number | null;
  readonly credit: number | null;
  readonly priority: boolean;
}

/** Frames out of a box, parsed. */
export type FromBox =
  | { readonly op: "ready"; readonly handlers: readonly string[] }
  | { readonly op: "unstarted"; readonly fault: Fault }
  | { readonly op: "done"; readonly id: number; readonly result: Parcel }
  | { readonly op: "threw"; readonly id: number; readonly fault: Fault }
  | { readonly op: "invalid"; readonly id: number; readonly error: WireError }
  | { readonly op: "streams"; readonly id: number }
  | { readonly op: "item"; readonly id: number; readonly value: Parcel }
  | { readonly op: "kept"; readonly state: Parcel }
  | { readonly op: "defer"; readonly id: number }
  | { readonly op: "reply"; readonly id: number; readonly result: Parcel }
  | { readonly op: "fail"; readonly id: number; readonly error: WireError }
  | { readonly op: "refuse"; readonly id: number; readonly error: WireError }
  | { readonly op: "uncaught"; readonly fault: Fault }
  | { readonly op: "report"; readonly where: string; readonly fault: Fault }
  | { readonly op: "do"; readonly what: string; readonly args: readonly Parcel[] }
  | ({ readonly op: "tell" } & Sent)
  | ({ readonly op: "send"; readonly request: number } & Sent)
  | ({ readonly op: "ask"; readonly request: number } & Sent)
  | ({ readonly op: "read"; readonly stream: number } & Sent)
  | { readonly op: "pull"; readonly request: number; readonly stream: number }
  | { readonly op: "leave"; readonly stream: number }
  | { readonly op: "named"; readonly handle: number; readonly name: string }
  | {
    readonly op: "perform";
    readonly request: number;
    readonly what: string;
    readonly args: readonly Parcel[];
  }
  | { readonly op: "cancel"; readonly request: number }
  | {
    readonly op: "listen";
    readonly listener: number;
    readonly what: string;
    readonly args: readonly Parcel[];
  }
  | { readonly op: "unlisten"; readonly listener: number }
  | { readonly op: "forget"; readonly handle: number; readonly times: number };

/** A message that a box sends. */
export interface Sent {
  readonly handle: number;
  readonly handler: string;
  readonly args: readonly Parcel[];
  readonly options: SentOptions;
}

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
    case "do":
      return { op, what: fields.text(MAX_NAME_UNITS), args: fields.parcels() };
    case "streams":
      return { op, id: fields.index() };
    case "item":
      return { op, id: fields.index(), value: fields.parcel() };
    case "read":
      return { op, stream: fields.index(), ...fields.sent() };
    case "pull":
      return { op, request: fields.index(), stream: fields.index() };
    case "leave":
      return { op, stream: fields.index() };
    case "named":
      return { op, handle: fields.index(), name: fields.text(MAX_NAME_UNITS) };
    case "ready":
      return { op, handlers: fields.names() };
    case "unstarted":
    case "uncaught":
      return { op, fault: fields.fault() };
    case "done":
      return { op, id: fields.index(), result: fields.parcel() };
    case "threw":
      return { op, id: fields.index(), fault: fields.fault() };
    case "invalid":
      return { op, id: fields.index(), error: fields.wire() };
    case "kept":
      return { op, state: fields.parcel() };
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
      };
    case "cancel":
      return { op, request: fields.index() };
    case "listen":
      return {
        op,
        listener: fields.index(),
        what: fields.text(MAX_NAME_UNITS),
        args: fields.parcels(),
      };
    case "unlisten":
      return { op, listener: fields.index() };
    case "forget":
      return { op, handle: fields.index(), times: fields.index() };
    default:
      throw new ProtocolError(`a frame with the unknown operation ${show(op)}`);
  }
}

function show(op: unknown): string {
  return typeof op === "string" ? JSON.stringify(op.slice(0, 40)) : typeof op;
}
