/**
 * Why an incarnation ended, or a slot did.
 *
 * - `normal`: it called `ctx.stop()`.
 * - `shutdown`: its supervisor, or its user, stopped it.
 * - `killed`: it was killed, or did not stop in time.
 * - `error`: a handler, a hook or its start threw.
 * - `intensity`: it is a supervisor whose children failed too often.
 * - `no-such-actor`: the ref named a slot that does not exist (any more).
 * - `shard-lost`: the Worker that held it is gone.
 * - `process-lost`: the process that held it is gone: it ended by itself, did not answer any more,
 *   or reached a limit.
 * - `disconnected`: the connection to the node that holds it is lost.
 */
export type ExitKind =
  | "normal"
  | "shutdown"
  | "killed"
  | "error"
  | "intensity"
  | "no-such-actor"
  | "shard-lost"
  | "process-lost"
  | "disconnected";

/** Why an incarnation ended: a kind to decide on, and words for people. */
export interface ExitReason {
  readonly kind: ExitKind;
  readonly message: string;
}

/** Makes an {@link ExitReason}; the words default to the kind. */
export function exitReason(kind: ExitKind, message?: string): ExitReason {
  if (message !== undefined) return { kind, message };
  let bare = BARE.get(kind);
  if (!bare) BARE.set(kind, bare = Object.freeze({ kind, message: kind }));
  return bare;
}

/** The reasons without words of their own: most ends have one of these. */
const BARE = new Map<ExitKind, ExitReason>();

/** Whether a transient child that ended so is left ended. */
export function isClean(reason: ExitReason): boolean {
  return reason.kind === "normal" || reason.kind === "shutdown";
}
