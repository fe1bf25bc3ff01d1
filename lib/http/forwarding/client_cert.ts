import { Buffer } from "node:buffer";
import { WorkerError } from "../../api/errors.ts";

/** The field by which a proxy passes on the certificate of its client (RFC 9440). */
export const CLIENT_CERT = "client-cert";

/** A certificate of RSA-4096 with many names has 3 KiB. */
const MAX_CERTIFICATE_BYTES = 12 * 1024;

/** A certificate (DER) as a value of `Client-Cert`: a byte sequence of RFC 9651. */
export function encodeClientCert(der: Uint8Array): string {
  const { buffer, byteOffset, byteLength } = der;
  return `:${Buffer.from(buffer, byteOffset, byteLength).toString("base64")}:`;
}

/**
 * The certificate (DER) of a value of `Client-Cert`. One byte sequence without parameters in the one
 * spelling that {@linkcode encodeClientCert} has; it is not verified.
 *
 * @throws {WorkerError} `INVALID_ARGUMENT`
 */
export function parseClientCert(value: string | string[]): Uint8Array {
  const base64 = typeof value === "string"
    ? /^:([A-Za-z0-9+/]+={0,2}):$/.exec(value)?.[1]
    : undefined;
  if (base64 !== undefined && base64.length <= MAX_CERTIFICATE_BYTES / 3 * 4) {
    const der = Buffer.from(base64, "base64");
    if (der.toString("base64") === base64) return new Uint8Array(der);
  }
  throw new WorkerError(
    "INVALID_ARGUMENT",
    `the header "Client-Cert" is not one certificate of at most ${
      MAX_CERTIFICATE_BYTES / 1024
    } KiB, as in ":MIIB…:"`,
  );
}
