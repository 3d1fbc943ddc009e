/**
 * Why a certificate was refused.
 *
 * @module
 */

/**
 * - `malformed`: not one X.509 v3 certificate in DER, as this profile has it
 * - `not-ed25519`: a key or signature of another algorithm
 * - `no-node-key`: a certificate without the node key extension: not one of a node of this mesh
 * - `bad-extension`: the node key extension is damaged or of a version that is not known
 * - `wrong-inception`: the node key is not the first key of the inception record
 * - `too-long`: valid for more than 24 h
 * - `not-yet-valid`, `expired`: now is outside of its validity
 * - `bad-signature`: the node key did not sign this certificate's key and times
 * - `bad-self-signature`: the certificate's own key did not sign the certificate
 */
export type CertificateErrorCode =
  | "malformed"
  | "not-ed25519"
  | "no-node-key"
  | "bad-extension"
  | "wrong-inception"
  | "too-long"
  | "not-yet-valid"
  | "expired"
  | "bad-signature"
  | "bad-self-signature";

/** A certificate that proves no node id; the connection that presented it must be closed. */
export class CertificateError extends Error {
  override readonly name = "CertificateError";

  /**
   * @param code Why, for programs.
   * @param what Why, for people.
   * @param options The cause, where there is one.
   */
  constructor(readonly code: CertificateErrorCode, what: string, options?: ErrorOptions) {
    super(`certificate refused (${code}): ${what}`, options);
  }
}
