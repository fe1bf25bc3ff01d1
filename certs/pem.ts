import { CertificateStoreError } from "./errors.ts";

/** One block of a PEM file. */
export interface PemBlock {
  /** E.g. `CERTIFICATE` or `PRIVATE KEY`. */
  label: string;
  /** The bytes between the lines, decoded. */
  der: Uint8Array;
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g;

/** Every block of a PEM text in order; text around the blocks is ignored. */
export function parsePem(text: string): PemBlock[] {
  return Array.from(text.matchAll(BLOCK), ([, label, body]) => {
    try {
      return { label: label!, der: Uint8Array.fromBase64(body!) };
    } catch (cause) {
      throw new CertificateStoreError(
        "damaged",
        `a PEM block "${label}" is not valid base64`,
        { cause },
      );
    }
  });
}

/** A PEM block with lines of 64 characters and a newline at its end. */
export function formatPem(label: string, der: Uint8Array): string {
  const lines = der.toBase64().match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""]
    .join("\n");
}

/**
 * The DER of every certificate in a PEM text, at least one.
 *
 * @param source What to call the text in an error, e.g. its file name.
 * @throws {CertificateStoreError} `damaged`, saying what the text holds instead.
 */
export function certificatesOfPem(text: string, source: string): Uint8Array[] {
  const blocks = parsePem(text);
  const certificates = blocks.filter(({ label }) =>
    label === "CERTIFICATE" || label === "X509 CERTIFICATE"
  );
  if (certificates.length > 0) return certificates.map(({ der }) => der);
  const held = blocks[0]?.label.toLowerCase();
  throw new CertificateStoreError(
    "damaged",
    held
      ? `"${source}" holds a ${held}, not a certificate: name the .crt file`
      : `"${source}" is not a PEM file with a certificate`,
  );
}
