/**
 * Joining and comparing byte strings.
 *
 * @module
 */

/**
 * Joins byte strings into a new one.
 *
 * @param parts Byte strings, in order; they are copied.
 * @returns A byte string that shares memory with none of them.
 */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/**
 * Whether two byte strings hold the same bytes. It stops at the first difference: for public
 * values only, never for secrets or authentication tags.
 */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}
