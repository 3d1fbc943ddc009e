/**
 * Sizes, labels and limits of the identity and certificate formats.
 *
 * Everything here is part of what two nodes must agree on: a change of a label, a size or an
 * object identifier is a change of the protocol, and takes a new version in the label.
 *
 * @module
 */

const utf8 = new TextEncoder();

/** Bytes of an Ed25519 public key, and of the seed of a private one (RFC 8032, 5.1.5). */
export const ED25519_KEY_BYTES = 32;

/** Bytes of an Ed25519 signature (RFC 8032, 5.1.6). */
export const ED25519_SIGNATURE_BYTES = 64;

/** Bytes of a SHA-256 digest (FIPS 180-4). */
export const SHA256_BYTES = 32;

/** Bytes of a node id: a SHA-256 digest. */
export const NODE_ID_BYTES = SHA256_BYTES;

/** Characters of a node id as text: the multibase prefix and 52 of base32 (⌈256 / 5⌉). */
export const NODE_ID_CHARS = 53;

/** Multibase prefix of lower-case base32 without padding (the multibase table's `base32`). */
export const NODE_ID_PREFIX = "b";

/** Characters of a node id that are shown to people, prefix included. */
export const SHORT_NODE_ID_CHARS = 8;

/** Bytes of an inception record: first public key, hash of the next, hash of the recovery key. */
export const INCEPTION_BYTES = ED25519_KEY_BYTES + 2 * SHA256_BYTES;

/**
 * What is hashed before an inception record to make a node id.
 *
 * Labels end in a NUL, which occurs nowhere else in them, so that none is the beginning of another
 * and no byte string can be read under two labels.
 */
export const INCEPTION_LABEL: Uint8Array = utf8.encode("macula/inception/v1\0");

/** What a node key signs before a certificate's binding; see {@linkcode INCEPTION_LABEL}. */
export const CERTIFICATE_LABEL: Uint8Array = utf8.encode("macula/certificate/v1\0");

/**
 * Object identifier of the certificate extension that carries the node key: the arc for UUIDs
 * (ITU-T X.667), under b967fb35-b031-4b4a-8de8-9e18b810080a. No registry is needed for it.
 */
export const NODE_KEY_EXTENSION_OID = "2.25.246447080935070608204717972877644662794";

/** Version of the extension's content: its first byte. */
export const NODE_KEY_EXTENSION_VERSION = 1;

/** Bytes of the extension's content: version, inception record, node key, signature. */
export const NODE_KEY_EXTENSION_BYTES = 1 + INCEPTION_BYTES + ED25519_KEY_BYTES +
  ED25519_SIGNATURE_BYTES;

/** Object identifier of Ed25519, as a key's and as a signature's algorithm (RFC 8410, 3). */
export const ED25519_OID = "1.3.101.112";

/**
 * The one signature algorithm that TLS may use, by BoringSSL's name. It must be given to quiche:
 * left out, BoringSSL offers its defaults, which lack Ed25519, and no handshake completes.
 */
export const TLS_SIGNATURE_ALGORITHM = "ed25519";

/** Common name in a certificate. It says nothing and is trusted for nothing. */
export const CERTIFICATE_COMMON_NAME = "macula";

/** Bytes of a certificate's serial number; RFC 5280 (4.1.2.2) allows 20. */
export const CERTIFICATE_SERIAL_BYTES = 16;

/**
 * Most bytes of a certificate that are looked at. Ours take about 450; the bound keeps an
 * unverified peer from having us parse what it likes.
 */
export const CERTIFICATE_MAX_BYTES = 4096;

/** Longest validity of a certificate, ms: 24 h, the time for which a stolen one is of use. */
export const CERTIFICATE_MAX_LIFETIME_MS = 24 * 3_600_000;

/** How far a certificate's not-before lies in the past, ms, for peers whose clocks are behind. */
export const CERTIFICATE_SKEW_MS = 5 * 60_000;

/** Folder of the identity, inside of a node's data folder. */
export const IDENTITY_FOLDER = "identity";

/** Most bytes of a key file that are read: a PEM of an Ed25519 key takes 119. */
export const KEY_FILE_MAX_BYTES = 4096;
