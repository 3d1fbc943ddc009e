import { SHOWN_KEY_LENGTH } from "./constants.ts";

/**
 * A value is outside of the domain, or bytes are not the one encoding of a value in it. It is the
 * sender's mistake; the message says where it is, what is there and what to send instead.
 */
export class ValueError extends TypeError {
  override readonly name = "ValueError";
  /** Where it was found, as one would write it in code: `args[0].foo[3]`. */
  readonly path: string;
  /** What was found there, in few words: `a Map`, `undefined`, `an unsorted key`. */
  readonly found: string;

  /**
   * @param path where it was found
   * @param found what was found there, fit to follow "is"
   * @param advice what to do about it
   * @param options the cause, where there is one
   */
  constructor(path: string, found: string, advice: string, options?: ErrorOptions) {
    super(`${path} is ${found}: ${advice}`, options);
    this.path = path;
    this.found = found;
  }
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/**
 * Writes a path as one would write it in code.
 *
 * @param at the name of the root, such as `args`
 * @param keys the property names and indices that lead from the root to the place
 * @returns the path, with names that are no identifiers in brackets, quoted and cut to 40 units
 */
export function formatPath(at: string, keys: Iterable<string | number>): string {
  let path = at;
  for (const key of keys) {
    if (typeof key === "number") path += `[${key}]`;
    else if (key.length <= SHOWN_KEY_LENGTH && IDENTIFIER.test(key)) path += `.${key}`;
    else path += `[${showText(key)}]`;
  }
  return path;
}

/** Quotes a text for an error: escaped, well-formed, cut to 40 UTF-16 units. */
export function showText(text: string): string {
  const cut = text.length > SHOWN_KEY_LENGTH ? `${text.slice(0, SHOWN_KEY_LENGTH)}…` : text;
  return JSON.stringify(cut);
}
