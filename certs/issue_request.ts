import type { AlternativeName } from "./alternative_name.ts";
import type { IdentityKind } from "./identity.ts";
import type { KeyType } from "./keys.ts";
import type { CertificateUsage } from "./verify.ts";

/** A certificate to be made. */
export interface IssueRequest {
  /** Common name, and the last part of the SPIFFE identity. */
  name: string;
  /** Organizations. @default {[]} */
  roles?: readonly string[];
  /** What the holder is. @default {"user"} */
  kind?: IdentityKind;
  /** What peers may accept it as. @default {["client"]} */
  usages?: readonly CertificateUsage[];
  /** Alternative names besides the SPIFFE identity. @default {[]} */
  sans?: readonly AlternativeName[];
  /** Kind of the new key. @default {"p256"} */
  keyType?: KeyType;
  /** An existing private key (PEM) to certify instead of making one. */
  key?: string;
  /** Milliseconds, cut at the authority's own end. @default {DEFAULT_TTL} by usage */
  ttl?: number;
}

/** A certificate to be made for a key that is somebody else's. */
export interface CertifyRequest extends Omit<IssueRequest, "key" | "keyType"> {
  /** DER of its SubjectPublicKeyInfo; whoever asks has proved to have the private one. */
  publicKey: Uint8Array;
}

/** A certificate that was made. */
export interface CertifiedKey {
  /** Common name. */
  name: string;
  /** What the holder is. */
  kind: IdentityKind;
  /** Organizations. */
  roles: string[];
  /** Lower-case hex. */
  serial: string;
  /** SHA-256 in lower-case hex. */
  fingerprint: string;
  /** ms since the epoch. */
  notBefore: number;
  /** ms since the epoch. */
  notAfter: number;
  /** The certificate, one PEM block. */
  certificatePem: string;
}

/** A certificate that was made, with its key. */
export interface IssuedCertificate extends CertifiedKey {
  /** PKCS#8. */
  keyPem: string;
}
