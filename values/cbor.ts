/**
 * The numbers of CBOR that the domain uses.
 *
 * @see RFC 8949 §3 and §3.4
 * @module
 */

/** Major types, shifted into the upper three bits of an item's first byte. */
export const MAJOR_UNSIGNED = 0 << 5;
export const MAJOR_NEGATIVE = 1 << 5;
export const MAJOR_BYTES = 2 << 5;
export const MAJOR_TEXT = 3 << 5;
export const MAJOR_ARRAY = 4 << 5;
export const MAJOR_MAP = 5 << 5;
export const MAJOR_TAG = 6 << 5;

/** Whole first bytes of major type 7. */
export const SIMPLE_FALSE = 0xf4;
export const SIMPLE_TRUE = 0xf5;
export const SIMPLE_NULL = 0xf6;
export const SIMPLE_UNDEFINED = 0xf7;
export const FLOAT_16 = 0xf9;
export const FLOAT_32 = 0xfa;
export const FLOAT_64 = 0xfb;

/** Seconds since 1970 as an integer or a float (RFC 8949 §3.4.2). */
export const TAG_DATE = 1;
/** An unsigned bignum, n (RFC 8949 §3.4.3). */
export const TAG_BIGINT = 2;
/** A negative bignum, -1 - n (RFC 8949 §3.4.3). */
export const TAG_NEGATIVE_BIGINT = 3;
