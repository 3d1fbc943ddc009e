/**
 * Ed25519 on `node:crypto`'s synchronous calls, with one strict verification.
 *
 * Strict means what RFC 8032 leaves open is refused: a public key that is not the canonical
 * encoding of a point, public keys and nonces (R) of small order, and S ≥ L. Two nodes that judge
 * the same signature differently could be split by it, and a key of small order accepts one
 * signature for many messages. `node:crypto` refuses S ≥ L and compares R as bytes, but takes keys
 * of small order, as was found by trying; the rest is refused here.
 *
 * @module
 */

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { Buffer } from "node:buffer";
import { concatBytes } from "./bytes.ts";
import { ED25519_KEY_BYTES, ED25519_SIGNATURE_BYTES } from "./constants.ts";
import { type RandomBytes, systemRandom } from "./random.ts";

/** DER of a SubjectPublicKeyInfo up to the 32 bytes of the key (RFC 8410, 4). */
const SPKI_PREFIX = Uint8Array.fromHex("302a300506032b6570032100");

/** DER of a PKCS#8 PrivateKeyInfo up to the 32 bytes of the seed (RFC 8410, 7). */
const PKCS8_PREFIX = Uint8Array.fromHex("302e020100300506032b657004220420");

/**
 * Canonical y of the eight points of small order, little-endian, sign bit clear: the neutral
 * element (1), the point of order 2 (p − 1), the two of order 4 (0) and the four of order 8. A test
 * derives them from the curve's equation.
 */
const SMALL_ORDER_Y: readonly Uint8Array[] = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
].map((hex) => Uint8Array.fromHex(hex));

/** A private key that can be used and saved; its bytes are the engine's. */
export interface SigningKey {
  /** 32 bytes. Not to be changed. */
  readonly publicKey: Uint8Array;
  /**
   * Signs bytes; about 25 µs.
   *
   * @param message Any bytes.
   * @returns 64 bytes.
   */
  sign(message: Uint8Array): Uint8Array<ArrayBuffer>;
  /** The private key as PKCS#8 in PEM: a secret. */
  exportPem(): string;
}

/**
 * Makes a fresh key.
 *
 * @param random Source of the 32-byte seed.
 * @returns The key.
 */
export function generateSigningKey(random: RandomBytes = systemRandom): SigningKey {
  const seed = random(ED25519_KEY_BYTES);
  if (seed.length !== ED25519_KEY_BYTES) {
    throw new RangeError(
      `the source of randomness returned ${seed.length} bytes, not ${ED25519_KEY_BYTES}`,
    );
  }
  const pkcs8 = concatBytes(PKCS8_PREFIX, seed);
  try {
    return new NodeCryptoKey(
      createPrivateKey({ key: Buffer.from(pkcs8.buffer), format: "der", type: "pkcs8" }),
    );
  } finally {
    pkcs8.fill(0);
  }
}

/**
 * Reads a private key.
 *
 * @param pem PKCS#8 in PEM, as {@linkcode SigningKey.exportPem} writes it.
 * @returns The key.
 * @throws {SyntaxError} When the text is not PEM of one unencrypted Ed25519 private key.
 */
export function parseSigningKey(pem: string): SigningKey {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, format: "pem" });
  } catch (cause) {
    throw new SyntaxError("not an unencrypted private key in PKCS#8 PEM", { cause });
  }
  if (key.asymmetricKeyType !== "ed25519") {
    throw new SyntaxError(`a private key of type ${key.asymmetricKeyType}, not Ed25519`);
  }
  return new NodeCryptoKey(key);
}

/**
 * Whether a signature is valid, strictly: the one verification of everything in the mesh that is
 * signed. About 50 µs.
 *
 * @param publicKey 32 bytes from anywhere; any other length is simply not valid.
 * @param message The bytes that were signed, label included.
 * @param signature 64 bytes from anywhere; any other length is simply not valid.
 * @returns True when the key signed the message. It never throws.
 */
export function verifySignature(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signature.length !== ED25519_SIGNATURE_BYTES || !isSafePublicKey(publicKey)) return false;
  if (isSmallOrder(signature.subarray(0, ED25519_KEY_BYTES))) return false;
  let key: KeyObject;
  try {
    const spki = encodeSpki(publicKey);
    key = createPublicKey({ key: Buffer.from(spki.buffer), format: "der", type: "spki" });
  } catch {
    // Half of all 32-byte strings are no point of the curve; the constructor says so by throwing.
    return false;
  }
  return verify(null, message, key, signature);
}

/**
 * Whether 32 bytes may serve as a public key: y below p, the sign bit not set for x = 0, and not of
 * small order. That the point lies on the curve is seen when a signature is verified.
 */
export function isSafePublicKey(publicKey: Uint8Array): boolean {
  return publicKey.length === ED25519_KEY_BYTES && isCanonicalY(publicKey) &&
    !isSmallOrder(publicKey);
}

/**
 * Wraps a public key as X.509 wants it.
 *
 * @param publicKey 32 bytes.
 * @returns DER of the SubjectPublicKeyInfo, 44 bytes (RFC 8410, 4).
 */
export function encodeSpki(publicKey: Uint8Array): Uint8Array<ArrayBuffer> {
  return concatBytes(SPKI_PREFIX, publicKey);
}

/** The SHA-256 of byte strings joined; 2 µs for short ones. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

class NodeCryptoKey implements SigningKey {
  readonly #key: KeyObject;
  readonly publicKey: Uint8Array;

  constructor(key: KeyObject) {
    this.#key = key;
    const spki = createPublicKey(key).export({ format: "der", type: "spki" });
    this.publicKey = new Uint8Array(spki.subarray(SPKI_PREFIX.length));
  }

  sign(message: Uint8Array): Uint8Array<ArrayBuffer> {
    return new Uint8Array(sign(null, message, this.#key));
  }

  exportPem(): string {
    return this.#key.export({ format: "pem", type: "pkcs8" }).toString();
  }
}

/**
 * y < p = 2²⁵⁵ − 19, the sign bit apart: p is 0xed and then all ones, so y is too large when all of
 * its bytes but the lowest are full, and that one is 0xed or more.
 */
function isCanonicalY(encoded: Uint8Array): boolean {
  if (((encoded[31] ?? 0) & 0x7f) !== 0x7f) return true;
  for (let i = 30; i > 0; i--) {
    if (encoded[i] !== 0xff) return true;
  }
  return (encoded[0] ?? 0) < 0xed;
}

/** Whether an encoding, whatever its sign bit, is that of a point of small order. */
function isSmallOrder(encoded: Uint8Array): boolean {
  return SMALL_ORDER_Y.some((y) => {
    for (let i = 0; i < 31; i++) {
      if (encoded[i] !== y[i]) return false;
    }
    return ((encoded[31] ?? 0) & 0x7f) === y[31];
  });
}
