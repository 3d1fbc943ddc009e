/**
 * The layer `libsodium`: ChaCha20-Poly1305 (RFC 8439, on libsodium) with the frame's header as
 * authenticated data, between two nodes.
 *
 * A key belongs to one direction of one stream of one connection in one realm, and its nonces count
 * up from 1, so that none is used twice: the number goes before the sealed bytes, and a receiver
 * takes no number that is not above the last. When the connection ends, its keys are gone.
 *
 * @module
 */
import { hkdfSync } from "node:crypto";
import { concatBytes } from "../bytes.ts";
import { NONCE_BYTES, NUMBER_BYTES, SODIUM_LABEL, TAG_BYTES } from "./constants.ts";
import { type Layer, type Opening, SealError, type Sealing, type SealScope } from "./layer.ts";

/** The two functions of libsodium that are used here. */
interface Aead {
  crypto_aead_chacha20poly1305_ietf_encrypt(
    message: Uint8Array,
    additionalData: Uint8Array,
    secretNonce: null,
    nonce: Uint8Array,
    key: Uint8Array,
  ): Uint8Array;
  crypto_aead_chacha20poly1305_ietf_decrypt(
    secretNonce: null,
    sealed: Uint8Array,
    additionalData: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): Uint8Array;
}

/**
 * Loads libsodium, some 40 ms the first time, and makes the layer. It is not loaded with this
 * module, which every agent's shard loads and few need.
 */
export async function loadSodium(): Promise<Layer> {
  const { default: sodium } = await import("libsodium-wrappers");
  await sodium.ready;
  return {
    name: "libsodium",
    sealing: (scope) => new SodiumSealing(sodium, keyOf(scope)),
    opening: (scope) => new SodiumOpening(sodium, keyOf(scope)),
  };
}

function keyOf({ secret, realmId, lane }: SealScope): Uint8Array {
  const info = concatBytes(SODIUM_LABEL, realmId, new TextEncoder().encode(lane));
  return new Uint8Array(hkdfSync("sha256", secret, new Uint8Array(), info, 32));
}

/** A nonce whose last eight bytes are a number. */
class Nonce {
  readonly bytes = new Uint8Array(NONCE_BYTES);
  readonly #view = new DataView(this.bytes.buffer, NONCE_BYTES - NUMBER_BYTES);

  set number(number: bigint) {
    this.#view.setBigUint64(0, number);
  }

  /** The number as it travels. */
  get numberBytes(): Uint8Array {
    return this.bytes.subarray(NONCE_BYTES - NUMBER_BYTES);
  }
}

/** What both ends of a direction have. */
class End {
  readonly nonce = new Nonce();
  /** Number of the last message; 0 before the first. */
  last = 0n;

  constructor(readonly aead: Aead, readonly key: Uint8Array) {}
}

class SodiumSealing implements Sealing {
  readonly #end: End;

  constructor(aead: Aead, key: Uint8Array) {
    this.#end = new End(aead, key);
  }

  seal(header: Uint8Array, payload: Uint8Array): Uint8Array {
    const { aead, key, nonce } = this.#end;
    nonce.number = ++this.#end.last;
    const sealed = aead.crypto_aead_chacha20poly1305_ietf_encrypt(
      ...[payload, header, null, nonce.bytes, key] as const,
    );
    return concatBytes(nonce.numberBytes, sealed);
  }
}

class SodiumOpening implements Opening {
  readonly #end: End;

  constructor(aead: Aead, key: Uint8Array) {
    this.#end = new End(aead, key);
  }

  open(header: Uint8Array, sealed: Uint8Array): Uint8Array {
    if (sealed.length < NUMBER_BYTES + TAG_BYTES) {
      throw new SealError("seal-too-short", `${sealed.length} bytes are nothing that was sealed`);
    }
    const number = new DataView(sealed.buffer, sealed.byteOffset, NUMBER_BYTES).getBigUint64(0);
    const { aead, key, nonce, last } = this.#end;
    if (number <= last) {
      throw new SealError("replayed", `message ${number} came after ${last}`);
    }
    nonce.number = number;
    let payload: Uint8Array;
    try {
      payload = aead.crypto_aead_chacha20poly1305_ietf_decrypt(
        ...[null, sealed.subarray(NUMBER_BYTES), header, nonce.bytes, key] as const,
      );
    } catch {
      // libsodium says no more than that the tag does not verify.
      throw new SealError("bad-seal", "the payload or its header was not sealed by the peer");
    }
    this.#end.last = number;
    return payload;
  }
}
