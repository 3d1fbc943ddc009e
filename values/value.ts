/**
 * The types of the domain: what a message can be, and what a ref says of itself.
 *
 * @module
 */

/**
 * The key under which a ref carries its {@linkcode RefAddress}. It is a registered symbol, the same
 * in every isolate and in every copy of this module.
 */
export const REF: unique symbol = Symbol.for("macula.ref") as typeof REF;

/** Where a ref points: a slot of a shard, on this node or on the node named. */
export interface RefAddress {
  /** The node's id in its text form; left out for the node at hand. */
  readonly node?: string;
  /**
   * One start of the node's actor system, by a number drawn at random: a ref that outlived it, or
   * came from another system, must not name whatever has the same slot here. Left out for actors of
   * the runtime itself, which every run has.
   */
  readonly run?: number;
  /** The shard's number on its node: a safe integer, 0 or more. */
  readonly shard: number;
  /** The slot's number in its shard: a safe integer, 0 or more. */
  readonly slot: number;
}

/** Anything that carries an address under {@linkcode REF} is a ref, whatever else it is. */
export interface Ref {
  readonly [REF]: RefAddress;
}

/** What a container may hold: data that deterministic CBOR can say, and refs. */
export type Item =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Date
  | Ref
  | Item[]
  | { [key: string]: Item };

/** A whole message, argument or result: an {@linkcode Item}, or `undefined` for "nothing". */
export type Value = Item | undefined;
