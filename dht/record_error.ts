import { ActorError, type ErrorData } from "../actors/mod.ts";

/**
 * Why a record is not taken:
 *
 * - `bad-record`: it is no record in the one form that a record has.
 * - `oversized`: it, its value or its name is too long, or it has too many addresses.
 * - `id-mismatch`: its key is not the one that its owner's inception record names.
 * - `bad-signature`: its owner did not sign it.
 * - `expired`: its time is over.
 * - `too-far`: it claims to be valid for longer than any record may.
 * - `wrong-key`: it was given for another key than its own.
 * - `stale`: there is, or was, one with a higher sequence.
 * - `equivocation`: its owner signed two records with one sequence.
 * - `conflict`: there is another sequence than the one that it was meant to replace.
 * - `full`: the holder has no room for it.
 */
export type RecordRefusal =
  | "bad-record"
  | "oversized"
  | "id-mismatch"
  | "bad-signature"
  | "expired"
  | "too-far"
  | "wrong-key"
  | "stale"
  | "equivocation"
  | "conflict"
  | "full";

/** A record was refused. */
export class RecordError extends ActorError {
  override readonly code: RecordRefusal;

  constructor(code: RecordRefusal, message: string, data: ErrorData = {}) {
    super(code, message, data);
    this.code = code;
  }
}
