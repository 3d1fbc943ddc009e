/** What a slot tells the senders of messages that it does not handle. @module */
import { EndedError, MailboxFullError, UnknownHandlerError } from "./errors.ts";
import type { ExitReason } from "./exit_reason.ts";

/** The mailbox of `path` refused a message. */
export function mailboxFull(path: string, bound: number): Error {
  return new MailboxFullError(
    `the mailbox of ${path} is full (${bound} messages): send more slowly, or give it a larger ` +
      `bound or another overflow policy`,
    { bound },
  );
}

/** `path` has no handler of that name. */
export function unknownHandler(path: string, handler: string, handlers: readonly string[]): Error {
  const known = handlers.join(", ") || "none";
  return new UnknownHandlerError(`${path} has no handler "${handler}": it has ${known}`, {
    handler,
    handlers: [...handlers],
  });
}

/** `path` ended before it could reply. */
export function hasEnded(path: string, reason: ExitReason): Error {
  return new EndedError(`${path} has ended (${reason.kind}): ${reason.message}`, {
    reason: reason.kind,
  });
}

/** The asker gave up while its ask was queued; nobody waits for these words. */
export function askerGaveUp(): Error {
  return new EndedError("the asker gave up");
}
