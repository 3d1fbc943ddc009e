import { HandlerError } from "../actors/mod.ts";
import { FrameError } from "../transport/mod.ts";

const FAULTS = new Set(["TypeError", "RangeError", "SyntaxError", "PatternError", "ValueError"]);

/**
 * The refusal of what a peer sent and should not have: its code and words.
 *
 * @returns `undefined` when the error is this node's own
 */
export function peersFault(
  error: unknown,
): { readonly code: FrameError["code"]; readonly message: string } | undefined {
  if (error instanceof FrameError) return { code: error.code, message: error.message };
  const name = error instanceof HandlerError ? String(error.data.name) : undefined;
  const faulty = name !== undefined
    ? FAULTS.has(name)
    : error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
  if (!faulty) return undefined;
  return { code: "bad-frame", message: (error as Error).message.slice(0, 1_024) };
}
