import { createHash } from "node:crypto";
import { CertificateStoreError } from "./errors.ts";
import {
  parseCertificate,
  type ParsedCertificate,
} from "./parsed_certificate.ts";
import { certificatesOfPem } from "./pem.ts";

/** `sha256:` and the SHA-256 of a public key (DER of its SubjectPublicKeyInfo) in lower-case hex. */
export function pinOf(publicKey: Uint8Array): string {
  return `sha256:${createHash("sha256").update(publicKey).digest("hex")}`;
}

/**
 * The pin of an authority, by which one who has nothing of a cluster yet knows it: the same for
 * every certificate of that key, as `openssl x509 -pubkey | openssl pkey -pubin -outform der |
 * sha256sum` prints it.
 *
 * @param certificate PEM (its first certificate), or a parsed one.
 */
export function certificatePin(
  certificate: string | ParsedCertificate,
): string {
  const parsed = typeof certificate === "string"
    ? parseCertificate(certificatesOfPem(certificate, "ca.crt")[0]!)
    : certificate;
  return pinOf(parsed.publicKey);
}

/**
 * Gives a pin that somebody typed back in its one form.
 *
 * @throws {CertificateStoreError} `invalid`
 */
export function readPin(text: string): string {
  const hex = /^sha256:([0-9a-f]{64})$/i.exec(text.trim())?.[1];
  if (hex) return `sha256:${hex.toLowerCase()}`;
  throw new CertificateStoreError(
    "invalid",
    `"${text}" is not the pin of an authority: copy "sha256:" and the 64 digits after it from \`worker token create\``,
  );
}
