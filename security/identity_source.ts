import { parseSigningKey } from "./ed25519.ts";
import { type Identity, identityFromKey } from "./identity.ts";
import { loadIdentity } from "./identity_files.ts";

/** Where an actor finds its node's identity: plain data, so that it crosses shards. */
export type IdentitySource = {
  /** Data folder that holds it; `null` for one that lives as long as the node. */
  readonly data: string | null;
  /** Without a data folder: the node key (PKCS#8 PEM) and the inception record. */
  readonly keys: { readonly node: string; readonly inception: Uint8Array } | null;
};

/**
 * Opens a node's identity.
 *
 * @throws {TypeError} when there is neither a folder nor keys
 * @throws {IdentityError} when the folder's cannot be used
 */
export async function openIdentity({ data, keys }: IdentitySource): Promise<Identity> {
  if (data !== null) return await loadIdentity(data);
  if (!keys) throw new TypeError("an identity source needs a data folder, or keys");
  return identityFromKey(parseSigningKey(keys.node), keys.inception);
}
