/**
 * Node certificates: what a node presents in every TLS handshake, and what it proves.
 *
 * The certificate has a key of its own and lives for at most a day; the node key signs for that
 * key and those times and is itself never used by TLS. So a thief of the certificate's key has it
 * until the certificate ends, and cannot prolong it. The node key's signature covers the node id
 * as well: otherwise whoever holds a certificate's key could put another inception record, with
 * the same first key, around the same signature and appear under an id of his choice.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { concatBytes, equalBytes } from "./bytes.ts";
import { decodeCertificate, encodeCertificate, encodeToBeSigned } from "./certificate_der.ts";
import { CertificateError } from "./certificate_error.ts";
import {
  CERTIFICATE_LABEL,
  CERTIFICATE_MAX_LIFETIME_MS,
  CERTIFICATE_SERIAL_BYTES,
  CERTIFICATE_SKEW_MS,
} from "./constants.ts";
import { encodeSpki, generateSigningKey, verifySignature } from "./ed25519.ts";
import { decodeInception, type Identity, type Inception, inceptionNodeId } from "./identity.ts";
import { type NodeId, nodeIdBytes } from "./node_id.ts";
import { type RandomBytes, systemRandom } from "./random.ts";

/** The last time that a `Date` can hold, ms since 1970 (ECMA-262, 21.4.1.1). */
const LATEST_TIME_MS = 8.64e15;

/** How a certificate is issued. */
export interface IssueOptions {
  /** The present, ms since 1970. */
  readonly now: number;
  /** From not-before to not-after, ms; 1 s more than `skewMs` to 24 h, which is the default. */
  readonly lifetimeMs?: number;
  /** How far before `now` not-before lies, ms, for peers whose clocks are behind; default 5 min. */
  readonly skewMs?: number;
  /** Source of the certificate's key and serial number. */
  readonly random?: RandomBytes;
}

/** A certificate and its private key, as TLS takes them. */
export interface IssuedCertificate {
  /** The certificate in PEM. */
  readonly certificatePem: string;
  /** The certificate's own private key, PKCS#8 in PEM: a secret, to be kept in memory only. */
  readonly privateKeyPem: string;
  /** The certificate in DER. */
  readonly der: Uint8Array<ArrayBuffer>;
  /** The public key in DER, which proofs on this connection are bound to. */
  readonly spki: Uint8Array<ArrayBuffer>;
  /** Start of its validity, ms since 1970. */
  readonly notBefore: number;
  /** End of its validity, ms since 1970: by then another must be in use. */
  readonly notAfter: number;
}

/** How a certificate is judged. */
export interface VerifyOptions {
  /** The present, ms since 1970. */
  readonly now: number;
  /**
   * By how much the two clocks may differ, ms, at both ends of the validity; default 0, as issuers
   * date their certificates back already.
   */
  readonly skewMs?: number;
}

/** What a certificate proves, once TLS has proved that the peer holds its key. */
export interface VerifiedCertificate {
  /** The peer. */
  readonly nodeId: NodeId;
  /** Its node key, 32 bytes. */
  readonly nodeKey: Uint8Array;
  /** Its inception record, 96 bytes. */
  readonly inception: Uint8Array;
  /** The certificate's public key in DER, 44 bytes, which proofs are bound to. */
  readonly spki: Uint8Array;
  /** Start of its validity, ms since 1970. */
  readonly notBefore: number;
  /** End of its validity, ms since 1970. */
  readonly notAfter: number;
}

/**
 * Issues a certificate with a fresh key; about 100 µs.
 *
 * @param identity Whose it is.
 * @param options When, for how long.
 * @returns The certificate and its private key.
 * @throws {RangeError} When a time is out of bounds: no finite number of ms, a lifetime over 24 h,
 * or one that would be over when the certificate is issued.
 */
export function issueCertificate(identity: Identity, options: IssueOptions): IssuedCertificate {
  const { now, lifetimeMs = CERTIFICATE_MAX_LIFETIME_MS, skewMs = CERTIFICATE_SKEW_MS, random } =
    options;
  checkTime("now", now);
  checkTime("skewMs", skewMs);
  if (!(lifetimeMs >= skewMs + 1000 && lifetimeMs <= CERTIFICATE_MAX_LIFETIME_MS)) {
    throw new RangeError(
      `lifetimeMs is ${lifetimeMs}; it must be at least skewMs (${skewMs}) and a second, and at ` +
        `most ${CERTIFICATE_MAX_LIFETIME_MS} (24 h)`,
    );
  }
  const notBefore = Math.floor((now - skewMs) / 1000);
  const notAfter = notBefore + Math.ceil(lifetimeMs / 1000);

  const key = generateSigningKey(random);
  const spki = encodeSpki(key.publicKey);
  const toBeSigned = encodeToBeSigned({
    serial: freshSerial(random),
    notBefore,
    notAfter,
    publicKey: key.publicKey,
    extension: {
      inception: identity.inception,
      nodeKey: identity.publicKey,
      signature: identity.sign(bindingStatement(identity.nodeId, spki, notBefore, notAfter)),
    },
  });
  const der = encodeCertificate(toBeSigned, key.sign(toBeSigned));
  return {
    certificatePem: encodePem("CERTIFICATE", der),
    privateKeyPem: key.exportPem(),
    der,
    spki,
    notBefore: notBefore * 1000,
    notAfter: notAfter * 1000,
  };
}

