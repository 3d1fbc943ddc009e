/** The limits and defaults of the actor runtime, with their units. @module */

/** Deadline of an ask that names none, in milliseconds (OTP's `gen_server:call` has the same). */
export const DEFAULT_DEADLINE_MS = 5_000;

/** Longest deadline an ask may name, in milliseconds: an hour. */
export const MAX_DEADLINE_MS = 3_600_000;

/** Messages that a mailbox holds unless its spawn says otherwise. */
export const DEFAULT_MAILBOX_BOUND = 65_536;

/** How long a child may take to stop before it is killed, in milliseconds. */
export const DEFAULT_SHUTDOWN_MS = 5_000;

/** Longest time that a child may be given to stop, in milliseconds: an hour. */
export const MAX_SHUTDOWN_MS = 3_600_000;

/** Restarts that a supervisor allows within {@link DEFAULT_RESTART_WINDOW_MS} before it fails. */
export const DEFAULT_RESTART_INTENSITY = 3;

/** Window over which restarts are counted, in milliseconds. */
export const DEFAULT_RESTART_WINDOW_MS = 5_000;

/**
 * Messages that a shard handles on microtasks before it yields one macrotask. Draining without a
 * bound starved a 5 ms timer for 77 ms.
 */
export const TURN_BUDGET = 512;

/**
 * Of how many turns one is measured, on average: to read the clock twice takes longer than many a turn
 * (0.3 µs on the machine that this was chosen on).
 */
export const BUSY_SAMPLING = 64;

/** Spawns and sends that waited for a macrotask, and go on before the actors have their turns. */
export const BREATHS = TURN_BUDGET / 4;

/** Actors in a row that run because another one woke them, before one that has waited runs. */
export const MAX_STREAK = 32;

/** Messages that one actor handles before the next actor of its shard has its turn. */
export const ACTOR_BUDGET = 64;

/** Granularity of ask deadlines, in milliseconds: a deadline fires at most this much late. */
export const DEADLINE_TICK_MS = 10;

/** Byte arrays of at least this size move between shards by transfer instead of by copy. */
export const TRANSFER_THRESHOLD_BYTES = 16_384;

/** Publications that one shard may have on their way to the bus before `publish` makes it wait. */
export const PUBLISH_WINDOW = 512;

/** Dead letters that are kept for looking at; all are counted. */
export const DEAD_LETTERS_KEPT = 64;

/** How long another shard may take to load a module and start an actor, in milliseconds. */
export const SPAWN_DEADLINE_MS = 30_000;

/** Bytes that a persistent actor's state may have, encoded: 16 MiB. */
export const MAX_KEPT_BYTES = 16_777_216;

/** Characters that a name may have. */
export const MAX_NAME_LENGTH = 128;

/** Longest delay of `ctx.after`, in milliseconds: what a timer of the platform can hold, 24.8 days. */
export const MAX_DELAY_MS = 2 ** 31 - 1;

/** Items of a stream that may be under way unread, unless the reader says otherwise. */
export const DEFAULT_STREAM_CREDIT = 32;

/** Most credit that a reader of a stream may give. */
export const MAX_STREAM_CREDIT = 65_536;

/** Handled messages whose tags a shard remembers, for crash reports. */
export const TAGS_REMEMBERED = 1_024;

/** Tags of an actor's last messages that a crash report names. */
export const TAGS_REPORTED = 8;

/** Bytes of messages from those who are not trusted that one mailbox holds: 16 MiB. */
export const MAX_FOREIGN_BYTES = 16_777_216;

/** Crash reports with a stack that one shard makes in a second; further ones have none. */
export const STACKS_A_SECOND = 100;

/** Characters of the reason of an exit that came over a link. */
export const MAX_REASON_LENGTH = 1_024;

/**
 * Exits, ends and changes of groups that may wait for an actor that is busy, before it fails of them:
 * they are never dropped. Fewer for one that lives in a box, which can bring them about itself.
 */
export const MAX_HOOKS = 65_536;
export const MAX_BOXED_HOOKS = 4_096;

/** Characters of an error's words, and of its stack, in a crash report. */
export const MAX_REPORT_LENGTH = 16_384;
