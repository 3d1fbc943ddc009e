/**
 * The X.509 profile of node certificates, in DER, without any judgement: RFC 5280 narrowed to
 * self-signed v3 certificates of Ed25519 keys (RFC 8410) with a node key extension.
 *
 * ```asn1
 * extension  ::= SEQUENCE { OBJECT IDENTIFIER 2.25.246447080935070608204717972877644662794,
 *                           OCTET STRING -- holds a NodeKey; critical is absent, thus false
 *                         }
 * NodeKey    ::= OCTET STRING (SIZE (193))
 *                -- version 1 (1 byte) ‖ inception record (96) ‖ node key (32) ‖ signature (64)
 * ```
 *
 * The extension is not critical, so that tools that look at certificates do not stumble over it;
 * a mesh node refuses a certificate without it. Other extensions are ignored unless critical.
 *
 * @module
 */

import { equalBytes } from "./bytes.ts";
import { CertificateError } from "./certificate_error.ts";
import {
  CERTIFICATE_COMMON_NAME,
  CERTIFICATE_MAX_BYTES,
  ED25519_KEY_BYTES,
  ED25519_OID,
  ED25519_SIGNATURE_BYTES,
  INCEPTION_BYTES,
  NODE_KEY_EXTENSION_BYTES,
  NODE_KEY_EXTENSION_OID,
  NODE_KEY_EXTENSION_VERSION,
} from "./constants.ts";
import { DerReader, DerTag, encodeDer, encodeOid, encodeTime, readTime } from "./der.ts";
import { encodeSpki } from "./ed25519.ts";

/** What the node key extension holds. */
export interface NodeKeyExtension {
  /** The inception record, 96 bytes. */
  readonly inception: Uint8Array;
  /** The node key, 32 bytes. */
  readonly nodeKey: Uint8Array;
  /** The node key's signature over the certificate's key and times, 64 bytes. */
  readonly signature: Uint8Array;
}

/** What a certificate is issued for. */
export interface CertificateFields {
  /** Serial number: 1 to 20 bytes, big-endian, positive and without needless zeros. */
  readonly serial: Uint8Array;
  /** Start of its validity, whole seconds since 1970. */
  readonly notBefore: number;
  /** End of its validity, whole seconds since 1970, that second included. */
  readonly notAfter: number;
  /** The certificate's own public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The content of the node key extension. */
  readonly extension: NodeKeyExtension;
}

/** A certificate that has the right form; nothing in it has been verified. */
export interface DecodedCertificate extends Omit<CertificateFields, "serial"> {
  /** The public key as it stands in the certificate, 44 bytes of DER. */
  readonly spki: Uint8Array;
  /** The bytes that its own key signed. */
  readonly toBeSigned: Uint8Array;
  /** The signature by its own key, 64 bytes. */
  readonly signature: Uint8Array;
}

const ED25519_ALGORITHM = encodeDer(DerTag.SEQUENCE, encodeOid(ED25519_OID));
const EXTENSION_OID = encodeOid(NODE_KEY_EXTENSION_OID);
const VERSION_3 = encodeDer(DerTag.CONTEXT_0, encodeDer(DerTag.INTEGER, Uint8Array.of(2)));
const COMMON_NAME_OID = encodeOid("2.5.4.3");
const NAME = encodeDer(
  DerTag.SEQUENCE,
  encodeDer(
    DerTag.SET,
    encodeDer(
      DerTag.SEQUENCE,
      COMMON_NAME_OID,
      encodeDer(DerTag.UTF8_STRING, new TextEncoder().encode(CERTIFICATE_COMMON_NAME)),
    ),
  ),
);
const NO_UNUSED_BITS = Uint8Array.of(0);
const CRITICAL = Uint8Array.of(DerTag.BOOLEAN, 1, 0xff);

/**
 * Writes the part of a certificate that is signed.
 *
 * @param fields What it is issued for.
 * @returns DER of the TBSCertificate.
 */
