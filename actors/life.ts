/**
 * How the incarnations of a slot begin and end: all of the rules of `docs/semantics.md` about
 * starts, stops, failures, restarts, kills and links.
 *
 * @module
 */
import { REF, type RefAddress } from "../values/mod.ts";
import { MAX_REASON_LENGTH } from "./constants.ts";
import { describe, EndedError } from "./errors.ts";
import { type ExitKind, type ExitReason, exitReason, isClean } from "./exit_reason.ts";
import { Incarnation } from "./incarnation.ts";
import type { Persistence } from "./persistence.ts";
import { type AnyRef, refKey } from "./ref.ts";
import type { Signal } from "./signal.ts";
import type { Slot } from "./slot.ts";
import { cancelStream } from "./slot_streams.ts";

/**
 * Starts the first incarnation.
 *
 * @returns nothing when it has started already, as an actor does whose factory is not async
 * @throws {Error} what its factory threw (or rejects with it); the slot has ended then
 */
export function begin(slot: Slot): void | Promise<void> {
  const persistence = slot.extras?.persistence;
  try {
    const started = persistence ? loadAndStart(slot, persistence) : start(slot);
    return started?.catch((error) => giveUp(slot, error));
  } catch (error) {
    giveUp(slot, error);
  }
}

async function loadAndStart(slot: Slot, persistence: Persistence): Promise<void> {
  slot.extra.kept = await persistence.load();
  if (slot.state === "ended") throw slot.endedError(); // orphaned or killed meanwhile
  await start(slot);
}

/** The first incarnation did not start: the slot ends, and the spawner gets the error. */
function giveUp(slot: Slot, error: unknown): never {
  const reason = exitReason("error", describe(error));
  endIncarnation(slot, reason);
  finish(slot, reason);
  throw error;
}

/** Starts the next incarnation. */
function start(slot: Slot): void | Promise<void> {
  slot.state = "starting";
  const incarnation = new Incarnation(slot, ++slot.incarnations);
  slot.incarnation = incarnation;
  if (slot.incarnations > 1) slot.children?.allow({}); // what its children did to the last is past
  const { args } = slot;
  const made = args.length === 0
    ? slot.factory(incarnation.context)
    : slot.factory(incarnation.context, ...argumentsFor(slot, incarnation));
  if (!(made instanceof Promise)) return isUp(slot, incarnation, made);
  // A start that never ends must not hold who waits for it beyond the end of the actor.
  return Promise.race([made, incarnation.gone]).then((handlers) => {
    isUp(slot, incarnation, handlers);
  });
}

function isUp(slot: Slot, incarnation: Incarnation, handlers: unknown): void {
  if (!incarnation.alive) throw new EndedError(`${slot.path} was ended while it started`);
  incarnation.setHandlers(handlers);
  slot.state = "running";
  slot.wake();
}

/** The slot's arguments, as copies of this incarnation's own. */
function argumentsFor(slot: Slot, incarnation: Incarnation): unknown[] {
  const { args } = slot;
  const own = new Array<unknown>(args.length);
  for (let at = 0; at < args.length; at++) {
    const arg = args[at];
    if (typeof arg !== "object" || arg === null) own[at] = arg;
    else if (REF in arg) own[at] = slot.kernel.ref((arg as AnyRef)[REF], incarnation);
    else own[at] = slot.localCopy(arg, "args", incarnation);
  }
  return own;
}

