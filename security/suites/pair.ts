/**
 * The secret that two nodes share for as long as one connection between them lasts.
 *
 * Each side makes an X25519 key for this one connection and signs it, with both ids and its role,
 * with its node key; the two secrets of the directions follow from the exchange by HKDF-SHA256 with
 * both offers as salt. TLS has authenticated the same node keys already: the exchange is there so
 * that a layer above does not stand or fall with TLS, and so that a connection that is made again
 * has keys of its own, with which no nonce was ever used.
 *
 * It is a signed Diffie-Hellman exchange in the manner of SIGMA (Krawczyk, CRYPTO 2003): the ids are
 * under the signature, so that an offer cannot be passed on to another peer, and in the salt.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
} from "node:crypto";
import { concatBytes } from "../bytes.ts";
import { ED25519_SIGNATURE_BYTES } from "../constants.ts";
import { sha256, verifySignature } from "../ed25519.ts";
import type { Identity } from "../identity.ts";
import { type NodeId, nodeIdBytes } from "../node_id.ts";
import { type RandomBytes, systemRandom } from "../random.ts";
import { OFFER_LABEL, PAIR_LABEL, X25519_KEY_BYTES } from "./constants.ts";

/** Bytes of an offer: an X25519 public key and its Ed25519 signature. */
export const PAIR_OFFER_BYTES: number = X25519_KEY_BYTES + ED25519_SIGNATURE_BYTES;

/** DER of a SubjectPublicKeyInfo up to the 32 bytes of an X25519 key (RFC 8410, 4). */
const SPKI_PREFIX = Uint8Array.fromHex("302a300506032b656e032100");

/** DER of a PKCS#8 PrivateKeyInfo up to the 32 bytes of an X25519 key (RFC 8410, 7). */
const PKCS8_PREFIX = Uint8Array.fromHex("302e020100300506032b656e04220420");

/** The two ends of a connection, as the side that makes or reads an offer sees them. */
export interface PairRoles {
  readonly self: NodeId;
  readonly peer: NodeId;
  /** Whether `self` dialled. */
  readonly dialled: boolean;
}

/** An offer, and the private key that belongs to it: a secret, to be kept in memory only. */
export type PairOffer = {
  /** {@linkcode PAIR_OFFER_BYTES} for the peer. */
  readonly offer: Uint8Array;
  /** 32 bytes. */
  readonly privateKey: Uint8Array;
};

/** What both sides hold after the exchange: secrets of 32 bytes, one for each direction. */
export type PairSecrets = {
  readonly sending: Uint8Array;
  readonly receiving: Uint8Array;
};

/** A peer's offer that cannot be taken. */
export class PairError extends Error {
  override readonly name = "PairError";
}

/**
 * Makes an offer for one connection.
 *
 * @param identity of this node, whose id is `roles.self`
 * @param random source of the 32-byte private key
 */
export function offerPair(
  identity: Identity,
  roles: PairRoles,
  random: RandomBytes = systemRandom,
): PairOffer {
  const privateKey = random(X25519_KEY_BYTES);
  if (privateKey.length !== X25519_KEY_BYTES) {
    throw new RangeError(
      `the source of randomness returned ${privateKey.length} bytes, not ${X25519_KEY_BYTES}`,
    );
  }
  const publicKey = publicKeyOf(privateKeyObject(privateKey));
  const { self, peer, dialled } = roles;
  const signature = identity.sign(offerStatement(publicKey, self, peer, dialled));
  return { offer: concatBytes(publicKey, signature), privateKey };
}

/**
 * Takes a peer's offer: what both sides can work out, and nobody else.
 *
 * @param own this side's offer; its private key is wiped
 * @param peerKey the peer's node key, 32 bytes, as its certificate proves it
 * @param theirs the peer's offer, from the network
 * @throws {PairError} when the offer has another length or signature, or an X25519 key of small
 * order
 */
export function agreePair(
  roles: PairRoles,
  own: PairOffer,
  peerKey: Uint8Array,
  theirs: Uint8Array,
): PairSecrets {
  const { self, peer, dialled } = roles;
  if (theirs.length !== PAIR_OFFER_BYTES) {
    throw new PairError(`the key offer has ${theirs.length} bytes, not ${PAIR_OFFER_BYTES}`);
  }
  const publicKey = theirs.subarray(0, X25519_KEY_BYTES);
  const signature = theirs.subarray(X25519_KEY_BYTES);
  if (!verifySignature(peerKey, offerStatement(publicKey, peer, self, !dialled), signature)) {
    throw new PairError("the key offer is not signed by the peer's node key for this connection");
  }
  const shared = exchange(own.privateKey, publicKey);
  own.privateKey.fill(0);
  const [dialler, acceptor] = dialled ? [own.offer, theirs] : [theirs, own.offer];
  const salt = sha256(PAIR_LABEL, dialler, acceptor);
  const secret = (from: NodeId, to: NodeId) => {
    const info = concatBytes(PAIR_LABEL, nodeIdBytes(from), nodeIdBytes(to));
    return new Uint8Array(hkdfSync("sha256", shared, salt, info, 32));
  };
  const secrets = { sending: secret(self, peer), receiving: secret(peer, self) };
  shared.fill(0);
  return secrets;
}

/** What is signed: label ‖ key ‖ whose it is ‖ whom it is for ‖ 1 for the dialler's, 0 otherwise. */
function offerStatement(
  publicKey: Uint8Array,
  from: NodeId,
  to: NodeId,
  fromDialled: boolean,
): Uint8Array<ArrayBuffer> {
  const role = Uint8Array.of(fromDialled ? 1 : 0);
  return concatBytes(OFFER_LABEL, publicKey, nodeIdBytes(from), nodeIdBytes(to), role);
}

/** X25519 (RFC 7748, 5). An all-zero result means a key of small order: it would agree with anybody. */
function exchange(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  let shared: Uint8Array;
  try {
    const spki = concatBytes(SPKI_PREFIX, publicKey);
    const key = createPublicKey({ key: Buffer.from(spki.buffer), format: "der", type: "spki" });
    shared = new Uint8Array(
      diffieHellman({ privateKey: privateKeyObject(privateKey), publicKey: key }),
    );
  } catch (cause) {
    // The engine itself refuses keys of small order, by throwing (RFC 7748, 6.1).
    throw new PairError("the key offer has an X25519 key of small order", { cause });
  }
  if (shared.every((byte) => byte === 0)) {
    throw new PairError("the key offer has an X25519 key of small order");
  }
  return shared;
}

function privateKeyObject(privateKey: Uint8Array): KeyObject {
  const pkcs8 = concatBytes(PKCS8_PREFIX, privateKey);
  try {
    return createPrivateKey({ key: Buffer.from(pkcs8.buffer), format: "der", type: "pkcs8" });
  } finally {
    pkcs8.fill(0);
  }
}

function publicKeyOf(key: KeyObject): Uint8Array {
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  return new Uint8Array(spki.subarray(SPKI_PREFIX.length));
}
