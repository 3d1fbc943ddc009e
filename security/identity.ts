/**
 * A node's identity: its long-term key, and the inception record that its id is the hash of.
 *
 * The record commits to the next key and to a recovery key by their hashes before either is needed.
 * A thief of today's key can sign as the node, but cannot rotate to a key of his own: that takes
 * the next key, which has never been shown, and a revocation by the recovery key beats every
 * rotation. The id stays the same throughout, as it names the inception and not the current key.
 *
 * @module
 */

import { concatBytes } from "./bytes.ts";
import { ED25519_KEY_BYTES, INCEPTION_BYTES, INCEPTION_LABEL, SHA256_BYTES } from "./constants.ts";
import { generateSigningKey, isSafePublicKey, sha256, type SigningKey } from "./ed25519.ts";
import { type NodeId, nodeIdFromBytes } from "./node_id.ts";
import type { RandomBytes } from "./random.ts";

/** What an inception record says. */
export interface Inception {
  /** The node's first public key, 32 bytes. */
  readonly firstKey: Uint8Array;
  /** SHA-256 of the public key that the first rotation must reveal. */
  readonly nextKeyHash: Uint8Array;
  /** SHA-256 of the public key that may revoke and recover. */
  readonly recoveryKeyHash: Uint8Array;
}

/**
 * Writes an inception record.
 *
 * @param inception Its three fields, of 32 bytes each.
 * @returns First key ‖ hash of the next ‖ hash of the recovery key, 96 bytes.
 * @throws {RangeError} When a field has another length.
 */
export function encodeInception(inception: Inception): Uint8Array<ArrayBuffer> {
  for (const [name, field] of Object.entries(inception)) {
    if (field.length !== 32) {
      throw new RangeError(`inception: ${name} has ${field.length} bytes, not 32`);
    }
  }
  return concatBytes(inception.firstKey, inception.nextKeyHash, inception.recoveryKeyHash);
}

/**
 * Reads an inception record.
 *
 * @param record 96 bytes, from anywhere.
 * @returns Its fields, in arrays of their own.
 * @throws {SyntaxError} When there are not 96 bytes, or the first key is none that strict Ed25519
 * accepts.
 */
export function decodeInception(record: Uint8Array): Inception {
  if (record.length !== INCEPTION_BYTES) {
    throw new SyntaxError(
      `an inception record has ${INCEPTION_BYTES} bytes, not ${record.length}`,
    );
  }
  const firstKey = record.slice(0, ED25519_KEY_BYTES);
  if (!isSafePublicKey(firstKey)) {
    throw new SyntaxError(
      "the inception record's first key is of small order or not in canonical form",
    );
  }
  return {
    firstKey,
    nextKeyHash: record.slice(ED25519_KEY_BYTES, ED25519_KEY_BYTES + SHA256_BYTES),
    recoveryKeyHash: record.slice(ED25519_KEY_BYTES + SHA256_BYTES),
  };
}

/**
 * The id of the node that an inception record founds: SHA-256(label ‖ record).
 *
 * @param record 96 bytes.
 * @returns The id.
 * @throws {RangeError} When there are not 96: then it is no record, and its hash no id.
 */
export function inceptionNodeId(record: Uint8Array): NodeId {
  if (record.length !== INCEPTION_BYTES) {
    throw new RangeError(`an inception record has ${INCEPTION_BYTES} bytes, not ${record.length}`);
  }
  return nodeIdFromBytes(sha256(INCEPTION_LABEL, record));
}

/** Who a node is and how it proves it. The private key stays inside. */
export interface Identity {
  /** The hash of {@linkcode Identity.inception}. */
  readonly nodeId: NodeId;
  /** The inception record, 96 bytes. Not to be changed. */
  readonly inception: Uint8Array;
  /** The current public node key, 32 bytes. Not to be changed. */
  readonly publicKey: Uint8Array;
  /**
   * Signs with the node key; about 25 µs. The caller puts a label of its own before what it signs,
   * so that no signature can be taken for one of another kind.
   *
   * @param message Any bytes.
   * @returns The Ed25519 signature, 64 bytes.
   */
  sign(message: Uint8Array): Uint8Array<ArrayBuffer>;
}

/** The private keys of a new identity, as PKCS#8 in PEM. Secrets: write them, never log them. */
export interface IdentityKeys {
  /** Signs from now on. */
  readonly node: string;
  /** Signs after the first rotation; may be kept away from the node until then. */
  readonly next: string;
  /** Revokes; best kept away from the node altogether. */
  readonly recovery: string;
}

/** An identity that was just made, and of which no copy exists until it is saved. */
export interface NewIdentity extends Identity {
  /** All three private keys; a method, so that printing the identity does not print them. */
  exportKeys(): IdentityKeys;
}

/**
 * Makes a new identity: node, next and recovery key, and the record that commits to them.
 *
 * @param random Source of the three 32-byte seeds.
 * @returns The identity, in memory only; see `saveIdentity`.
 */
export function createIdentity(random?: RandomBytes): NewIdentity {
  const node = generateSigningKey(random);
  const next = generateSigningKey(random);
  const recovery = generateSigningKey(random);
  const inception = encodeInception({
    firstKey: node.publicKey,
    nextKeyHash: sha256(next.publicKey),
    recoveryKeyHash: sha256(recovery.publicKey),
  });
  return Object.freeze({
    ...identityFromKey(node, inception),
    exportKeys: () => ({
      node: node.exportPem(),
      next: next.exportPem(),
      recovery: recovery.exportPem(),
    }),
  });
}

/**
 * The identity of a key and its inception record, which the caller has found to belong together.
 *
 * @param key The current node key.
 * @param inception The record, 96 bytes; it is kept, not copied.
 */
export function identityFromKey(key: SigningKey, inception: Uint8Array): Identity {
  return Object.freeze({
    nodeId: inceptionNodeId(inception),
    inception,
    publicKey: key.publicKey,
    sign: (message: Uint8Array) => key.sign(message),
  });
}
