import { sha256 } from "../security/mod.ts";
import { MAX_REALMS } from "./constants.ts";

const LABEL = new TextEncoder().encode("macula/realm/open/v1\0");

/**
 * The id of a realm that has no owner yet: SHA-256(label ‖ network ‖ NUL ‖ alias). Everybody who
 * calls it the same in the same network means the same.
 *
 * @param network neither can hold a NUL
 * @param alias the first segment of the realm's names
 * @returns 32 bytes
 */
export function openRealmId(network: string, alias: string): Uint8Array<ArrayBuffer> {
  return sha256(LABEL, new TextEncoder().encode(`${network}\0${alias}`));
}

/** The ids of realms by alias; each is worked out once. */
export class RealmIds {
  readonly #network: string;
  readonly #ids = new Map<string, Uint8Array>();

  constructor(network: string) {
    this.#network = network;
  }

  /** The id of a realm; not to be changed. */
  of(alias: string): Uint8Array {
    const known = this.#ids.get(alias);
    if (known) return known;
    const id = openRealmId(this.#network, alias);
    if (this.#ids.size < MAX_REALMS) this.#ids.set(alias, id);
    return id;
  }
}
