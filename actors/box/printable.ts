/**
 * Control characters but the line feed, and those that turn the direction of a text: a terminal obeys
 * them.
 */
// deno-lint-ignore no-control-regex -- they are what is looked for
const OBEYED = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Words of somebody who is not trusted, for a terminal. */
export function printable(words: string): string {
  return words.replace(OBEYED, " ");
}