/** Takes a message of the system lane. */
export function signalled(slot: Slot, signal: Signal): void {
  switch (signal.type) {
    case "stop":
      return requestStop(slot, "shutdown", signal.keep);
    case "kill":
      if (!signal.keep) return kill(slot);
      slot.children?.killAll();
      return failed(slot, exitReason("killed"));
    case "restart":
      return restart(slot);
    case "end":
      return finish(slot, exitReason("shutdown"));
    case "monitor":
      return void slot.extra.watchers.push({ id: signal.id, shard: signal.shard });
    case "demonitor": {
      const watchers = slot.extras?.watchers ?? [];
      const at = watchers.findIndex((w) => w.id === signal.id && w.shard === signal.shard);
      if (at >= 0) watchers.splice(at, 1);
      return;
    }
    case "link":
      return void slot.extra.bonds.set(keyOf(signal.from), signal.from);
    case "unlink":
      return void slot.extras?.bonds.delete(keyOf(signal.from));
    case "exit":
      // The runtime's own actors are nobody's to end.
      if (!slot.kind.parent) return;
      return exited(slot, signal.from, exitReason(signal.kind, signal.message), signal.linked);
    case "child-exit": {
      const { kind, message, shard, slot: child } = signal;
      return slot.supervision.exited(signal.child, { shard, slot: child }, { kind, message });
    }
    case "child-started":
      return slot.children?.restarted(signal.child);
    case "child-ended":
      return slot.children?.ended(signal.child);
  }
}

/** Ends the incarnation after the message in hand; with `keep`, the slot waits for a restart. */
export function requestStop(slot: Slot, kind: ExitKind, keep = false): void {
  if (slot.state === "ended") return;
  if (slot.state === "down") {
    // With `keep` there is nothing to do: its parent has been told, or is about to be.
    if (!keep) finish(slot, exitReason(kind));
    return;
  }
  if (slot.stopRequested === "shutdown") {
    // An end for good is not taken back; and what the actor asks for itself adds nothing.
    if (kind === "shutdown") slot.keepSlot &&= keep;
    return;
  }
  slot.stopRequested = kind;
  slot.keepSlot = keep;
  slot.wake();
}

/** Stops the incarnation that was asked to: its children, its hooks, its last save. */
export function halt(slot: Slot, kind: ExitKind): void {
  const incarnation = slot.incarnation as Incarnation;
  slot.state = "stopping";
  if (hasChildren(slot) || incarnation.hasStopHooks || slot.extras?.persistence) {
    void unwind(slot, incarnation).then(() => stopped(slot, incarnation, kind));
  } else stopped(slot, incarnation, kind);
}

function hasChildren({ children }: Slot): boolean {
  return children !== undefined && children.size > 0;
}

async function unwind(slot: Slot, incarnation: Incarnation): Promise<void> {
  // Children first: they may lean on what the hook closes.
  await slot.children?.stopAll();
  await incarnation.runStopHooks((error) => slot.kernel.crashed(slot, "(onStop)", error));
  const persistence = slot.extras?.persistence;
  if (persistence && incarnation.alive) {
    await persistence.saveLast(() => incarnation.takeKept());
  }
}

function stopped(slot: Slot, incarnation: Incarnation, kind: ExitKind): void {
  if (slot.incarnation !== incarnation) return; // it was killed meanwhile, and the next one is up
  const reason = exitReason(kind);
  if (!endIncarnation(slot, reason)) return;
  slot.state = "down";
  decide(slot, reason);
}

/**
 * The incarnation has failed: it is reported, its children end, then the supervisor decides.
 *
 * @param reason why, if it is not the error
 * @param handler what it was doing; nothing is reported without
 */
export function failed(
  slot: Slot,
  reason: ExitReason | undefined,
  handler?: string,
  error?: unknown,
): void {
  if (handler !== undefined) slot.kernel.crashed(slot, handler, error);
  const why = reason ?? exitReason("error", describe(error));
  if (!endIncarnation(slot, why)) return;
  slot.state = "down";
  const { children } = slot;
  if (children && hasChildren(slot)) void children.stopAll().then(() => decide(slot, why));
  else decide(slot, why);
}

/** Ends the slot at once, and all that is below it. */
export function kill(slot: Slot): void {
  if (slot.state === "ended") return;
  slot.stopRequested = "shutdown";
  const reason = exitReason("killed");
  endIncarnation(slot, reason);
  slot.children?.killAll();
  finish(slot, reason);
}

