/**
 * What policies can speak of, and what of it this version has. Only what it has is accepted: a
 * policy that asks for more than the node can do must not look as if it were obeyed.
 *
 * @module
 */
import type { KeyManagement, OnStale, Property, Transport } from "./policy.ts";
import { listed } from "./words.ts";

/** A word's whole set, and the part of it that this version has. */
export interface Known<T extends string> {
  readonly words: readonly T[];
  readonly supported: readonly T[];
}

/** Transports. */
export const TRANSPORTS: Known<Transport> = {
  words: ["quic-raw-pk", "quic-psk", "quic-tls"],
  supported: ["quic-raw-pk"],
};

/** Ways of key management. */
export const KEY_MANAGEMENTS: Known<KeyManagement> = {
  words: ["dht-tofu", "dht-web-of-trust", "dht-ephemeral", "pki"],
  supported: ["dht-tofu"],
};

/** Properties that a policy may require. */
export const PROPERTIES: readonly Property[] = [
  "e2e",
  "sender-auth",
  "forward-secrecy",
  "post-compromise",
  "peer-pinned",
  "peer-vouched",
  "pki",
  "private-aggregation",
  "anonymous",
];

/** What follows the grace of a policy that is out of date. */
export const STALE_ENDS: readonly OnStale["then"][] = ["fail-closed", "use-last", "use-defaults"];

/** Layers that encrypt or authenticate; a suite begins with one. */
export const LAYERS: readonly string[] = [
  "none",
  "libsodium",
  "noise-ik",
  "noise-nk",
  "noise-xx",
  "double-ratchet",
];

/** Words that change what a topic is; in a suite they follow the layers. */
export const MODIFIERS: readonly string[] = ["mpc", "zkp", "onion"];

/** Fields of policies that this version does not have. */
export const LATER_FIELDS: readonly string[] = ["rotate", "retain", "audience"];

/** The suites that this version has, and their properties. */
const SUITES: ReadonlyMap<string, readonly Property[]> = new Map<string, readonly Property[]>([
  ["none", []],
  ["libsodium", ["e2e", "sender-auth"]],
]);

/** The names of the suites that this version has. */
export const SUPPORTED_SUITES: readonly string[] = [...SUITES.keys()];

/**
 * Tells what a suite guarantees.
 *
 * @param suite its name, the value of a policy's `app`, or whatever a peer says
 * @returns its properties; `undefined` when this version does not have it
 */
export function suiteProperties(suite: string): readonly Property[] | undefined {
  return SUITES.get(suite);
}

/**
 * Tells what a suite lacks.
 *
 * @param suite one of {@linkcode SUPPORTED_SUITES}
 * @param required the properties that it should have
 * @returns those of them that it has not, in their order
 * @throws {RangeError} when this version does not have the suite
 */
export function lacking(suite: string, required: readonly Property[]): readonly Property[] {
  const properties = SUITES.get(suite);
  if (properties) return required.filter((property) => !properties.includes(property));
  throw new RangeError(
    `suite "${suite}" is not supported by this version, which has ${listed(SUPPORTED_SUITES)}`,
  );
}
