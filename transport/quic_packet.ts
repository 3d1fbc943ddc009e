/**
 * The part of a QUIC packet that every version shares and nothing encrypts (RFC 8999): enough to
 * find the connection that a datagram is for.
 *
 * @module
 */

import { CONNECTION_ID_BYTES } from "./constants.ts";

/** The invariant part of a long header. */
export interface LongHeader {
  /** 0 in a version negotiation packet. */
  readonly version: number;
  /** The connection id of the receiver; a view of the packet. */
  readonly dcid: Uint8Array;
  /** The connection id of the sender; a view of the packet. */
  readonly scid: Uint8Array;
}

/** Whether a non-empty datagram begins with a long header (handshake) rather than a short one. */
export function hasLongHeader(datagram: Uint8Array): boolean {
  return ((datagram[0] ?? 0) & 0x80) !== 0;
}

/**
 * Reads the invariants of a long header.
 *
 * @param datagram Bytes from anywhere, the first with its high bit set.
 * @returns The fields, or `undefined` when the datagram is too short for what it announces.
 */
export function readLongHeader(datagram: Uint8Array): LongHeader | undefined {
  if (datagram.length < 7) return undefined;
  const version = byte(datagram, 1) * 0x1000000 + (byte(datagram, 2) << 16) +
    (byte(datagram, 3) << 8) + byte(datagram, 4);
  const scidAt = 6 + byte(datagram, 5);
  const end = scidAt + 1 + byte(datagram, scidAt);
  if (end > datagram.length) return undefined;
  return {
    version,
    dcid: datagram.subarray(6, scidAt),
    scid: datagram.subarray(scidAt + 1, end),
  };
}

/**
 * The number by which connections are found: the first 48 bits of an id of ours, which are unique
 * in an endpoint because it draws another when they are not. An id that only begins the same leads
 * to a connection that cannot decrypt the packet and drops it. A number is read in 10 ns where a
 * string of 20 bytes takes 250.
 *
 * @param bytes Where the id stands; six bytes from `offset` on must exist.
 * @param offset Where it begins: 1 in a short-header packet.
 * @returns An integer below 2⁴⁸.
 */
export function connectionIdKey(bytes: Uint8Array, offset = 0): number {
  const low = ((byte(bytes, offset + 3) << 16) | (byte(bytes, offset + 4) << 8) |
    byte(bytes, offset + 5)) >>> 0;
  const high = ((byte(bytes, offset) << 16) | (byte(bytes, offset + 1) << 8) |
    byte(bytes, offset + 2)) >>> 0;
  return high * 0x1000000 + low;
}

/** Whether a connection id has the length of those that we choose. */
export function isOwnLength(connectionId: Uint8Array): boolean {
  return connectionId.length === CONNECTION_ID_BYTES;
}

/** A connection id that a peer chose, of 0 to 255 bytes, as a key of a map. */
export function foreignIdKey(connectionId: Uint8Array): string {
  return String.fromCharCode(...connectionId);
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}
