/**
 * What a policy is: its fields and their values.
 *
 * @module
 */

/** How two nodes prove themselves to each other before a frame may flow. */
export type Transport = "quic-raw-pk" | "quic-psk" | "quic-tls";

/** Whose key is whose. */
export type KeyManagement = "dht-tofu" | "dht-web-of-trust" | "dht-ephemeral" | "pki";

/** What a policy may ask of a suite. */
export type Property =
  | "e2e"
  | "sender-auth"
  | "forward-secrecy"
  | "post-compromise"
  | "peer-pinned"
  | "peer-vouched"
  | "pki"
  | "private-aggregation"
  | "anonymous";

/** What a node does with a policy that is out of date and cannot be renewed. */
export type OnStale = {
  /** Milliseconds for which it is used on as if nothing were. */
  readonly graceMs: number;
  /** And after that: refuse to work, go on with it, or go on with the defaults. */
  readonly then: "fail-closed" | "use-last" | "use-defaults";
};

/** The values of the fields, by their names in policy files. */
export type FieldValues = {
  readonly transport: Transport;
  /** A suite: layers joined by `+`. */
  readonly app: string;
  readonly "key-mgmt": KeyManagement;
  /** In alphabetical order, each once. */
  readonly require: readonly Property[];
  readonly "on-stale": OnStale;
  /** Milliseconds for which the previous version is accepted after a change. */
  readonly overlap: number;
};

/** The name of a field in policy files. */
export type FieldName = keyof FieldValues;

/** A policy in which every field has its value. */
export type Policy = {
  readonly transport: Transport;
  /** A suite: layers joined by `+`. */
  readonly app: string;
  readonly keyMgmt: KeyManagement;
  /** Properties that the suite must have; in alphabetical order, each once. */
  readonly require: readonly Property[];
  readonly onStale: OnStale;
  /** Milliseconds. */
  readonly overlapMs: number;
};
