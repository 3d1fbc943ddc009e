/** The limits and defaults of boxes, with their units. @module */

/** Heap of a process, in MiB, unless its spawn says otherwise. */
export const DEFAULT_HEAP_MB = 64;
/** Bounds of that, in MiB. */
export const MIN_HEAP_MB = 16;
export const MAX_HEAP_MB = 16_384;

/** What a process may have beyond its heap, in MiB: byte arrays, code and the runtime itself. */
export const EXTRA_MEMORY_MB = 256;
/** Largest `memoryMb`, in MiB. */
export const MAX_MEMORY_MB = 65_536;

/**
 * What a `deno` process without a program counts as data, in MiB: V8 reserves 512 for code that it
 * may generate, all of it writable (measured: 543 on x86-64, Deno 2.9.6).
 */
export const BASE_DATA_MB = 576;

/** A process that answers no ping for so long is killed, in milliseconds, unless its spawn says otherwise. */
export const DEFAULT_UNANSWERED_MS = 800;
/** Bounds of that, in milliseconds. */
export const MIN_UNANSWERED_MS = 100;
export const MAX_UNANSWERED_MS = 3_600_000;

/** Pings in the time after which a process counts as stuck: it is found out at most a ninth late. */
export const PINGS_PER_TIMEOUT = 8;

/** Largest frame that a process may send, in bytes: 1 MiB, its length field excluded. */
export const MAX_FRAME_BYTES = 1_048_576;

/** Largest frame that a process is sent, in bytes: 16 MiB. The first holds the whole agent. */
export const MAX_FRAME_IN_BYTES = 16_777_216;

/** Bytes that wait to be read by a process before it is taken for stuck: 32 MiB. */
export const MAX_UNREAD_BYTES = 33_554_432;

/** Requests of a box (asks, sends, publications …) that may wait for their result. */
export const MAX_REQUESTS = 1_024;

/** Bytes of all of those together, encoded: 16 MiB. */
export const MAX_REQUEST_BYTES = 16_777_216;

/** Patterns and procedures that a box may subscribe to and serve. */
export const MAX_SUBSCRIPTIONS = 1_024;

/** Errors that fail nobody, and that a box may have reported. */
export const MAX_REPORTS = 64;

/** Asks whose reply a box has deferred. */
export const MAX_DEFERRED = 65_536;

/** Listeners (monitors …) that a box may have. */
export const MAX_LISTENERS = 4_096;

/** Streams that a box may read at the same time. */
export const MAX_STREAMS = 256;

/** The smallest handle that a box chooses itself, for a name; those below are its owner's. */
export const FIRST_NAMED_HANDLE = 2 ** 32;

/** Refs that a box may hold. */
export const MAX_HANDLES = 65_536;

/** Handlers that a box may have, and the characters of a name. */
export const MAX_HANDLERS = 1_024;
export const MAX_NAME_UNITS = 256;

/** UTF-16 units of an error's words that come out of a box, and of its stack. */
export const MAX_WORDS_UNITS = 4_096;
export const MAX_STACK_UNITS = 16_384;

/** Bytes of an error's data that come out of a box, encoded: what has more is left out. */
export const MAX_DATA_BYTES = 65_536;

/** Bytes of `stderr` that are passed on in a second, and the UTF-16 units of a line. */
export const STDERR_BYTES_A_SECOND = 65_536;
export const MAX_LINE_UNITS = 1_000;

/** How long a box may take until its host runs, before any code of the agent's, in milliseconds. */
export const BOOT_MS = 30_000;

/** Bytes of source that an agent may have with all that it imports: 4 MiB. */
export const MAX_SOURCE_BYTES = 4_194_304;

/** Bundles that are kept. */
export const BUNDLES_KEPT = 64;

/** Bytes of code that a bundle may have: 12 MiB, of which the source map is the larger part. */
export const MAX_BUNDLE_BYTES = 12_582_912;

/** How long one agent may take to be bundled, in milliseconds. */
export const BUNDLER_MS = 5_000;

/** Memory that the bundler may take for one agent, in MiB. */
export const BUNDLER_MB = 1_024;

/** Objects that one frame may be decoded to: 16,384 take some 10 ms. */
export const MAX_FRAME_OBJECTS = 16_384;

/** What an object takes, in bytes, where memory is charged to a box. */
export const OBJECT_BYTES = 64;

/** How long an agent may take to be ready, in milliseconds; less than a spawn waits. */
export const READY_MS = 25_000;

/** Groups that an agent may watch. */
export const MAX_GROUP_WATCHES = 64;

/** Imports that an agent may have, all told. */
export const MAX_IMPORTS = 4_096;

/** Problems of a bundle that its spawner is told of, and characters of each. */
export const MAX_PROBLEMS = 20;
export const MAX_PROBLEM_LENGTH = 500;
