/**
 * The key space: 32 bytes, under the XOR metric (Kademlia, 2.1). Node ids and the keys of records
 * are points of it, and have the same text form; so a key's text is a `NodeId` to the eyes of
 * `security/`, though no node need have it.
 *
 * @module
 */
import { nodeIdBytes, nodeIdFromBytes, parseNodeId, sha256 } from "../security/mod.ts";
import { KEY_BYTES } from "./constants.ts";

const IMMUTABLE_LABEL = new TextEncoder().encode("macula/immutable/v1\0");
const MUTABLE_LABEL = new TextEncoder().encode("macula/mutable/v1\0");
const PROVIDER_LABEL = new TextEncoder().encode("macula/provider/v1\0");

/** The text of a key: `b` and 52 characters a–z, 2–7. */
export function keyText(key: Uint8Array): string {
  return nodeIdFromBytes(key);
}

/**
 * The bytes of a key or node id.
 *
 * @param text `b` and 52 characters a–z, 2–7
 * @returns 32 bytes, in an array of the caller's own
 * @throws {SyntaxError} when the text is not the one form of some 32 bytes
 */
export function keyBytes(text: string): Uint8Array {
  return nodeIdBytes(parseNodeId(text));
}

/** The key of an immutable record: it follows from the value alone. */
export function immutableKey(value: Uint8Array): Uint8Array {
  return sha256(IMMUTABLE_LABEL, value);
}

/**
 * The key of an owner's record.
 *
 * @param owner the owner's node id, as text
 * @param name the record's name
 */
export function mutableKey(owner: string, name: string): Uint8Array {
  return sha256(MUTABLE_LABEL, keyBytes(owner), new TextEncoder().encode(name));
}

/** The key under which those are found who take part in `name`. */
export function providerKey(name: string): Uint8Array {
  return sha256(PROVIDER_LABEL, new TextEncoder().encode(name));
}

/**
 * Orders two points by their distance to a third.
 *
 * @returns less than 0 when `a` is closer to `target`, more when `b` is, 0 when they are the same
 */
export function compareDistance(target: Uint8Array, a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < KEY_BYTES; i++) {
    const t = target[i] ?? 0;
    const difference = ((a[i] ?? 0) ^ t) - ((b[i] ?? 0) ^ t);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Leading bits that two points have in common, 0 to 256. */
export function commonPrefix(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < KEY_BYTES; i++) {
    const differing = (a[i] ?? 0) ^ (b[i] ?? 0);
    if (differing !== 0) return 8 * i + Math.clz32(differing) - 24;
  }
  return 8 * KEY_BYTES;
}

/**
 * A point that shares exactly so many leading bits with another one: what a bucket is refreshed
 * with.
 *
 * @param point the node's own id
 * @param prefix bits to share, 0 to 255
 * @param random 32 random bytes, of which the rest is made
 */
export function pointInBucket(
  point: Uint8Array,
  prefix: number,
  random: Uint8Array,
): Uint8Array {
  const made = random.slice(0, KEY_BYTES);
  for (let bit = 0; bit <= prefix; bit++) {
    const mask = 0x80 >> (bit & 7);
    const own = (point[bit >> 3] ?? 0) & mask;
    const wanted = bit < prefix ? own : own ^ mask;
    made[bit >> 3] = ((made[bit >> 3] ?? 0) & ~mask) | wanted;
  }
  return made;
}
