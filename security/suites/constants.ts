/**
 * Labels and sizes of the suites: part of what two nodes must agree on.
 *
 * @module
 */

const utf8 = new TextEncoder();

/** Bytes of an X25519 key (RFC 7748, 5). */
export const X25519_KEY_BYTES = 32;

/** What a node key signs before an offer; labels end in a NUL, see `INCEPTION_LABEL`. */
export const OFFER_LABEL: Uint8Array = utf8.encode("macula/pair-offer/v1\0");

/** What the secrets of a pair are derived under. */
export const PAIR_LABEL: Uint8Array = utf8.encode("macula/pair/v1\0");

/** What a key of suite `libsodium` is derived under. */
export const SODIUM_LABEL: Uint8Array = utf8.encode("macula/suite/libsodium/v1\0");

/** Bytes of the message number before a sealed payload, big-endian. */
export const NUMBER_BYTES = 8;

/** Bytes of a ChaCha20-Poly1305 nonce (RFC 8439, 2.3). */
export const NONCE_BYTES = 12;

/** Bytes of a Poly1305 tag (RFC 8439, 2.5). */
export const TAG_BYTES = 16;
