import { fromWire, toWire, type WireError } from "../actors/mod.ts";
import { decodeValue, encodeValue, ValueError } from "../values/mod.ts";
import { MAX_FAILURE_BYTES } from "./constants.ts";

/** Characters of a failure's code. */
const MAX_CODE_LENGTH = 64;

/** Why a call failed, in as many bytes as a frame takes: the words may be the caller's own. */
export function encodeFailure(error: unknown): Uint8Array {
  const { code, message, data } = toWire(error);
  const short = {
    code: code.slice(0, MAX_CODE_LENGTH),
    message: message.slice(0, MAX_FAILURE_BYTES).toWellFormed(),
  };
  try {
    const encoded = encodeValue({ ...short, data }, "failure");
    if (encoded.byteLength <= 3 * MAX_FAILURE_BYTES) return encoded;
  } catch { /* facts that are no value stay at home */ }
  return encodeValue({ ...short, data: {} }, "failure");
}

/**
 * The error that a peer's call ended with.
 *
 * @throws {ValueError} when the bytes are no failure
 */
export function decodeFailure(body: Uint8Array): Error {
  const value = decodeValue(body, "failure");
  if (!isRecord(value)) throw notAFailure(value);
  const { code, message, data } = value;
  if (typeof code !== "string" || typeof message !== "string") throw notAFailure(value);
  return fromWire({ code, message, data: isRecord(data) ? data as WireError["data"] : {} });
}

function notAFailure(value: unknown): ValueError {
  return new ValueError("failure", typeof value, "it must be { code, message, data }");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof Uint8Array) && !(value instanceof Date);
}
