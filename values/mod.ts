/**
 * The one domain of values: what an actor can be told, asked and answer, and what a topic or a
 * procedure carries, in this process, in another and on another node.
 *
 * A value is `null`, a boolean, a number (every float and every integer, with `NaN`, the infinities
 * and `-0`), a bigint, a well-formed string, a byte array (`Uint8Array`; Node's `Buffer` is taken
 * as one), a valid `Date`, an array without holes, a plain object with string keys, or a ref. A whole
 * message may also be `undefined`: nothing.
 *
 * What it guarantees:
 * - **No shared memory.** {@linkcode copyValue} copies deeply and validates in one pass; only byte
 *   arrays whose buffer the sender lists for transfer are handed over.
 * - **One value, one encoding.** {@linkcode encodeValue} writes deterministic CBOR (RFC 8949 §4.2),
 *   and {@linkcode decodeValue} accepts that encoding alone, so that a hash or a signature over the
 *   bytes is one over the value.
 * - **Nothing odd gets through.** Anything else is the sender's error at the call, a
 *   {@linkcode ValueError} with the path to the place and what to do. Hostile bytes cost no more
 *   memory than their own length warrants, set no prototype, and throw nothing but that error.
 *
 * What it does not do: class instances, Maps, Sets and cycles are refused, not converted. An object
 * that is referred to twice is copied twice, properties of an array beside its elements are not
 * part of the value, and a bigint has at most 65,536 bytes. A ref is copied as a marker between the
 * shards of a process ({@linkcode reviveRefs} makes it a ref again), but cannot be encoded yet.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { copyValue, decodeValue, encodeValue, ValueError } from "./mod.ts";
 *
 * const reading = { celsius: 19.5, at: new Date(0), id: 5n, raw: Uint8Array.of(1, 2, 3) };
 * assert.deepEqual(copyValue(reading, "message"), reading);
 * assert.deepEqual(decodeValue(encodeValue(reading, "payload")), reading);
 * assert.throws(() => copyValue([{ celsius: undefined }], "args"), (error) => {
 *   return error instanceof ValueError && error.path === "args[0].celsius";
 * });
 * ```
 *
 * @module
 */
export { MAX_BIGINT_BYTES, MAX_DEPTH } from "./constants.ts";
export { copyArguments, copyValue, handingOver, type Handover, type Seen } from "./copy.ts";
export { decodeValue, type ObjectBudget } from "./decode.ts";
export { encodeValue } from "./encode.ts";
export { reviveRefs, SlotAddress } from "./refs.ts";
export { type Item, REF, type Ref, type RefAddress, type Value } from "./value.ts";
export { ValueError } from "./value_error.ts";
