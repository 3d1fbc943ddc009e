/**
 * What could move a terminal's cursor, or show a line other than it is: control characters (C0, C1
 * and DEL), controls of the writing direction, line and paragraph separators, lone surrogates.
 */
const HOSTILE = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}\ufeff]/gu;

/**
 * Makes a text from elsewhere safe to show: payloads, topics and reasons come from other nodes, and
 * an escape sequence in them would act on the terminal of whoever reads.
 *
 * @returns the text with every hostile character as `\xNN` or `\uNNNN`
 */
export function printable(text: string): string {
  return text.replace(HOSTILE, escaped);
}

/**
 * The same for a text of JSON, which stays JSON of the same value: `JSON.stringify` leaves DEL, C1
 * and the direction controls as they are.
 */
export function printableJson(json: string): string {
  return json.replace(HOSTILE, (character) => `\\u${hex(character, 4)}`);
}

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`;
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, "0");
}
