import { describe, handlerError, toWire, type WireError } from "../errors.ts";
import { encodeValue } from "../../values/mod.ts";
import { MAX_DATA_BYTES, MAX_NAME_UNITS, MAX_STACK_UNITS, MAX_WORDS_UNITS } from "./constants.ts";
import type { Fault } from "./protocol.ts";

/** An error that somebody else gets, as it leaves a box: within what its owner takes. */
export function wireOf(error: unknown): WireError {
  const { code, message, data } = toWire(error);
  return {
    code: cut(code, MAX_NAME_UNITS),
    message: cut(message, MAX_WORDS_UNITS),
    data: encodeValue(data, "data").length > MAX_DATA_BYTES ? {} : data,
  };
}

/** An error that fails the actor, with what its crash report is to say. Never throws. */
export function faultOf(error: unknown): Fault {
  return {
    name: cut(String(handlerError(error).data.name), MAX_NAME_UNITS),
    stack: cut(stackOf(error), MAX_STACK_UNITS),
    wire: wireOf(error),
  };
}

function stackOf(error: unknown): string {
  try {
    if (error instanceof Error && typeof error.stack === "string") return error.stack;
  } catch {
    // a getter that throws, or a revoked proxy
  }
  return describe(error);
}

function cut(text: string, units: number): string {
  return (text.length > units ? `${text.slice(0, units - 1)}…` : text).toWellFormed();
}
