/**
 * Node ids: the SHA-256 of a node's inception record, in memory as text.
 *
 * The text form is the canonical one because ids are mostly keys of maps and fields of messages: a
 * string is compared and hashed by the engine, a byte array by nobody. Since parsing is strict, two
 * ids are the same exactly when their strings are. Code that needs distances takes the bytes.
 *
 * @module
 */

import { base32Value, decodeBase32, encodeBase32 } from "./base32.ts";
import { NODE_ID_BYTES, NODE_ID_CHARS, NODE_ID_PREFIX, SHORT_NODE_ID_CHARS } from "./constants.ts";

declare const nodeIdBrand: unique symbol;

/**
 * A node's id: `b` (multibase for base32) and 52 characters a–z, 2–7. Made by
 * {@linkcode parseNodeId} and {@linkcode nodeIdFromBytes} only, so whoever holds one need not check
 * it again.
 */
export type NodeId = string & { readonly [nodeIdBrand]: "NodeId" };

/**
 * Reads a node id as people and configuration files write it.
 *
 * @param text 53 characters: `b`, then lower-case base32 without padding.
 * @returns The same text, known to be an id.
 * @throws {SyntaxError} When the text is not exactly the one form of some 32 bytes.
 */
export function parseNodeId(text: string): NodeId {
  if (!text.startsWith(NODE_ID_PREFIX)) {
    throw notAnId(text, `it must begin with "${NODE_ID_PREFIX}"`);
  }
  if (text.length !== NODE_ID_CHARS) {
    throw notAnId(text, `it has ${text.length} characters instead of ${NODE_ID_CHARS}`);
  }
  try {
    decodeBase32(text.slice(NODE_ID_PREFIX.length));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw notAnId(text, `after the "${NODE_ID_PREFIX}", ${error.message}`);
  }
  return text as NodeId;
}

/**
 * The id that 32 bytes stand for.
 *
 * @param bytes 32 bytes; they are not kept.
 * @returns The id.
 * @throws {RangeError} When there are not 32.
 */
export function nodeIdFromBytes(bytes: Uint8Array): NodeId {
  if (bytes.length !== NODE_ID_BYTES) {
    throw new RangeError(`a node id has ${NODE_ID_BYTES} bytes, not ${bytes.length}`);
  }
  return (NODE_ID_PREFIX + encodeBase32(bytes)) as NodeId;
}

/** The 32 bytes of an id, in an array of the caller's own. */
export function nodeIdBytes(id: NodeId): Uint8Array<ArrayBuffer> {
  return decodeBase32(id.slice(NODE_ID_PREFIX.length));
}

/**
 * Orders ids as their bytes are ordered, big-endian. Text order differs: base32 counts 2–7 above
 * a–z, ASCII below.
 *
 * @returns Less than 0, 0 or more than 0, for `Array.prototype.sort`.
 */
export function compareNodeIds(a: NodeId, b: NodeId): number {
  if (a === b) return 0;
  for (let i = NODE_ID_PREFIX.length; i < NODE_ID_CHARS; i++) {
    const difference = base32Value(a.charCodeAt(i)) - base32Value(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * The beginning of an id, for people to read: 35 bits, enough to tell the nodes of a log apart and
 * far too few to trust.
 *
 * @returns 8 characters and an ellipsis.
 */
export function shortNodeId(id: NodeId): string {
  return id.slice(0, SHORT_NODE_ID_CHARS) + "…";
}

function notAnId(text: string, why: string): SyntaxError {
  const shown = text.length > 80 ? text.slice(0, 80) + "…" : text;
  return new SyntaxError(
    `${JSON.stringify(shown)} is not a node id: ${why}. A node id is "${NODE_ID_PREFIX}" and ` +
      `${NODE_ID_CHARS - 1} characters a–z, 2–7; \`macula node\` prints a node's own.`,
  );
}
