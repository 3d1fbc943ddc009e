import type { RealmIds } from "./realm_id.ts";

/** A name as it travels. */
export interface WireName {
  /** The realm's id, 32 bytes. */
  readonly realm: Uint8Array;
  /** What this node calls the realm. */
  readonly alias: string;
  /** What follows the alias. */
  readonly rest: string;
}

/** Takes a name, or a pattern, apart: `lob/orders/total` is realm `lob` and `orders/total`. */
export function wireName(ids: RealmIds, name: string): WireName {
  const at = name.indexOf("/");
  const alias = name.slice(0, at);
  return { realm: ids.of(alias), alias, rest: name.slice(at + 1) };
}
