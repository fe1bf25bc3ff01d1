import { type KeyObject, verify } from "node:crypto";
import type { ParsedCertificate } from "./parsed_certificate.ts";

/** Signature algorithms that are accepted. SHA-1 and MD5 are not among them on purpose. */
const ALGORITHMS: Record<string, { keyType: string; hash: string | null }> = {
  "1.2.840.10045.4.3.2": { keyType: "ec", hash: "sha256" },
  "1.2.840.10045.4.3.3": { keyType: "ec", hash: "sha384" },
  "1.2.840.113549.1.1.11": { keyType: "rsa", hash: "sha256" },
  "1.2.840.113549.1.1.12": { keyType: "rsa", hash: "sha384" },
  "1.2.840.113549.1.1.13": { keyType: "rsa", hash: "sha512" },
  "1.3.101.112": { keyType: "ed25519", hash: null },
};

/** True when the algorithm of the certificate's signature is one that is accepted. */
export function isAcceptedAlgorithm(oid: string): boolean {
  return Object.hasOwn(ALGORITHMS, oid);
}

/** True when `publicKey` signed it, a certificate for example; false for anything else, whatever it is. */
export function isSignedBy(
  certificate: Pick<
    ParsedCertificate,
    "tbs" | "signature" | "signatureAlgorithm"
  >,
  publicKey: KeyObject,
): boolean {
  const algorithm = ALGORITHMS[certificate.signatureAlgorithm];
  if (!algorithm || publicKey.asymmetricKeyType !== algorithm.keyType) {
    return false;
  }
  try {
    return verify(
      algorithm.hash,
      certificate.tbs,
      publicKey,
      certificate.signature,
    );
  } catch {
    // A signature that isn't even in the form of its algorithm.
    return false;
  }
}