export function encodeToBeSigned(fields: CertificateFields): Uint8Array<ArrayBuffer> {
  const { inception, nodeKey, signature } = fields.extension;
  const nodeKeyValue = encodeDer(
    DerTag.OCTET_STRING,
    Uint8Array.of(NODE_KEY_EXTENSION_VERSION),
    inception,
    nodeKey,
    signature,
  );
  const extension = encodeDer(
    DerTag.SEQUENCE,
    EXTENSION_OID,
    encodeDer(DerTag.OCTET_STRING, nodeKeyValue),
  );
  return encodeDer(
    DerTag.SEQUENCE,
    VERSION_3,
    encodeDer(DerTag.INTEGER, fields.serial),
    ED25519_ALGORITHM,
    NAME,
    encodeDer(DerTag.SEQUENCE, encodeTime(fields.notBefore), encodeTime(fields.notAfter)),
    NAME,
    encodeSpki(fields.publicKey),
    encodeDer(DerTag.CONTEXT_3, encodeDer(DerTag.SEQUENCE, extension)),
  );
}

/**
 * Joins the signed part and its signature.
 *
 * @param toBeSigned What {@linkcode encodeToBeSigned} returned.
 * @param signature The signature over it by the certificate's own key, 64 bytes.
 * @returns DER of the certificate.
 */
export function encodeCertificate(
  toBeSigned: Uint8Array,
  signature: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return encodeDer(
    DerTag.SEQUENCE,
    toBeSigned,
    ED25519_ALGORITHM,
    encodeDer(DerTag.BIT_STRING, NO_UNUSED_BITS, signature),
  );
}

/**
 * Reads a certificate.
 *
 * @param der One certificate and nothing after it, from anywhere. The result holds views into it.
 * @returns What it says.
 * @throws {CertificateError} `malformed`, `not-ed25519`, `no-node-key` or `bad-extension`.
 */
export function decodeCertificate(der: Uint8Array): DecodedCertificate {
  if (der.length > CERTIFICATE_MAX_BYTES) {
    throw new CertificateError(
      "malformed",
      `${der.length} bytes; at most ${CERTIFICATE_MAX_BYTES} are read`,
    );
  }
  try {
    return readCertificate(der);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new CertificateError("malformed", cause.message, { cause });
  }
}

function readCertificate(der: Uint8Array): DecodedCertificate {
  const outermost = new DerReader(der, "certificate");
  const certificate = outermost.enter(DerTag.SEQUENCE, "certificate");
  outermost.end();
  const toBeSigned = certificate.read(DerTag.SEQUENCE, "to-be-signed part");
  const outerAlgorithm = certificate.read(DerTag.SEQUENCE, "signature algorithm").encoded;
  const signature = readBitString(certificate, "signature");
  certificate.end();

  const body = new DerReader(toBeSigned.content, "to-be-signed part");
  if (!equalBytes(body.read(DerTag.CONTEXT_0, "version").encoded, VERSION_3)) {
    throw new SyntaxError("version: not X.509 version 3");
  }
  checkSerial(body.read(DerTag.INTEGER, "serial number").content);
  const algorithm = body.read(DerTag.SEQUENCE, "inner signature algorithm").encoded;
  const issuer = body.read(DerTag.SEQUENCE, "issuer").encoded;
  const validity = body.enter(DerTag.SEQUENCE, "validity");
  const notBefore = readTime(validity, "not-before");
  const notAfter = readTime(validity, "not-after");
  validity.end();
  if (notAfter < notBefore) throw new SyntaxError("validity: it ends before it begins");
  const subject = body.read(DerTag.SEQUENCE, "subject").encoded;
  const spki = body.read(DerTag.SEQUENCE, "public key");

  if (!equalBytes(algorithm, outerAlgorithm)) {
    throw new SyntaxError("signature algorithm: the signed one and the outer one differ");
  }
  if (!equalBytes(algorithm, ED25519_ALGORITHM)) {
    throw new CertificateError("not-ed25519", "it is not signed with Ed25519");
  }
  const keyInfo = new DerReader(spki.content, "public key");
  if (!equalBytes(keyInfo.read(DerTag.SEQUENCE, "key algorithm").encoded, ED25519_ALGORITHM)) {
    throw new CertificateError("not-ed25519", "its key is not an Ed25519 key");
  }
  const publicKey = readBitString(keyInfo, "public key");
  keyInfo.end();
  checkLength(publicKey, ED25519_KEY_BYTES, "public key");
  checkLength(signature, ED25519_SIGNATURE_BYTES, "signature");
  if (!equalBytes(issuer, subject)) {
    throw new SyntaxError("issuer: not the subject, so the certificate is not self-signed");
  }

  const extension = readExtensions(body);
  body.end();
  return {
    notBefore,
    notAfter,
    publicKey,
    spki: spki.encoded,
    extension,
    toBeSigned: toBeSigned.encoded,
    signature,
  };
}

