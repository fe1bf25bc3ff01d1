/** Why a certificate was refused. The values are stable; programs may tell them apart. */
export type CertificateReason =
  /** The bytes are not a certificate that can be judged. */
  | "malformed"
  /** None of the trusted authorities issued it. */
  | "unknown_authority"
  /** It names a trusted authority, but that authority did not sign it. */
  | "bad_signature"
  /** It, or the authority that signed it, is past its end. */
  | "expired"
  /** It, or the authority that signed it, is not valid yet. */
  | "not_yet_valid"
  /** It is not for this use: a server's certificate shown by a client, an authority's own. */
  | "wrong_usage"
  /** It is on the revocation list. */
  | "revoked"
  /** It has no common name, so nobody could be named as the owner of anything. */
  | "no_name";

/** A certificate that cannot be accepted; the message says why, for people. */
export class CertificateError extends Error {
  /** Always `CertificateError`. */
  override readonly name = "CertificateError";

  /** `reason` is for programs, `message` for people. */
  constructor(
    readonly reason: CertificateReason,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What kept an operation on certificate files from being done. The values are stable. */
export type CertificateStoreCode =
  /** Something is there already and would be overwritten or doubled. */
  | "exists"
  /** What was named is not there. */
  | "not_found"
  /** A value that was given cannot be used. */
  | "invalid"
  /** A file is there, but does not hold what it should. */
  | "damaged";

/** An operation on certificate files that was refused; nothing was changed. */
export class CertificateStoreError extends Error {
  /** Always `CertificateStoreError`. */
  override readonly name = "CertificateStoreError";

  /** `code` is for programs, `message` for people. */
  constructor(
    readonly code: CertificateStoreCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
