/**
 * The streams that an actor answers with: made when its handler has returned an iterable, taken from
 * step by step among its other messages, and ended when their reader, or the actor, is gone. Until
 * then the message that one answers is in hand: it has been handled when the stream has ended.
 *
 * @module
 */
import { handlerError } from "./errors.ts";
import type { Incarnation } from "./incarnation.ts";
import { failed } from "./life.ts";
import type { Message } from "./message.ts";
import { OutStream, type StreamStep } from "./out_stream.ts";
import type { Slot } from "./slot.ts";

/** Answers a message with the items of what its handler has returned. */
export function answerWithStream(slot: Slot, message: Message, result: unknown): void {
  let out: OutStream | Error;
  try {
    out = OutStream.over(message, result);
  } catch (error) {
    slot.bury(message, "failed", () => handlerError(error));
    return failed(slot, undefined, message.handler, error);
  }
  if (out instanceof Error) {
    slot.countHandled();
    return slot.kernel.post.settle(message, out);
  }
  slot.extra.streams.add(out);
  resume(slot, out);
}

/** Takes the next item of a stream: one turn among those of other messages. */
export function takeStep(slot: Slot, out: OutStream): void {
  if (!slot.extras?.streams.has(out) || out.isLeft) return;
  (slot.incarnation as Incarnation).isStepping = true;
  slot.perform(out.message, () => out.next(), (incarnation, message, result) => {
    if (!incarnation.alive) return;
    const taken = incarnation.end();
    if (!slot.extras?.streams.has(out) || out.isLeft) return; // its reader went away meanwhile
    // Refused in the middle: its reader has been told, and reads no more.
    if (taken === "refused") return leaveBuried(slot, out);
    if (taken !== undefined) return leave(slot, out);
    const { done, value } = result as StreamStep;
    if (done) {
      slot.extras.streams.delete(out);
      slot.countHandled();
      slot.kernel.post.streamEnded(message as Message);
    } else if (!slot.kernel.post.item(message as Message, value)) leave(slot, out);
    else if (out.spend()) resume(slot, out);
  });
}

/** The step of a stream had to make room for a message: the stream ends with it. */
export function breakOff(slot: Slot, out: OutStream): void {
  if (!slot.extras?.streams.has(out) || out.isLeft) return;
  slot.bury(out.message, "displaced", () => slot.full());
  leaveBuried(slot, out);
}

/** The reader of a stream is gone; false when there is none of that number. */
export function cancelStream(slot: Slot, replyShard: number, correlation: number): boolean {
  const out = find(slot, replyShard, correlation);
  if (!out) return false;
  leave(slot, out);
  return true;
}

/** The reader of a stream has room for more. */
export function grantStream(
  slot: Slot,
  replyShard: number,
  correlation: number,
  credit: number,
): void {
  const out = find(slot, replyShard, correlation);
  if (out?.grant(credit)) resume(slot, out);
}

function resume(slot: Slot, out: OutStream): void {
  slot.mailbox.resume(out.step);
  slot.wake();
}

/** Takes the stream that answers a message off the list: the message has another fate. */
export function forgetStream(slot: Slot, message: Message): void {
  for (const out of slot.extras?.streams ?? []) {
    if (out.message === message) slot.extras?.streams.delete(out);
  }
}

/** Ends a stream: its `finally` blocks run as a part of the actor, between two messages. */
function leave(slot: Slot, out: OutStream): void {
  out.isLeft = true;
  if (!slot.incarnation) return;
  const ended = () => {
    if (slot.extras?.streams.delete(out)) slot.countHandled();
  };
  slot.enqueueHook(slot.incarnation, () => {
    const leaving = out.cancel();
    if (leaving instanceof Promise) return leaving.then(ended);
    ended();
  });
}

/** The same, for a stream whose message is buried already. */
function leaveBuried(slot: Slot, out: OutStream): void {
  slot.extras?.streams.delete(out);
  if (slot.incarnation) slot.enqueueHook(slot.incarnation, () => out.cancel());
}

function find(slot: Slot, replyShard: number, correlation: number): OutStream | undefined {
  if (!slot.extras || correlation === 0) return undefined;
  for (const out of slot.extras.streams) {
    const { envelope } = out.message;
    if (out.isLeft) continue;
    if (envelope.correlation === correlation && envelope.replyShard === replyShard) return out;
  }
  return undefined;
}
