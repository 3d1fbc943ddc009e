import { decodeValue, encodeValue } from "../values/mod.ts";

/** A term as it travels to the shards. */
export type TermRecord = {
  readonly name: string;
  /** Counts the term's values, from 1 up. */
  readonly version: number;
  readonly encoded: Uint8Array;
};

/**
 * One shard's copy of the terms: named values that are read without a message. A value is one
 * object for all who read it, frozen, until a newer one takes its place.
 */
export class TermTable {
  readonly #terms = new Map<string, { readonly version: number; readonly value: unknown }>();

  /** Takes a value, unless the table has one that is as new. */
  put({ name, version, encoded }: TermRecord): void {
    if (version <= this.version(name)) return;
    const value = deepFreeze(decodeValue(encoded, termLabel(name)));
    this.#terms.set(name, { version, value });
  }

  /** The present value; `undefined` where there is none. */
  get(name: string): unknown {
    return this.#terms.get(name)?.value;
  }

  /** How many values the term has had. */
  version(name: string): number {
    return this.#terms.get(name)?.version ?? 0;
  }

  /** All of it, for a shard that starts. */
  records(): TermRecord[] {
    return [...this.#terms].map(([name, { version, value }]) => ({
      ...{ name, version },
      encoded: encodeValue(value, termLabel(name)),
    }));
  }
}

/** What errors call the value of a term. */
export function termLabel(name: string): string {
  return `term ${JSON.stringify(name)}`;
}

/** Freezes a decoded value in depth; but `Object.freeze` throws for byte arrays. */
function deepFreeze(value: unknown): unknown {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