/** Ends the slot because the shard of its supervisor is gone. */
export function orphan(slot: Slot): void {
  const reason = exitReason("shard-lost");
  endIncarnation(slot, reason);
  finish(slot, reason);
}

/** Another shard is gone: what of it this slot supervised, was linked to or streams to, has ended. */
export function shardLost(slot: Slot, shard: number): void {
  if (slot.kind.parent?.shard === shard) return orphan(slot);
  slot.children?.shardLost(shard);
  for (const from of [...slot.extras?.bonds.values() ?? []]) {
    if (from.shard === shard) exited(slot, from, exitReason("shard-lost"), true);
  }
  for (const { message: { envelope } } of [...slot.extras?.streams ?? []]) {
    const { replyShard, correlation } = envelope;
    if (replyShard === shard) cancelStream(slot, replyShard, correlation);
  }
}

/** Links the incarnation to that of another slot: whichever ends first takes the other with it. */
export function link(slot: Slot, to: RefAddress): void {
  slot.extra.bonds.set(keyOf(to), to);
  slot.kernel.signal(to, { type: "link", from: slot.address });
}

/** Takes a link back, on both sides. */
export function unlink(slot: Slot, to: RefAddress): void {
  if (!slot.extras?.bonds.delete(keyOf(to))) return;
  slot.kernel.signal(to, { type: "unlink", from: slot.address });
}

/** An exit has come, over a link or from somebody who sent it (Erlang's `exit/2`). */
function exited(slot: Slot, from: RefAddress, reason: ExitReason, linked: boolean): void {
  if (linked && !slot.extras?.bonds.delete(keyOf(from))) return; // unlinked meanwhile
  const { incarnation } = slot;
  if (!incarnation?.alive) return;
  const trap = incarnation.trap;
  const untrappable = reason.kind === "killed" && !linked;
  if (trap && !untrappable) {
    const ref = slot.kernel.ref(from, incarnation);
    return slot.enqueueHook(incarnation, () => trap({ ref, reason }));
  }
  if (reason.kind === "normal") return;
  // Cut, since each link of a chain puts its own words before those of the one that failed first.
  const words = linked
    ? `linked to ref ${from.shard}.${from.slot}: ${reason.message}`.slice(0, MAX_REASON_LENGTH)
    : reason.message;
  // A shutdown is meant to reach what is linked: it is no crash.
  const handler = reason.kind === "shutdown" ? undefined : "(exit)";
  failed(slot, exitReason(reason.kind, words), handler, new EndedError(words));
}

function restart(slot: Slot): void {
  if (slot.state !== "down") return;
  slot.stopRequested = undefined;
  slot.keepSlot = false;
  let started: void | Promise<void>;
  try {
    started = start(slot);
  } catch (error) {
    return didNotRestart(slot, slot.incarnation, error);
  }
  const { incarnation } = slot;
  if (!started) return isUpAgain(slot, incarnation);
  started.then(
    () => isUpAgain(slot, incarnation),
    (error) => didNotRestart(slot, incarnation, error),
  );
}

function isUpAgain(slot: Slot, incarnation: Incarnation | undefined): void {
  if (!incarnation?.alive) return; // it has failed already: its parent hears of that
  const { child, kind: { parent } } = slot;
  if (parent) slot.kernel.signal(parent, { type: "child-started", child });
}

function didNotRestart(slot: Slot, incarnation: Incarnation | undefined, error: unknown): void {
  // It was killed, or failed by its children, as it started; the next one may be up by now.
  if (!incarnation?.alive) return;
  failed(slot, undefined, "(start)", error);
}

/** An incarnation has ended, and its children with it: what becomes of the slot? */
function decide(slot: Slot, reason: ExitReason): void {
  if (slot.state === "ended" || isBeginning(slot)) return;
  if (!slot.kind.parent) return finish(slot, reason);
  if (!slot.keepSlot && (slot.stopRequested === "shutdown" || neverReturns(slot, reason))) {
    return finish(slot, reason);
  }
  tellParent(slot, reason);
}

