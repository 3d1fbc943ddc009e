/**
 * The limits and the two reserved words of the domain of values.
 *
 * @module
 */

/**
 * How deep containers may nest: 64 arrays or objects, one in the other. It bounds the stack that a
 * hostile message can claim, and it is what stops a walk over a value that contains itself.
 */
export const MAX_DEPTH = 64;

/**
 * The largest magnitude of a bigint, in bytes (524,288 bits): far above any number that a protocol
 * of keys or shares needs, far below what makes conversion a denial of service.
 */
export const MAX_BIGINT_BYTES = 65_536;

/**
 * The only key of a marker, the plain object that stands for a ref in a copy. Keys that begin with
 * U+0000 are refused in what users send, so that nobody can write a marker by hand.
 */
export const REF_KEY = "\u0000ref";

/** The length to which a key is cut when it is shown in the path of an error, in UTF-16 units. */
export const SHOWN_KEY_LENGTH = 40;

/** What the encoder's buffer starts with, in bytes: nearly every message fits. */
export const SCRATCH_BYTES = 16 * 1024;

/** The largest buffer, in bytes, that the encoder keeps for the next message. */
export const SCRATCH_KEPT_BYTES = 1024 * 1024;