/**
 * Judges a certificate that a peer presented; about 100 µs. It proves who the peer is only together
 * with a TLS handshake that has proved possession of the certificate's key.
 *
 * @param der One certificate, from anywhere.
 * @param options The present, and the clocks' tolerance.
 * @returns What it proves, in arrays of their own.
 * @throws {CertificateError} When it proves nothing; its `code` says why.
 * @throws {RangeError} When `now` or `skewMs` is not a number from 0 to 8.64e15.
 */
export function verifyCertificate(der: Uint8Array, options: VerifyOptions): VerifiedCertificate {
  const { now, skewMs = 0 } = options;
  // Comparisons with NaN are false: unchecked, it would make every certificate timely.
  checkTime("now", now);
  checkTime("skewMs", skewMs);

  const { notBefore, notAfter, publicKey, spki, extension, toBeSigned, signature } =
    decodeCertificate(der);
  let inception: Inception;
  try {
    inception = decodeInception(extension.inception);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new CertificateError("bad-extension", cause.message, { cause });
  }
  if (!equalBytes(inception.firstKey, extension.nodeKey)) {
    throw new CertificateError(
      "wrong-inception",
      "the node key is not the first key of the inception record; keys that were rotated are not " +
        "supported yet",
    );
  }

  if ((notAfter - notBefore) * 1000 > CERTIFICATE_MAX_LIFETIME_MS) {
    throw new CertificateError(
      "too-long",
      `it is valid for ${((notAfter - notBefore) / 3600).toFixed(1)} h; at most 24 h are accepted`,
    );
  }
  if (now + skewMs < notBefore * 1000) {
    throw new CertificateError(
      "not-yet-valid",
      `it begins at ${isoTime(notBefore)}, and it is ${isoTime(now / 1000)}; ` +
        `check the clocks of both nodes`,
    );
  }
  if (now - skewMs > notAfter * 1000) {
    throw new CertificateError(
      "expired",
      `it ended at ${isoTime(notAfter)}, and it is ${isoTime(now / 1000)}; ` +
        `check the clocks of both nodes`,
    );
  }

  const nodeId = inceptionNodeId(extension.inception);
  const statement = bindingStatement(nodeId, spki, notBefore, notAfter);
  if (!verifySignature(extension.nodeKey, statement, extension.signature)) {
    throw new CertificateError(
      "bad-signature",
      "the node key did not sign for this certificate's key and times",
    );
  }
  if (!verifySignature(publicKey, toBeSigned, signature)) {
    throw new CertificateError(
      "bad-self-signature",
      "the certificate is not signed with its own key",
    );
  }
  return {
    nodeId,
    nodeKey: extension.nodeKey.slice(),
    inception: extension.inception.slice(),
    spki: spki.slice(),
    notBefore: notBefore * 1000,
    notAfter: notAfter * 1000,
  };
}

/**
 * Judges what a TLS handshake says the peer presented, which must be one certificate.
 *
 * @param chain Certificates in DER, leaf first, as quiche's `peerCertChain()` returns them; null
 * when the peer presented none.
 * @param options As for {@linkcode verifyCertificate}.
 * @returns What it proves.
 * @throws {CertificateError} As {@linkcode verifyCertificate} does, and `malformed` when there is
 * not exactly one certificate.
 */
export function verifyCertificateChain(
  chain: readonly Uint8Array[] | null,
  options: VerifyOptions,
): VerifiedCertificate {
  const [leaf, ...more] = chain ?? [];
  if (leaf === undefined || more.length > 0) {
    throw new CertificateError(
      "malformed",
      `the peer presented ${chain?.length ?? 0} certificates; exactly one is expected`,
    );
  }
  return verifyCertificate(leaf, options);
}

/**
 * What the node key signs: label ‖ node id (32) ‖ SPKI (44) ‖ not-before (8) ‖ not-after (8), times
 * as big-endian seconds since 1970. Every part has a fixed length, so no two statements are alike.
 */
export function bindingStatement(
  nodeId: NodeId,
  spki: Uint8Array,
  notBefore: number,
  notAfter: number,
): Uint8Array<ArrayBuffer> {
  const times = new DataView(new ArrayBuffer(16));
  times.setBigInt64(0, BigInt(notBefore));
  times.setBigInt64(8, BigInt(notAfter));
  return concatBytes(CERTIFICATE_LABEL, nodeIdBytes(nodeId), spki, new Uint8Array(times.buffer));
}

/** A random serial number: its top bit clear, so positive; the next set, so never shorter. */
function freshSerial(random: RandomBytes = systemRandom): Uint8Array {
  const serial = random(CERTIFICATE_SERIAL_BYTES).slice();
  serial[0] = (serial[0] ?? 0) & 0x7f | 0x40;
  return serial;
}

function checkTime(name: string, ms: number): void {
  if (!(ms >= 0 && ms <= LATEST_TIME_MS)) {
    throw new RangeError(`${name} is ${ms}; it must be a number of ms, 0 to ${LATEST_TIME_MS}`);
  }
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

/** The textual encoding of RFC 7468. */
function encodePem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.length).toString("base64");
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