/** Whether it never was up: then whoever starts it is told, and nobody decides but they. */
function isBeginning({ incarnations, incarnation }: Slot): boolean {
  return incarnations < 2 && !incarnation?.wasUp; // none yet, while its state is loaded
}

/** Whether there is nothing to decide: its supervisor would end it. */
function neverReturns({ kind: { restart } }: Slot, reason: ExitReason): boolean {
  return restart === "temporary" || (restart === "transient" && isClean(reason));
}

function tellParent(slot: Slot, { kind, message }: ExitReason): void {
  const { child, kind: { parent } } = slot;
  if (!parent) return;
  const { shard, slot: id } = slot.address;
  slot.kernel.signal(parent, { type: "child-exit", child, kind, message, shard, slot: id });
}

/** Fences the incarnation and tells who watches it; false when it had ended already. */
function endIncarnation(slot: Slot, reason: ExitReason): boolean {
  const { incarnation, kernel, extras } = slot;
  if (!incarnation?.alive) return false;
  const { inHand } = incarnation;
  try {
    const kept = incarnation.takeKept();
    if (kept) slot.extra.kept = slot.localCopy(kept.value, "kept");
  } catch (error) {
    kernel.crashed(slot, "(keep)", error);
  }
  incarnation.fence();
  slot.busy = false;
  slot.mailbox.unstash();
  if (inHand) slot.bury(inHand, lostWith(reason), () => slot.endedError(reason));
  for (const owed of incarnation.takeDeferred()) {
    kernel.post.settle(owed, slot.endedError(reason));
  }
  if (extras) {
    extras.persistence?.fence(slot.endedError(reason));
    while (extras.hooks.shift()) { /* hooks of a dead incarnation are not run */ }
    for (const { message } of extras.streams) {
      if (message === inHand) continue;
      slot.bury(message, lostWith(reason), () => slot.endedError(reason));
    }
    extras.streams.clear();
  }
  notifyLinked(slot, reason);
  notifyWatchers(slot, reason);
  return true;
}

/** Whether the message in hand ended with its actor, or nobody can tell how far it got. */
function lostWith(reason: ExitReason): "ended" | "unknown" {
  return reason.kind === "process-lost" ? "unknown" : "ended";
}

function finish(slot: Slot, reason: ExitReason): void {
  if (slot.state === "ended") return;
  slot.state = "ended";
  slot.ended = reason;
  if (slot.mailbox.size > 0 || slot.mailbox.waiting > 0) {
    for (const message of slot.mailbox.drain()) {
      slot.bury(message, "ended", () => slot.endedError());
    }
  }
  const { children } = slot;
  if (children && hasChildren(slot)) void children.stopAll().then(() => gone(slot, reason));
  else gone(slot, reason);
}

function gone(slot: Slot, reason: ExitReason): void {
  slot.kernel.removed(slot);
  notifyLinked(slot, reason); // of a link that was made while it was down
  notifyWatchers(slot, reason);
  const { child, kind: { parent } } = slot;
  if (parent && !isBeginning(slot)) slot.kernel.signal(parent, { type: "child-ended", child });
  slot.incarnation = undefined; // refs to it are kept for long, what it held need not be
}

function notifyLinked(slot: Slot, { kind, message }: ExitReason): void {
  if (!slot.extras || slot.extras.bonds.size === 0) return;
  const from = slot.address;
  const peers = [...slot.extras.bonds.values()];
  slot.extras.bonds.clear();
  for (const peer of peers) {
    slot.kernel.signal(peer, { type: "exit", from, kind, message, linked: true });
  }
}

function notifyWatchers(slot: Slot, reason: ExitReason): void {
  if (!slot.extras) return;
  for (const watcher of slot.extras.watchers.splice(0)) {
    slot.kernel.notifyDown(watcher.shard, watcher.id, reason);
  }
}

function keyOf(address: RefAddress): string {
  return refKey({ [REF]: address });
}
