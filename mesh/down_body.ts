import { type ExitKind, type ExitReason, exitReason } from "../actors/mod.ts";
import { decodeValue, encodeValue, ValueError } from "../values/mod.ts";
import { MAX_FAILURE_BYTES } from "./constants.ts";
import { NotExposedError, NotJoinedError } from "./errors.ts";

const KINDS: { readonly [kind in ExitKind]: true } = {
  normal: true,
  shutdown: true,
  killed: true,
  error: true,
  intensity: true,
  "no-such-actor": true,
  "shard-lost": true,
  "process-lost": true,
  disconnected: true,
};

/** How an incarnation ended, in as many bytes as a frame takes: the words may be the actor's own. */
export function encodeDown({ kind, message }: ExitReason): Uint8Array {
  return encodeValue({ kind, message: words(message) }, "down");
}

/**
 * How an incarnation ended, as a peer tells it.
 *
 * @throws {ValueError} when the bytes are no exit reason
 */
export function decodeDown(body: Uint8Array): ExitReason {
  const value = decodeValue(body, "down");
  if (typeof value === "object" && value !== null && "kind" in value && "message" in value) {
    const { kind, message } = value;
    if (isKind(kind) && typeof message === "string") return exitReason(kind, words(message));
  }
  throw new ValueError(
    "it must be { kind, message }, of a kind that there is",
    "down",
    typeof value,
  );
}

/** The end of a monitor that could not be set: nothing is known of the actor, or that it is not there. */
export function downOf(error: Error): ExitReason {
  const isGone = error instanceof NotExposedError || error instanceof NotJoinedError;
  return exitReason(isGone ? "no-such-actor" : "disconnected", error.message);
}

function isKind(kind: unknown): kind is ExitKind {
  return typeof kind === "string" && Object.hasOwn(KINDS, kind);
}

function words(message: string): string {
  return message.slice(0, MAX_FAILURE_BYTES).toWellFormed();
}
