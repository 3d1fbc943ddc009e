/**
 * Base32 of RFC 4648, section 6, in lower case and without padding.
 *
 * @module
 */

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** Five-bit values by character code; 255 where the character is not of the alphabet. */
const VALUES = new Uint8Array(128).fill(255);
for (let value = 0; value < ALPHABET.length; value++) VALUES[ALPHABET.charCodeAt(value)] = value;

/**
 * Encodes bytes as base32.
 *
 * @param bytes Any bytes.
 * @returns ⌈8n / 5⌉ lower-case characters for n bytes; unused bits of the last are zero.
 */
export function encodeBase32(bytes: Uint8Array): string {
  const codes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      codes.push(ALPHABET.charCodeAt((held >> bits) & 31));
    }
    held &= (1 << bits) - 1;
  }
  if (bits > 0) codes.push(ALPHABET.charCodeAt((held << (5 - bits)) & 31));
  return String.fromCharCode(...codes);
}

/**
 * Decodes base32, accepting only what {@linkcode encodeBase32} writes, so that a byte string has
 * one text form and text can be compared in place of bytes.
 *
 * @param text Lower-case base32 without padding.
 * @returns The bytes.
 * @throws {SyntaxError} When a character is not of the alphabet, when no number of bytes has this
 * many characters, or when a bit that carries nothing is set.
 */
export function decodeBase32(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.floor(text.length * 5 / 8));
  let bits = 0;
  let held = 0;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const value = VALUES[text.charCodeAt(i)] ?? 255;
    if (value === 255) {
      throw new SyntaxError(
        `character ${JSON.stringify(text[i])} at position ${i} is not base32: ` +
          `only a–z and 2–7, in lower case, may stand there`,
      );
    }
    held = (held << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[count++] = held >> bits;
      held &= (1 << bits) - 1;
    }
  }
  if (bits >= 5) {
    throw new SyntaxError(`${text.length} characters are not the base32 of any number of bytes`);
  }
  if (held !== 0) {
    throw new SyntaxError(
      `the last character, ${JSON.stringify(text.at(-1))}, sets bits that carry nothing; ` +
        `was it mistyped?`,
    );
  }
  return bytes;
}

/** Five-bit value of a character that is known to be of the alphabet. */
export function base32Value(code: number): number {
  return VALUES[code] ?? 255;
}
