/**
 * Who a node is, and how it proves it.
 *
 * A node has a long-term Ed25519 **node key**. Its **node id** is the hash of its **inception
 * record**, which names that key and commits, by hashes, to the key that follows it and to a
 * recovery key; so the id can outlive the key. In a TLS handshake a node presents a **certificate**
 * with a key of its own, valid for at most a day, in which the node key signs for the certificate's
 * key, its times and the node id.
 *
 * Guaranteed:
 *
 * - An id has one text form and one byte form; two ids are the same exactly when the text is.
 * - A certificate that {@linkcode verifyCertificate} accepts was made with the node key of the id
 *   that it returns, for the key and the times that it returns. Everything else is a
 *   {@linkcode CertificateError} with a code, whatever the bytes are.
 * - There is one Ed25519 verification, {@linkcode verifySignature}, and it is strict.
 * - An identity on disk is whole or absent after a crash at any moment; its keys are readable by
 *   their owner alone, or are refused; and no key that is in place is ever overwritten.
 * - Time and randomness come in as arguments; nothing here reads a clock.
 *
 * Not done here: a certificate says who the peer is, not whether it is welcome; that is for
 * the key management of each realm. Rotation chains are not read yet, so a node whose key is not
 * its first is refused, by name. There are no certificate authorities and no revocation lists: a
 * certificate ends by itself. Keys on disk are not encrypted. Private keys live in this process's
 * memory, and code that runs in it can sign.
 *
 * **Policies** say which suite, which key management and which properties a realm, a topic or an
 * application works under. {@linkcode loadPolicies} makes a snapshot of policy files, or an error with
 * the place of everything that is wrong; a {@linkcode PolicyTable} merges a snapshot field by field
 * for a name, and tells where each field came from; the policy resolver is the actor that publishes
 * snapshots to the shards, where a {@linkcode PolicyView} reads them without a message. What a file
 * asks for and this version cannot do is refused when it is loaded.
 *
 * @example Two nodes, one of which judges the other's certificate
 * ```ts
 * import { createIdentity, issueCertificate, verifyCertificate } from "./mod.ts";
 *
 * const alice = createIdentity();
 * const { der } = issueCertificate(alice, { now: Date.now() });
 *
 * const peer = verifyCertificate(der, { now: Date.now() });
 * console.log(peer.nodeId === alice.nodeId); // true
 * ```
 *
 * @module
 */

export {
  issueCertificate,
  type IssuedCertificate,
  type IssueOptions,
  type VerifiedCertificate,
  verifyCertificate,
  verifyCertificateChain,
  type VerifyOptions,
} from "./certificate.ts";
export { CertificateError, type CertificateErrorCode } from "./certificate_error.ts";
export {
  CERTIFICATE_MAX_LIFETIME_MS,
  CERTIFICATE_SKEW_MS,
  ED25519_KEY_BYTES,
  ED25519_SIGNATURE_BYTES,
  NODE_ID_BYTES,
  NODE_ID_CHARS,
  TLS_SIGNATURE_ALGORITHM,
} from "./constants.ts";
export {
  generateSigningKey,
  isSafePublicKey,
  parseSigningKey,
  sha256,
  type SigningKey,
  verifySignature,
} from "./ed25519.ts";
export {
  createIdentity,
  decodeInception,
  type Identity,
  identityFromKey,
  type IdentityKeys,
  type Inception,
  inceptionNodeId,
  type NewIdentity,
} from "./identity.ts";
export { type IdentitySource, openIdentity } from "./identity_source.ts";
export {
  IdentityError,
  type IdentityErrorCode,
  loadIdentity,
  loadOrCreateIdentity,
  saveIdentity,
} from "./identity_files.ts";
export {
  compareNodeIds,
  type NodeId,
  nodeIdBytes,
  nodeIdFromBytes,
  parseNodeId,
  shortNodeId,
} from "./node_id.ts";
export { type RandomBytes, systemRandom } from "./random.ts";
export { SealError, type SealErrorCode } from "./suites/layer.ts";
export {
  agreePair,
  offerPair,
  PAIR_OFFER_BYTES,
  PairError,
  type PairOffer,
  type PairRoles,
  type PairSecrets,
} from "./suites/pair.ts";
export { type Layers, loadLayers, SealedLane, UnknownSuiteError } from "./suites/suites.ts";
export { POLICY_TERM } from "./policy/constants.ts";
export { fieldText as policyFieldText } from "./policy/fields.ts";
export { lintPolicies, loadPolicies } from "./policy/load_policies.ts";
export { parseApplicationName, parseRealmAlias } from "./policy/names.ts";
export type {
  FieldName,
  FieldValues,
  KeyManagement,
  OnStale,
  Policy,
  Property,
  Transport,
} from "./policy/policy.ts";
export { PolicyError, type PolicyProblem } from "./policy/policy_error.ts";
export {
  default as policyResolverActor,
  type PolicyResolver,
  type PolicyResolverStart,
} from "./policy/policy_resolver_actor.ts";
export { PolicyTable } from "./policy/policy_table.ts";
export { PolicyView } from "./policy/policy_view.ts";
export type { PolicyFile } from "./policy/read_policies.ts";
export { readPolicyFiles } from "./policy/read_policy_files.ts";
export type {
  Claim,
  FieldSource,
  Overridden,
  PolicyLevel,
  Resolution,
} from "./policy/resolution.ts";
export type { LevelRules, PolicySnapshot, Rule } from "./policy/snapshot.ts";
export { suiteProperties, SUPPORTED_SUITES } from "./policy/suites_known.ts";
