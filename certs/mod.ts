/**
 * X.509: who may speak to whom. One authority signs every certificate of a cluster.
 *
 * - A certificate's CN is its holder's name, its O values are the roles, and one URI
 *   `spiffe://<cluster>/<user|node|proxy|auth>/<name>` says what the holder is.
 * - A user's certificate is for clients only. A server's is for both, because the members of a
 *   cluster call each other, and its kind keeps it from being a user's.
 * - `PeerVerifier` judges the raw certificate a peer showed, whatever the TLS engine says, and
 *   again on every request; `RevocationList` never becomes shorter by accident.
 * - `initialise` gives a state directory what it lacks; `issueCertificate` and
 *   `revokeCertificate` change it under one lock. Files appear whole, 0600, and are never
 *   overwritten unless forced; a refused operation changes nothing.
 * - `CertificateError` is about a certificate, `CertificateStoreError` about files and requests.
 *
 * Nothing here loads the X.509 writer before a certificate is made.
 *
 * @module
 */
export {
  type AlternativeName,
  hostAlternativeName,
  parseAlternativeName,
} from "./alternative_name.ts";
export { CertificateAuthority } from "./authority.ts";
export type { CreateAuthorityOptions } from "./authority.ts";
export {
  type CertificateRequest,
  createCertificateRequest,
  readCertificateRequest,
} from "./certificate_request.ts";
export {
  type CertificateDescription,
  describeCertificates,
} from "./describe.ts";
export {
  CertificateError,
  type CertificateReason,
  type CertificateStoreCode,
  CertificateStoreError,
} from "./errors.ts";
export type { Identity, IdentityKind } from "./identity.ts";
export { fingerprintOf, identityOf } from "./identity_of.ts";
export {
  initialise,
  type InitialiseOptions,
  type InitialiseResult,
} from "./initialise.ts";
export {
  issueCertificate,
  type IssueOptions,
  type IssueResult,
} from "./issue.ts";
export type {
  CertifiedKey,
  CertifyRequest,
  IssuedCertificate,
  IssueRequest,
} from "./issue_request.ts";
export type { IssuedRecord } from "./issued_index.ts";
export { KEY_TYPES, type KeyType } from "./keys.ts";
export {
  type MemberIdentity,
  memberKey,
  readMember,
  replaceAuthorities,
  writeMember,
} from "./member_files.ts";
export {
  type CertificateExtension,
  type NameAttribute,
  parseCertificate,
  type ParsedCertificate,
} from "./parsed_certificate.ts";
export {
  certificatesOfPem,
  formatPem,
  parsePem,
  type PemBlock,
} from "./pem.ts";
export { certificatePin, pinOf, readPin } from "./pin.ts";
export { type Revocation, RevocationList } from "./revocation.ts";
export {
  revokeCertificate,
  type RevokeOptions,
  type RevokeResult,
} from "./revoke.ts";
export {
  beginRotation,
  type BeginRotationOptions,
  endRotation,
  issueByNext,
  readRotation,
  type Rotation,
} from "./rotation.ts";
export { type StatePaths, statePaths } from "./state_paths.ts";
export { DEFAULT_TTL } from "./validity.ts";
export {
  type CertificateUsage,
  PeerVerifier,
  type PeerVerifierOptions,
} from "./verify.ts";
export { watchFiles, type WatchFilesOptions } from "./watch_files.ts";
