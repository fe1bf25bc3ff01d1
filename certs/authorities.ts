import { Buffer } from "node:buffer";
import { createPublicKey, type KeyObject } from "node:crypto";
import {
  authorityKeyId,
  isAuthority,
  keyUsages,
  subjectKeyId,
} from "./_extensions.ts";
import { CertificateStoreError } from "./errors.ts";
import { fingerprintOf } from "./identity_of.ts";
import {
  equalBytes,
  parseCertificate,
  type ParsedCertificate,
} from "./parsed_certificate.ts";
import { certificatesOfPem } from "./pem.ts";

/** An authority that is trusted to name peers. */
export interface TrustedAuthority {
  certificate: ParsedCertificate;
  /** SHA-256 of its certificate in lower-case hex. */
  fingerprint: string;
  publicKey: KeyObject;
  keyId: string | null;
}

/**
 * Reads the authorities of a PEM bundle. Each of them signs peers itself: intermediate
 * authorities are trusted by putting them into the bundle.
 *
 * @throws {CertificateStoreError} `damaged` when the bundle is empty or holds something that
 * may not sign certificates.
 */
export function readAuthorities(pem: string): TrustedAuthority[] {
  return certificatesOfPem(pem, "the CA bundle").map((der, index) => {
    try {
      const certificate = parseCertificate(der);
      if (!maySign(certificate)) {
        throw new Error("it is not the certificate of an authority");
      }
      return {
        certificate,
        fingerprint: fingerprintOf(der),
        publicKey: createPublicKey({
          key: Buffer.from(certificate.publicKey),
          format: "der",
          type: "spki",
        }),
        keyId: subjectKeyId(certificate),
      };
    } catch (cause) {
      throw new CertificateStoreError(
        "damaged",
        `certificate ${index + 1} of the CA bundle can't be used: ${
          (cause as Error).message
        }`,
        { cause },
      );
    }
  });
}

/**
 * True when the certificate names the authority as its issuer: by name, and by key where both
 * say one, because the authorities of two clusters may carry one name.
 */
export function namesAsIssuer(
  certificate: ParsedCertificate,
  authority: TrustedAuthority,
): boolean {
  if (!equalBytes(certificate.issuerDer, authority.certificate.subjectDer)) {
    return false;
  }
  const keyId = authorityKeyId(certificate);
  return keyId === null || authority.keyId === null ||
    keyId === authority.keyId;
}

function maySign(certificate: ParsedCertificate): boolean {
  const usages = keyUsages(certificate);
  return isAuthority(certificate) &&
    (usages === null || usages.includes("keyCertSign"));
}