/** Reads all extensions and returns ours. */
function readExtensions(body: DerReader): NodeKeyExtension {
  if (body.done) throw noNodeKey();
  const wrapper = body.enter(DerTag.CONTEXT_3, "extensions");
  const list = wrapper.enter(DerTag.SEQUENCE, "extensions");
  wrapper.end();
  const seen: Uint8Array[] = [];
  let nodeKey: Uint8Array | undefined;
  while (!list.done) {
    const extension = list.enter(DerTag.SEQUENCE, "extension");
    const oid = extension.read(DerTag.OBJECT_IDENTIFIER, "extension identifier").encoded;
    const critical = extension.nextTag === DerTag.BOOLEAN;
    // DER leaves out what is the default, false, and knows one way to write true.
    if (
      critical && !equalBytes(extension.read(DerTag.BOOLEAN, "critical flag").encoded, CRITICAL)
    ) {
      throw new SyntaxError("critical flag: neither absent nor true");
    }
    const value = extension.read(DerTag.OCTET_STRING, "extension value").content;
    extension.end();
    if (seen.some((other) => equalBytes(other, oid))) {
      throw new SyntaxError("extensions: one occurs twice");
    }
    seen.push(oid);
    if (equalBytes(oid, EXTENSION_OID)) {
      if (critical) throw new CertificateError("bad-extension", "it is marked critical");
      nodeKey = value;
    } else if (critical) {
      throw new SyntaxError("extensions: a critical one is not known here");
    }
  }
  if (nodeKey === undefined) throw noNodeKey();
  return readNodeKey(nodeKey);
}

function noNodeKey(): CertificateError {
  return new CertificateError(
    "no-node-key",
    "it has no node key extension; is the peer a node of this mesh?",
  );
}

function readNodeKey(value: Uint8Array): NodeKeyExtension {
  let content: Uint8Array;
  try {
    const reader = new DerReader(value, "node key extension");
    content = reader.read(DerTag.OCTET_STRING, "node key extension").content;
    reader.end();
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new CertificateError("bad-extension", cause.message, { cause });
  }
  const version = content[0];
  if (version !== NODE_KEY_EXTENSION_VERSION) {
    throw new CertificateError(
      "bad-extension",
      `version ${version} of the node key extension is not known here, only ` +
        `${NODE_KEY_EXTENSION_VERSION}; one of the two nodes needs an upgrade`,
    );
  }
  if (content.length !== NODE_KEY_EXTENSION_BYTES) {
    throw new CertificateError(
      "bad-extension",
      `${content.length} bytes of node key extension instead of ${NODE_KEY_EXTENSION_BYTES}`,
    );
  }
  const keyAt = 1 + INCEPTION_BYTES;
  const signatureAt = keyAt + ED25519_KEY_BYTES;
  return {
    inception: content.subarray(1, keyAt),
    nodeKey: content.subarray(keyAt, signatureAt),
    signature: content.subarray(signatureAt),
  };
}

function readBitString(reader: DerReader, name: string): Uint8Array {
  const { content } = reader.read(DerTag.BIT_STRING, name);
  if (content[0] !== 0) throw new SyntaxError(`${name}: not a whole number of bytes`);
  return content.subarray(1);
}

/** A positive INTEGER in its shortest form, of at most 20 bytes (RFC 5280, 4.1.2.2). */
function checkSerial(serial: Uint8Array): void {
  const [first = 0x80, second = 0] = serial;
  if (first >= 0x80 || (first === 0 && second < 0x80) || serial.length > 20) {
    throw new SyntaxError("serial number: not a positive integer of at most 20 bytes in DER");
  }
}

function checkLength(bytes: Uint8Array, length: number, name: string): void {
  if (bytes.length !== length) {
    throw new SyntaxError(`${name}: ${bytes.length} bytes instead of ${length}`);
  }
}
