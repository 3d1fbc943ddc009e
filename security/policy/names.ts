/**
 * The names that levels of a policy stand under, beside the patterns.
 *
 * @module
 */
import { parsePattern, PatternError } from "../../names/mod.ts";
import { MAX_APPLICATION_CHARS } from "./constants.ts";
import { shown } from "./words.ts";

const APPLICATION = /^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/;

/**
 * Checks a realm's alias: one segment of a name, and no wildcard.
 *
 * @returns the alias
 * @throws {RangeError} when it is none
 */
export function parseRealmAlias(text: string): string {
  try {
    // An object's key of that name could not be sent to an actor.
    if (!text.includes("/") && text !== "__proto__") {
      parsePattern(`${text}/**`);
      return text;
    }
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
  }
  throw new RangeError(
    `${shown(text)} is no realm's alias: write the first segment of its names, such as lob`,
  );
}

/**
 * Checks an application's name: words of letters, digits and `-`, joined by dots.
 *
 * @returns the name
 * @throws {RangeError} when it is none
 */
export function parseApplicationName(text: string): string {
  if (text.length <= MAX_APPLICATION_CHARS && APPLICATION.test(text)) return text;
  throw new RangeError(
    `${shown(text)} is no application's name: write words of a-z, A-Z, 0-9 and "-", joined by ` +
      `dots, such as com.example.billing`,
  );
}
