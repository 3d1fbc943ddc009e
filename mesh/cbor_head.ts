/**
 * The heads of CBOR items (RFC 8949, 3), for the two frames that are read and written by the hundred
 * thousand; everything else goes through the codec.
 *
 * @module
 */

/** Major types, in the upper three bits (RFC 8949, 3.1). */
export const UNSIGNED = 0x00, BYTES = 0x40;

/** How many bytes the head of an argument takes, a safe integer from 0. */
export function headBytes(argument: number): number {
  if (argument < 24) return 1;
  if (argument < 0x100) return 2;
  if (argument < 0x1_0000) return 3;
  return argument < 0x1_0000_0000 ? 5 : 9;
}

/** Writes a head; returns where it ends. */
export function writeHead(into: Uint8Array, at: number, major: number, argument: number): number {
  const bytes = headBytes(argument);
  if (bytes === 1) {
    into[at] = major | argument;
    return at + 1;
  }
  into[at] = major | (bytes === 2 ? 24 : bytes === 3 ? 25 : bytes === 5 ? 26 : 27);
  let rest = argument;
  for (let i = bytes - 1; i > 0; i--) {
    into[at + i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return at + bytes;
}

/**
 * Reads a head.
 *
 * @returns `undefined` where there is none of that major type in its shortest form, or its argument
 * is no safe integer
 */
export function readHead(
  bytes: Uint8Array,
  at: number,
  major: number,
): { readonly argument: number; readonly end: number } | undefined {
  const first = bytes[at];
  if (first === undefined || (first & 0xe0) !== major) return undefined;
  const short = first & 0x1f;
  if (short < 24) return { argument: short, end: at + 1 };
  if (short > 27) return undefined;
  const end = at + 1 + (1 << (short - 24));
  if (end > bytes.length) return undefined;
  let argument = 0;
  for (let i = at + 1; i < end; i++) argument = argument * 256 + bytes[i]!;
  if (!Number.isSafeInteger(argument) || headBytes(argument) !== end - at) return undefined;
  return { argument, end };
}
