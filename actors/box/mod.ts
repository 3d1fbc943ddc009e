/**
 * Boxes: the placements `worker` and `process`.
 *
 * The slot of a **boxed** actor is one like any other, with its mailbox, supervisor, monitors and
 * names; only its *incarnation* lives elsewhere, in a Worker or a subprocess of its own: the box. A
 * box is made by the slot's factory, holds one incarnation, and ends with it. Its owner forwards one
 * message at a time, and does on the actor's own context what the box asks for, so that whatever is
 * promised of mailboxes, asks, restarts and ends holds here too.
 *
 * A **worker** is for trusted code that computes long or wants fewer permissions. It cannot be
 * killed while it spins: it is fenced, and its thread goes on (Deno 2.9).
 *
 * A **process** is the sandbox for code that nobody vouches for:
 * - It starts with no permission, no prompt, no environment, no cache folder, no remote and no npm
 *   module. The agent is bundled from files under one root ({@linkcode BoxOptions}), handed over in
 *   a frame, and imported as one module that imports nothing; globals are a list of what may stay.
 * - Every byte that it writes is taken for hostile. A frame that is none, a handle that it was not
 *   given, an answer that nobody waits for end it. What it may have open is bounded (`constants.ts`).
 * - It is killed when it answers no ping for {@linkcode BoxOptions.unansweredMs}, 0.8 s unless
 *   named, found out at most an eighth late; when it reaches the bounds of its memory; and, where the
 *   machine has `setpriv`, when its node dies in whatever way.
 * - Refs in it are **capabilities**: numbers in a table of its own. It can use those that it was
 *   given, in the way that an actor can, and no other.
 *
 * What a box cannot do: `ctx.spawn`, `supervise`, `stopChild` and `term` are refused; `ctx.stash` does
 * not throw where the mailbox is full, but has the message refused. What it keeps is
 * what it kept after the last message that it handled; a killed process takes with it what it did
 * since, runs no hook, and leaves the message that it had in hand unanswered for. A message into a
 * process has at most 16 MiB, one out of it 1 MiB, encoded.
 *
 * @module
 */
export type { BoxInside } from "./box.ts";
export { type BoxOptions, type BoxPermissions, boxProblem } from "./box_options.ts";
export type { Reach } from "./reach.ts";
export { boxed, type BoxSpec } from "./boxed.ts";
export { HOST_SUBCOMMAND } from "./launch.ts";
export { runProcessHost } from "./process_host.ts";
